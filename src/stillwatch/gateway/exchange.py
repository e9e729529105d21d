# SPDX-License-Identifier: Apache-2.0
"""One exchange from its arrival to its last byte, as a generator of commands: the order is what counts here.

``serve`` decides and does nothing else. The shell in ``server.py`` carries each command out and sends back what came of
it. Failures come back as values: ``LEFT``, a ``Refusal``, an ``UpstreamError``, an ``Unavailable``.

Always: authorise before the body is read, begin the record before the model server sees the request, and have the row
durable before the answer's last byte.
"""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal

import msgspec

from stillwatch.errors import BadInput, Unavailable, UpstreamError
from stillwatch.gateway.arrival import Arrival, returned
from stillwatch.gateway.dialects.catalog import DIALECTS
from stillwatch.gateway.dialects.interface import Ask, Endpoint, Facts, Refusal, Surface
from stillwatch.gateway.dialects.tap import Tap
from stillwatch.gateway.interface import UpstreamRequest
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.records.grant import Denial, Grant, TextPolicy, Wanted
from stillwatch.records.proof import Proof
from stillwatch.records.standing import Rung

UNKNOWN = "unknown"
"""Organisation and account of a request whose key is not good; model of one whose body was not read."""
HASH_THREAD_BYTES = 256 << 10
"""Text above this is hashed in a thread, so that one large request does not hold up all others."""
WITHHELD = "reasoning, logprobs"
FAILURES = {
    "connect": "The model server cannot be reached.",
    "connect_timeout": "The model server cannot be reached in time.",
    "first_byte_timeout": "The model server did not begin its answer in time.",
    "idle_timeout": "The model server fell silent within its answer.",
    "closed": "The model server ended its answer early.",
    "protocol": "The model server's answer cannot be read.",
}
"""What a caller is told by ``UpstreamError.reason``. The error itself names hosts and ports: it is for the operator."""


class Left(Enum):
    """The caller went away."""

    LEFT = "left"


LEFT: Final = Left.LEFT


class Authorize(msgspec.Struct, frozen=True):
    """Ask the gate. Answered by a ``Grant`` or a ``Denial``."""

    api_key: str | None
    client_ip: str | None
    proof: Proof | None = None


class Reconsider(msgspec.Struct, frozen=True):
    """Ask the gate again, about what is wanted, for a caller it granted. Answered by a ``Grant`` or a ``Denial``."""

    grant: Grant
    client_ip: str | None
    wanted: Wanted


class ReadBody(msgspec.Struct, frozen=True):
    """Read the request's body. Answered by its bytes, ``LEFT`` or a ``Refusal``."""


class Begin(msgspec.Struct, frozen=True):
    """Begin the record. Answered by None or ``Unavailable``."""

    exchange_id: str
    ts_us: int
    org_id: str
    account_id: str
    model: str


class Forward(msgspec.Struct, frozen=True):
    """Send the request to the model server, and make the sketch while it works. Answered by a ``Head``."""

    upstream: str
    request: UpstreamRequest
    draft: Exchange | None
    """Who says what to which model, with the text as it came: what the sketch is made of. None where the record keeps
    that text: then whoever reads the record can make the sketch, many at once at a fraction of its cost here."""


class Head(msgspec.Struct, frozen=True):
    """What came of ``Forward``."""

    sketch: bytes | None = None
    status: int = 0
    headers: Sequence[tuple[str, str]] = ()
    failure: UpstreamError | Denial | Left | None = None


class Collect(msgspec.Struct, frozen=True):
    """Read the whole answer. Answered by its bytes, ``LEFT``, ``UpstreamError``, or a ``Denial`` where it was cut."""


class Relay(msgspec.Struct, frozen=True):
    """Pass a stream on through a tap. Answered by a ``Relayed``."""

    status: int
    headers: list[tuple[str, str]]
    tap: Tap


class Relayed(msgspec.Struct, frozen=True):
    """What came of ``Relay``."""

    has_started: bool
    """Whether the caller has been sent anything."""
    failure: UpstreamError | Denial | Left | None = None


class Digest(msgspec.Struct, frozen=True):
    """Hash large text outside the event loop. Answered by the hex digest."""

    data: bytes


class Record(msgspec.Struct, frozen=True):
    """Make the row durable. Answered by None or ``Unavailable``."""

    exchange: Exchange


class Answer(msgspec.Struct, frozen=True):
    """Answer at once and end."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class End(msgspec.Struct, frozen=True):
    """Send a stream's last bytes and end it."""

    last: bytes


class Hangup(msgspec.Struct, frozen=True):
    """Nobody is there to be answered: end."""


Command = (
    Authorize | Reconsider | ReadBody | Begin | Forward | Collect | Relay | Digest | Record | Answer | End | Hangup
)
Flow = Generator[Command, Any, None]


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for one model go."""

    upstream: str
    dialect: str
    name: str | None
    """The upstream's name for the model, where it differs."""
    ask_usage: bool
    credential: tuple[str, str] | None
    """The header that opens the upstream."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What of the settings an exchange obeys."""

    destinations: Mapping[str, Destination]
    keep_answers: bool
    answer_text_limit: int


class Draft(msgspec.Struct, kw_only=True):
    """What is known of an exchange so far."""

    arrival: Arrival
    surface: Surface
    rules: Rules
    elapsed_ms: Callable[[], float]
    """Milliseconds since the arrival."""
    stance: Grant | Denial | None = None
    ask: Ask | None = None
    facts: Facts = msgspec.field(default_factory=Facts)
    outcome: Outcome = Outcome.REFUSED
    refusal: str | None = None
    status: int | None = None
    sketch: bytes | None = None
    has_begun: bool = False

    def exchange(self, *, prompt: str, system: str | None, response: str | None, latency_ms: float | None) -> Exchange:
        """The row, with the texts given in the place of those that came."""
        arrival, stance, ask, facts = self.arrival, self.stance, self.ask, self.facts
        grant = stance if isinstance(stance, Grant) else None
        verdict = stance.verdict if stance is not None else None
        output_tokens, is_estimated = facts.output_tokens, False
        if self.outcome is not Outcome.REFUSED and (output_tokens is None or self.outcome is not Outcome.COMPLETED):
            # What was said before the count came, or where none comes, is counted from its events.
            estimate = facts.estimated_output_tokens()
            if facts.pieces and estimate >= (output_tokens or 0):
                output_tokens, is_estimated = estimate, True
        return Exchange(
            exchange_id=arrival.exchange_id,
            ts_us=arrival.ts_us,
            org_id=(stance.org_id if stance is not None else None) or UNKNOWN,
            account_id=(stance.account_id if stance is not None else None) or UNKNOWN,
            model=ask.model if ask is not None else UNKNOWN,
            prompt=prompt,
            key_id=stance.key_id if stance is not None else None,
            client_ip=arrival.client_ip,
            asn=arrival.asn,
            country=arrival.country,
            user_agent=arrival.user_agent,
            ja4=arrival.ja4,
            payment_fp=grant.payment_fp if grant is not None else None,
            signup_ts_us=grant.signup_ts_us if grant is not None else None,
            route=grant.route if grant is not None else None,
            endpoint=self.surface.name,
            system=system,
            response=response,
            conversation_id=ask.conversation_id if ask is not None else None,
            turn=ask.turn if ask is not None else None,
            input_tokens=facts.input_tokens,
            output_tokens=output_tokens,
            temperature=ask.temperature if ask is not None else None,
            max_tokens=ask.max_tokens if ask is not None else None,
            stream=ask.stream if ask is not None else None,
            logprobs=ask.logprobs if ask is not None else None,
            reasoning=ask.reasoning if ask is not None else None,
            tools=ask.tools if ask is not None else None,
            status=self.status,
            latency_ms=latency_ms,
            outcome=self.outcome,
            refusal=self.refusal,
            reasoning_tokens=facts.reasoning_tokens,
            cached_tokens=facts.cached_tokens,
            tokens_estimated=is_estimated,
            rung=int(stance.rung) if stance is not None else 0,
            sketch=self.sketch,
            policy_rules=verdict.rules if verdict is not None else None,
            policy_facts=verdict.facts if verdict is not None else None,
            binding=int(grant.binding) if grant is not None else None,
            person=grant.person if grant is not None else None,
            person_class=grant.person_class.value if grant is not None and grant.person is not None else None,
        )


def serve(draft: Draft, endpoint: Endpoint) -> Flow:
    """Authorise, read, begin, forward, relay, record, end: in that order, always.

    Args:
        draft: Holds the arrival and the settings in force; grows as the exchange goes.
        endpoint: What the path names; the draft's surface.
    """
    arrival, rules = draft.arrival, draft.rules
    refusal = _head_refusal(arrival)
    if refusal is not None and refusal.status == 401:
        yield from _refuse(draft, refusal)
        return
    # Before the body is read: a flood of bad keys must not cost their bodies.
    stance: Grant | Denial = yield Authorize(arrival.api_key, arrival.client_ip, arrival.proof)
    draft.stance = stance
    refusal = _denied(stance) or refusal
    if refusal is not None:
        yield from _refuse(draft, refusal)
        return

    body: bytes | Left | Refusal = yield ReadBody()
    if body is LEFT:
        draft.outcome = Outcome.CLIENT_ABORTED
        # Perhaps it did not leave but broke its framing, and then it is still there to be told.
        incomplete = Refusal(
            status=400, code="incomplete_body", message="The request's body broke off or is malformed."
        )
        yield from _refuse(draft, incomplete)
        return
    if isinstance(body, Refusal):
        yield from _refuse(draft, body)
        return
    try:
        ask = draft.ask = endpoint.read(body)
    except BadInput as error:
        yield from _refuse(draft, Refusal(status=400, code="invalid_request", message=str(error)))
        return
    # The model may be closed to this key, and its standing may have changed while the body came.
    assert isinstance(stance, Grant)  # noqa: S101 - a denial was refused above
    stance = yield Reconsider(stance, arrival.client_ip, wanted(ask, arrival))
    draft.stance = stance
    destination = rules.destinations.get(ask.model)
    refusal = _denied(stance) or _misdirected(ask.model, destination, endpoint)
    if refusal is not None or destination is None or isinstance(stance, Denial):
        yield from _refuse(draft, refusal or _unknown_model(ask.model))
        return

    # Begun before it is forwarded: if we crash in between, recovery writes a row for a request that may have been
    # answered, never none for one that was.
    unavailable = yield Begin(arrival.exchange_id, arrival.ts_us, stance.org_id, stance.account_id, ask.model)
    if unavailable is not None:
        yield from _refuse(draft, _cannot_record(), is_recorded=False)
        return
    draft.has_begun = True
    yield from _forward(draft, endpoint, destination, body)


def turn_away(draft: Draft, refusal: Refusal) -> Flow:
    """Refuse what names no endpoint: an unknown path, a method that it does not take."""
    yield from _refuse(draft, refusal)


def list_models(draft: Draft, wanted: str | None) -> Flow:
    """List the models that this key may use, or show one of them. Only refusals are exchanges: nothing else is used."""
    arrival = draft.arrival
    dialect = DIALECTS[draft.surface.dialect]
    refusal = _keys_refusal(arrival)
    if refusal is None:
        stance: Grant | Denial = yield Authorize(arrival.api_key, arrival.client_ip, arrival.proof)
        draft.stance = stance
        refusal = _denied(stance)
    if refusal is not None:
        yield from _refuse(draft, refusal)
        return
    allowed = []
    for name in sorted(draft.rules.destinations) if wanted is None else [wanted]:
        if name in draft.rules.destinations:
            wish = Wanted(model=name, country=arrival.country, is_hosted=arrival.is_hosted)
            answer = yield Reconsider(draft.stance, arrival.client_ip, wish)  # type: ignore[arg-type] # denials are gone
            if isinstance(answer, Grant):
                allowed.append(name)
    if wanted is not None and not allowed:
        yield from _refuse(draft, _unknown_model(wanted[:256]))
        return
    body = dialect.model_list(allowed) if wanted is None else dialect.model(wanted)
    yield Answer(200, [("content-type", "application/json"), *_ids(draft)], body)


def wanted(ask: Ask, arrival: Arrival) -> Wanted:
    """What a request wants to do, as far as access policies look at it."""
    return Wanted(
        model=ask.model,
        stream=ask.stream,
        reasoning=ask.reasoning is True,
        logprobs=ask.logprobs,
        country=arrival.country,
        is_hosted=arrival.is_hosted,
    )


def _forward(draft: Draft, endpoint: Endpoint, destination: Destination, body: bytes) -> Flow:
    """From the begun record to the end."""
    ask, grant = draft.ask, draft.stance
    assert ask is not None  # noqa: S101 - serve has read it
    assert isinstance(grant, Grant)  # noqa: S101 - and was granted it
    withhold = grant.rung >= Rung.WITHHOLD
    draft.outcome = Outcome.UPSTREAM_FAILED
    try:
        edited = endpoint.edit(body, ask, model=destination.name, withhold=withhold, ask_usage=destination.ask_usage)
    except BadInput as error:
        draft.outcome = Outcome.REFUSED
        yield from _refuse(draft, Refusal(status=400, code="invalid_request", message=str(error)))
        return
    target = f"{endpoint.target}?{draft.arrival.query}" if draft.arrival.query else endpoint.target
    request = UpstreamRequest(method="POST", target=target, headers=_request_headers(draft, destination), body=edited)
    sketched = None if grant.text_policy is TextPolicy.KEEP else _sketched(draft, ask, grant)
    head: Head = yield Forward(destination.upstream, request, sketched)
    draft.sketch = head.sketch
    if head.failure is not None:
        yield from _fail(draft, head.failure)
        return
    draft.status = head.status
    headers = _answer_headers(draft, head, withhold=withhold)
    content_type = _header(head.headers, "content-type")
    if _header(head.headers, "content-encoding") not in ("", "identity"):
        broken = UpstreamError("The model server compressed its answer, unasked.", reason="protocol")
        yield from _fail(draft, broken)
    elif head.status == 200 and content_type.startswith("text/event-stream"):
        yield from _relay(draft, endpoint, headers, withhold=withhold)
    else:
        yield from _collect(draft, endpoint, head, headers, withhold=withhold)


def _sketched(draft: Draft, ask: Ask, grant: Grant) -> Exchange:
    """What the sketch is made of, where the record will not have it."""
    return Exchange(
        exchange_id=draft.arrival.exchange_id,
        ts_us=draft.arrival.ts_us,
        org_id=grant.org_id,
        account_id=grant.account_id,
        model=ask.model,
        prompt=_unhashed(ask.prompt),
        system=_unhashed(ask.system or "") or None,
        turn=ask.turn,
    )


def _relay(draft: Draft, endpoint: Endpoint, headers: list[tuple[str, str]], *, withhold: bool) -> Flow:
    """Pass a stream on; its last event waits for the record."""
    ask = draft.ask
    assert ask is not None  # noqa: S101 - serve has read it
    facts = draft.facts
    facts.text_room = _text_room(draft)
    tap = Tap(endpoint.reader(ask, withhold=withhold), facts)
    headers += [("cache-control", "no-cache"), ("x-accel-buffering", "no")]
    relayed: Relayed = yield Relay(200, headers, tap)
    if relayed.failure is LEFT:
        draft.outcome = Outcome.CLIENT_ABORTED
        yield from _record(draft)
        yield Hangup()
        return
    if isinstance(relayed.failure, Denial) and relayed.has_started:
        denial = relayed.failure
        _cut(draft, denial)
        yield from _record(draft)
        yield End(_stream_error(draft, denial.code, denial.message))
        return
    if tap.has_ended:
        draft.outcome = Outcome.COMPLETED
        unavailable = yield from _record(draft)
        last = tap.held
        if unavailable is not None:
            # Failing closed: without its last event the caller knows that the answer is not whole.
            last = _stream_error(draft, "record_unavailable", _cannot_record().message)
        yield End(last) if relayed.has_started else Answer(200, headers, last)
        return
    failure = relayed.failure or UpstreamError("The stream ended without its last event.", reason="closed")
    if not relayed.has_started or isinstance(failure, Denial):
        yield from _fail(draft, failure)
        return
    draft.outcome = Outcome.UPSTREAM_TRUNCATED
    draft.refusal = f"upstream_{failure.reason}"
    yield from _record(draft)
    # Where the model server has said itself what went wrong, nothing is added.
    said = (
        b""
        if facts.has_failed
        else _stream_error(draft, draft.refusal, FAILURES.get(failure.reason, "The model server failed."))
    )
    yield End(said)


def _collect(draft: Draft, endpoint: Endpoint, head: Head, headers: list[tuple[str, str]], *, withhold: bool) -> Flow:
    """Take a whole answer, and give it out when its row is durable."""
    body: bytes | UpstreamError | Denial | Left = yield Collect()
    if not isinstance(body, bytes):
        yield from _fail(draft, body)
        return
    if head.status == 200:
        draft.facts.text_room = _text_room(draft)
        try:
            body = endpoint.settle(body, draft.facts, withhold=withhold)
        except BadInput:
            garbage = UpstreamError("The model server's answer cannot be read.", reason="protocol")
            yield from _fail(draft, garbage)
            return
        draft.outcome = Outcome.COMPLETED
    else:
        draft.refusal = f"upstream_status_{head.status}"
        is_json = _header(head.headers, "content-type").startswith("application/json")
        # Its 401 is about our credential, not the caller's; a redirect is not followed; and a page that some proxy
        # wrote is not an answer in any dialect.
        if head.status == 401 or not 400 <= head.status <= 599 or not is_json:
            status = head.status if head.status >= 400 and head.status != 401 else 502
            refusal = Refusal(
                status=status,
                code=draft.refusal,
                message="The model server refused the gateway's request.",
                headers=tuple(pair for pair in headers if pair[0].startswith(("retry-after", "x-should-retry"))),
                upstream=True,
            )
            yield from _refuse(draft, refusal)
            return
    unavailable = yield from _record(draft)
    if unavailable is not None:
        yield from _refuse(draft, _cannot_record(), is_recorded=False)
        return
    yield Answer(head.status, headers, body)


def _fail(draft: Draft, failure: UpstreamError | Denial | Left) -> Flow:
    """Nothing of an answer has reached the caller: say so in its dialect, or note that it left first."""
    if isinstance(failure, Denial):
        _cut(draft, failure)
        yield from _refuse(draft, Refusal(status=failure.status, code=failure.code, message=failure.message))
        return
    if not isinstance(failure, UpstreamError):
        draft.outcome = Outcome.CLIENT_ABORTED
        yield from _record(draft)
        yield Hangup()
        return
    draft.outcome = Outcome.UPSTREAM_FAILED
    refusal = Refusal(
        status=504 if failure.reason.endswith("timeout") else 502,
        code=f"upstream_{failure.reason}",
        message=FAILURES.get(failure.reason, "The model server failed."),
        upstream=True,
    )
    yield from _refuse(draft, refusal)


def _cut(draft: Draft, denial: Denial) -> None:
    """Note that the exchange was ended, and by which verdict."""
    assert isinstance(draft.stance, Grant)  # noqa: S101 - only what was granted is under way
    draft.outcome, draft.refusal = Outcome.CUT, denial.code
    draft.stance = msgspec.structs.replace(draft.stance, verdict=denial.verdict)


def _refuse(draft: Draft, refusal: Refusal, *, is_recorded: bool = True) -> Flow:
    """Answer from the gateway itself, in the caller's dialect."""
    draft.status, draft.refusal = refusal.status, refusal.noted or refusal.code
    if is_recorded and (yield from _record(draft)) is not None:
        refusal = _cannot_record()
    dialect = DIALECTS[draft.surface.dialect]
    headers = [
        ("content-type", "application/json"),
        *_ids(draft),
        ("x-stillwatch-refusal", refusal.code),
        *refusal.headers,
    ]
    if refusal.status < 500 and refusal.status not in (408, 429):
        # Official clients retry what they think might pass, and so double the load.
        headers.append(("x-should-retry", "false"))
    yield Answer(refusal.status, headers, dialect.refusal(refusal, draft.arrival.exchange_id))


def _record(draft: Draft) -> Generator[Command, Any, Unavailable | None]:
    """Write the row, with its texts kept, hashed or dropped as the organisation has it."""
    ask, grant = draft.ask, draft.stance
    prompt, system, response = "", None, None
    if isinstance(grant, Grant) and ask is not None:
        if grant.text_policy is TextPolicy.KEEP:
            prompt = _unhashed(ask.prompt)
            system = ask.system and _unhashed(ask.system)
        else:
            prompt = yield from _hashed(ask.prompt, grant.text_policy)
            if ask.system is not None:
                system = yield from _hashed(ask.system, grant.text_policy)
        if draft.facts.text and draft.rules.keep_answers and grant.text_policy is TextPolicy.KEEP:
            response = _unhashed("".join(draft.facts.text))
    row = draft.exchange(prompt=prompt, system=system, response=response, latency_ms=draft.elapsed_ms())
    unavailable: Unavailable | None = yield Record(row)
    return unavailable


def _hashed(text: str, policy: TextPolicy) -> Generator[Command, Any, str]:
    """What the record keeps of a text that it may not keep itself."""
    if not text or policy is TextPolicy.DROP:
        return ""
    data = text.encode()
    digest = (yield Digest(data)) if len(data) > HASH_THREAD_BYTES else hashlib.sha256(data).hexdigest()
    return f"sha256:{digest}"


def _unhashed(text: str) -> str:
    """Text that cannot be taken for a hash: readers abstain on hashes, and a caller could ask them to."""
    return f" {text}" if text.startswith("sha256:") else text


def _text_room(draft: Draft) -> int:
    grant, rules = draft.stance, draft.rules
    is_kept = rules.keep_answers and isinstance(grant, Grant) and grant.text_policy is TextPolicy.KEEP
    return rules.answer_text_limit if is_kept else 0


def _keys_refusal(arrival: Arrival) -> Refusal | None:
    if arrival.is_conflicting:
        message = "The request carries two different API keys or doubled headers. Send one Authorization or x-api-key."
        return Refusal(status=401, code="conflicting_api_keys", message=message)
    return None


def _head_refusal(arrival: Arrival) -> Refusal | None:
    """What is wrong with a head before anybody is asked who it is."""
    refusal = _keys_refusal(arrival)
    if refusal is not None:
        return refusal
    if arrival.is_smuggling:
        message = "The request has both Content-Length and Transfer-Encoding."
        return Refusal(status=400, code="ambiguous_length", message=message)
    if (arrival.content_encoding or "identity").lower() != "identity":
        message = "Compressed request bodies are not taken. Send the JSON as it is."
        return Refusal(status=415, code="unsupported_encoding", message=message)
    if not _is_json(arrival.content_type or ""):
        message = "The body must be JSON in UTF-8. Send Content-Type: application/json."
        return Refusal(status=415, code="unsupported_media_type", message=message)
    return None


def _is_json(content_type: str) -> bool:
    if content_type == "application/json":
        return True
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.replace('"', "").replace(" ", "").partition("charset=")[2].partition(";")[0]
    return kind.strip() == "application/json" and charset in ("", "utf-8", "utf8")


def _denied(stance: Grant | Denial) -> Refusal | None:
    if isinstance(stance, Denial):
        return Refusal(
            status=stance.status,
            code=stance.code,
            message=stance.message,
            headers=stance.headers,
            noted=stance.noted,
        )
    return None


def _misdirected(model: str, destination: Destination | None, endpoint: Endpoint) -> Refusal | None:
    if destination is None:
        return _unknown_model(model)
    if destination.dialect != endpoint.dialect:
        asked, spoken = endpoint.dialect.title(), destination.dialect.title()
        message = f"The model {model!r} is served in the {spoken} dialect; this endpoint speaks {asked}'s."
        return Refusal(status=400, code="wrong_dialect", message=message, param="model")
    return None


def _unknown_model(model: str) -> Refusal:
    message = f"The model {model!r} does not exist or you do not have access to it."
    return Refusal(status=404, code="unknown_model", message=message, param="model")


def _cannot_record() -> Refusal:
    message = "The gateway cannot record exchanges right now, so it answers none. Try again shortly."
    return Refusal(status=503, code="record_unavailable", message=message, headers=(("retry-after", "5"),))


def _request_headers(draft: Draft, destination: Destination) -> list[tuple[str, str]]:
    headers = [
        *draft.arrival.forwarded,
        ("accept-encoding", "identity"),
        ("x-request-id", draft.arrival.exchange_id),
    ]
    if destination.credential is not None:
        headers.append(destination.credential)
    return headers


def _answer_headers(draft: Draft, head: Head, *, withhold: bool) -> list[tuple[str, str]]:
    headers = returned(head.headers)
    headers += _ids(draft)
    if withhold:
        headers.append(("x-stillwatch-withheld", WITHHELD))
    return headers


def _ids(draft: Draft) -> list[tuple[str, str]]:
    exchange_id = draft.arrival.exchange_id
    if draft.surface.dialect == "anthropic":
        return [("x-request-id", exchange_id), ("request-id", exchange_id)]
    return [("x-request-id", exchange_id)]


def _header(headers: Sequence[tuple[str, str]], wanted: Literal["content-type", "content-encoding"]) -> str:
    for name, value in headers:
        if name == wanted:
            return value.strip().lower()
    return ""


def _stream_error(draft: Draft, code: str, message: str) -> bytes:
    surface = draft.surface
    dialect = DIALECTS[surface.dialect]
    return dialect.stream_error(surface.name, code=code, message=message, exchange_id=draft.arrival.exchange_id)
