# SPDX-License-Identifier: Apache-2.0
"""The order of an exchange's commands, and what each failure becomes. No loop, no socket."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from stillwatch.errors import Unavailable, UpstreamError
from stillwatch.gateway.arrival import Arrival
from stillwatch.gateway.dialects.catalog import ENDPOINTS
from stillwatch.gateway.dialects.interface import Refusal
from stillwatch.gateway.exchange import (
    HASH_THREAD_BYTES,
    LEFT,
    Answer,
    Authorize,
    Begin,
    Collect,
    Command,
    Destination,
    Digest,
    Draft,
    End,
    Forward,
    Hangup,
    Head,
    ReadBody,
    Reconsider,
    Record,
    Relay,
    Relayed,
    Rules,
    list_models,
    serve,
    turn_away,
)
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.records.grant import Denial, Grant, TextPolicy, Wanted
from stillwatch.records.standing import Rung

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
GRANT = Grant(key_id="k", org_id="o", account_id="a", payment_fp="fp", signup_ts_us=5, route="direct")
DENIAL = Denial(code="account_suspended", status=403, message="Suspended.", key_id="k", org_id="o", account_id="a")
BAD_KEY = Denial(code="invalid_api_key", status=401, message="Unknown key.")
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'
STREAMED = b'{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true}'
WHOLE = b'{"choices":[{"index":0,"message":{"content":"so"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}'
CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"so"}}]}\n\n'
DONE = b"data: [DONE]\n\n"
JSON_HEAD = Head(b"sketch", 200, [("content-type", "application/json"), ("x-ratelimit-limit-tokens", "9")])
SSE_HEAD = Head(b"sketch", 200, [("content-type", "text/event-stream; charset=utf-8")])
DESTINATIONS = {
    "m": Destination(
        upstream="u", dialect="openai", name=None, ask_usage=True, credential=("authorization", "Bearer up")
    ),
    "n": Destination(upstream="u", dialect="openai", name="other", ask_usage=False, credential=None),
    "c": Destination(upstream="v", dialect="anthropic", name=None, ask_usage=True, credential=("x-api-key", "up")),
}

Replies = dict[type, Any]


def arrive(**fields: Any) -> Arrival:
    known: dict[str, Any] = {
        "exchange_id": "ex_1",
        "ts_us": 7,
        "path": CHAT,
        "api_key": "swk",
        "client_ip": "192.0.2.1",
        "content_type": "application/json",
        "forwarded": [("user-agent", "sdk")],
    }
    return Arrival(**{**known, **fields})


def play(
    replies: Replies | None = None, *, path: str = CHAT, keep_answers: bool = True, **fields: Any
) -> tuple[list[Command], Draft]:
    """Run an exchange on canned replies; a callable is asked with the command."""
    endpoint = ENDPOINTS[path]
    rules = Rules(destinations=DESTINATIONS, keep_answers=keep_answers, answer_text_limit=100)
    draft = Draft(arrival=arrive(path=path, **fields), surface=endpoint, rules=rules, elapsed_ms=lambda: 1.5)
    canned: Replies = {Authorize: GRANT, ReadBody: BODY, Forward: JSON_HEAD, Collect: WHOLE, **(replies or {})}
    flow = serve(draft, endpoint)
    commands: list[Command] = []
    reply: Any = None
    while True:
        try:
            command = flow.send(reply)
        except StopIteration:
            return commands, draft
        commands.append(command)
        reply = canned.get(type(command), command.grant if isinstance(command, Reconsider) else None)
        if isinstance(reply, Callable):  # type: ignore[arg-type]
            reply = reply(command)


def kinds(commands: list[Command]) -> list[type]:
    return [type(command) for command in commands]


def row(commands: list[Command]) -> Exchange:
    rows = [command.exchange for command in commands if isinstance(command, Record)]
    assert len(rows) == 1, "an exchange has exactly one row"
    return rows[0]


def answer(commands: list[Command]) -> Answer:
    last = commands[-1]
    assert isinstance(last, Answer)
    return last


def forwarded(commands: list[Command]) -> Forward:
    return next(command for command in commands if isinstance(command, Forward))


def streaming(*pieces: bytes, failure: Any = None) -> Callable[[Relay], Relayed]:
    """What a shell does with a relay command."""

    def relay(command: Relay) -> Relayed:
        out = b"".join(command.tap.feed(piece) for piece in pieces)
        return Relayed(has_started=bool(out), failure=failure)

    return relay


def stream(*pieces: bytes, failure: Any = None) -> Replies:
    return {ReadBody: STREAMED, Forward: SSE_HEAD, Relay: streaming(*pieces, failure=failure)}


def test_the_order_of_a_whole_answer() -> None:
    commands, _ = play()
    assert kinds(commands) == [Authorize, ReadBody, Reconsider, Begin, Forward, Collect, Record, Answer]
    assert commands[0] == Authorize("swk", "192.0.2.1")
    assert commands[2] == Reconsider(GRANT, "192.0.2.1", Wanted(model="m"))
    assert commands[3] == Begin("ex_1", 7, "o", "a", "m")
    assert answer(commands).body == WHOLE


def test_the_order_of_a_stream() -> None:
    commands, _ = play(stream(CHUNK, DONE))
    assert kinds(commands) == [Authorize, ReadBody, Reconsider, Begin, Forward, Relay, Record, End]
    assert commands[-1] == End(DONE)


def test_a_row_tells_all_that_is_known() -> None:
    found = row(play()[0])
    assert (found.org_id, found.account_id, found.key_id, found.model) == ("o", "a", "k", "m")
    assert (found.prompt, found.response, found.sketch) == ("hello", "so", b"sketch")
    assert (found.input_tokens, found.output_tokens, found.tokens_estimated) == (1, 2, False)
    assert (found.status, found.outcome, found.refusal) == (200, Outcome.COMPLETED, None)
    assert (found.payment_fp, found.signup_ts_us, found.route) == ("fp", 5, "direct")
    assert (found.endpoint, found.latency_ms, found.ts_us) == ("chat.completions", 1.5, 7)


def test_the_sketch_is_made_of_the_text_as_it_came_and_without_an_answer() -> None:
    commands, _ = play({Authorize: msgspec.structs.replace(GRANT, text_policy=TextPolicy.HASH)})
    draft = forwarded(commands).draft
    assert draft is not None
    assert (draft.prompt, draft.response) == ("hello", None)
    assert row(commands).prompt == "sha256:" + hashlib.sha256(b"hello").hexdigest()


@pytest.mark.parametrize("policy", TextPolicy)
def test_the_record_has_the_text_or_its_sketch(policy: TextPolicy) -> None:
    commands, _ = play({Authorize: msgspec.structs.replace(GRANT, text_policy=policy)})
    assert (row(commands).prompt == "hello") == (policy is TextPolicy.KEEP) == (forwarded(commands).draft is None)


def test_a_bad_key_costs_no_body() -> None:
    commands, _ = play({Authorize: BAD_KEY})
    assert kinds(commands) == [Authorize, Record, Answer]
    assert answer(commands).status == 401
    assert json.loads(answer(commands).body)["error"]["code"] == "invalid_api_key"
    found = row(commands)
    assert (found.org_id, found.account_id, found.outcome) == ("unknown", "unknown", Outcome.REFUSED)
    assert found.refusal == "invalid_api_key"


def test_a_block_is_not_to_be_retried() -> None:
    commands, _ = play({Authorize: DENIAL})
    headers = dict(answer(commands).headers)
    assert answer(commands).status == 403
    assert headers["x-should-retry"] == "false"
    assert headers["x-stillwatch-refusal"] == "account_suspended"
    assert headers["x-request-id"] == "ex_1"
    assert row(commands).account_id == "a"


def test_two_keys_are_no_key() -> None:
    commands, _ = play(is_conflicting=True)
    assert kinds(commands) == [Record, Answer]
    assert answer(commands).status == 401


def test_a_model_closed_to_the_key_is_refused_before_anything_is_forwarded() -> None:
    commands, _ = play({Reconsider: DENIAL})
    assert kinds(commands) == [Authorize, ReadBody, Reconsider, Record, Answer]
    assert row(commands).prompt == "", "whether this text may be kept is not known"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"is_smuggling": True}, 400, "ambiguous_length"),
        ({"content_encoding": "gzip"}, 415, "unsupported_encoding"),
        ({"content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"content_type": None}, 415, "unsupported_media_type"),
        ({"content_type": "application/json; charset=utf-16"}, 415, "unsupported_media_type"),
    ],
)
def test_a_head_that_promises_no_json_is_refused(fields: dict[str, Any], status: int, code: str) -> None:
    commands, _ = play(**fields)
    assert kinds(commands) == [Authorize, Record, Answer]
    assert (answer(commands).status, row(commands).refusal) == (status, code)


@pytest.mark.parametrize(
    "content_type", ["application/json", 'Application/JSON; charset="UTF-8"', "application/json;x=y"]
)
def test_json_is_known_in_every_spelling(content_type: str) -> None:
    assert answer(play(content_type=content_type)[0]).status == 200


@pytest.mark.parametrize(
    ("body", "path", "status", "code"),
    [
        (b"{", CHAT, 400, "invalid_request"),
        (b'{"model":"m","model":"n","messages":[]}', CHAT, 400, "invalid_request"),
        (b'{"model":"none","messages":[]}', CHAT, 404, "unknown_model"),
        (b'{"model":"c","messages":[]}', CHAT, 400, "wrong_dialect"),
        (b'{"model":"m","messages":[]}', MESSAGES, 400, "wrong_dialect"),
        (Refusal(status=413, code="body_too_large", message="x"), CHAT, 413, "body_too_large"),
        (Refusal(status=408, code="slow_body", message="x"), MESSAGES, 408, "slow_body"),
    ],
)
def test_what_cannot_be_served_is_refused_with_its_reason(body: object, path: str, status: int, code: str) -> None:
    commands, _ = play({ReadBody: body}, path=path)
    assert Begin not in kinds(commands)
    assert (answer(commands).status, row(commands).refusal) == (status, code)
    told = json.loads(answer(commands).body)
    assert ("request_id" in told) is (path == MESSAGES), "each dialect has its own shape"


def test_a_body_that_breaks_off_has_a_row_and_an_answer_for_a_caller_that_is_still_there() -> None:
    commands, _ = play({ReadBody: LEFT})
    assert kinds(commands) == [Authorize, ReadBody, Record, Answer]
    assert (row(commands).outcome, row(commands).refusal) == (Outcome.CLIENT_ABORTED, "incomplete_body")
    assert answer(commands).status == 400


def test_nothing_is_forwarded_that_cannot_be_recorded() -> None:
    commands, _ = play({Begin: Unavailable("full")})
    assert kinds(commands) == [Authorize, ReadBody, Reconsider, Begin, Answer]
    assert answer(commands).status == 503
    assert ("retry-after", "5") in answer(commands).headers


def test_a_whole_answer_is_not_given_out_where_its_row_is_not_durable() -> None:
    commands, _ = play({Record: Unavailable("full")})
    assert answer(commands).status == 503
    assert WHOLE not in answer(commands).body
    assert b"choices" not in answer(commands).body


def test_a_stream_does_not_get_its_last_event_where_its_row_is_not_durable() -> None:
    commands, _ = play(stream(CHUNK, DONE) | {Record: Unavailable("full")})
    last = commands[-1]
    assert isinstance(last, End)
    assert DONE not in last.last
    assert b"record_unavailable" in last.last


def test_a_refusal_that_cannot_be_recorded_is_a_503() -> None:
    commands, _ = play({Authorize: BAD_KEY, Record: Unavailable("full")})
    assert answer(commands).status == 503


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("connect", 502),
        ("closed", 502),
        ("protocol", 502),
        ("connect_timeout", 504),
        ("first_byte_timeout", 504),
        ("idle_timeout", 504),
    ],
)
def test_an_upstream_that_fails_before_its_answer_is_told_in_the_dialect(reason: str, status: int) -> None:
    failure = UpstreamError("10.0.0.7:8000 is down", reason=reason)
    either: list[Replies] = [{Forward: Head(b"", failure=failure)}, {Collect: failure}]
    for replies in either:
        commands, _ = play(replies)
        assert answer(commands).status == status
        assert b"10.0.0.7" not in answer(commands).body, "where the model server is, is nobody's business"
        assert (row(commands).outcome, row(commands).refusal) == (Outcome.UPSTREAM_FAILED, f"upstream_{reason}")


def test_a_caller_that_leaves_before_the_answer_has_a_row() -> None:
    either: list[Replies] = [{Forward: Head(b"sketch", failure=LEFT)}, {Collect: LEFT}]
    for replies in either:
        commands, _ = play(replies)
        assert isinstance(commands[-1], Hangup)
        assert row(commands).outcome is Outcome.CLIENT_ABORTED
        assert row(commands).sketch == b"sketch"


def test_a_caller_that_leaves_mid_stream_is_counted() -> None:
    commands, _ = play(stream(CHUNK, CHUNK, CHUNK, failure=LEFT))
    assert isinstance(commands[-1], Hangup)
    found = row(commands)
    assert (found.outcome, found.output_tokens, found.tokens_estimated) == (Outcome.CLIENT_ABORTED, 3, True)
    assert found.response == "sososo"


@pytest.mark.parametrize("failure", [None, UpstreamError("x", reason="idle_timeout")])
def test_a_stream_without_its_last_event_is_recorded_as_such_and_ends_in_an_error(
    failure: UpstreamError | None,
) -> None:
    commands, _ = play(stream(CHUNK, failure=failure))
    reason = "closed" if failure is None else "idle_timeout"
    last = commands[-1]
    assert isinstance(last, End)
    assert json.loads(last.last.removeprefix(b"data: "))["error"]["code"] == f"upstream_{reason}"
    found = row(commands)
    assert (found.outcome, found.output_tokens) == (Outcome.UPSTREAM_TRUNCATED, 1)


def test_a_stream_that_never_began_is_a_plain_error() -> None:
    commands, _ = play(stream(failure=UpstreamError("x", reason="closed")))
    assert answer(commands).status == 502
    assert row(commands).outcome is Outcome.UPSTREAM_FAILED


def test_the_model_servers_own_error_event_is_not_doubled() -> None:
    commands, _ = play(stream(CHUNK, b'data: {"error":{"message":"overloaded"}}\n\n'))
    assert commands[-1] == End(b"")
    assert row(commands).outcome is Outcome.UPSTREAM_TRUNCATED


def test_a_stream_of_its_last_event_alone_is_answered() -> None:
    commands, _ = play(stream(DONE))
    assert answer(commands).body == DONE
    assert ("content-type", "text/event-stream; charset=utf-8") in answer(commands).headers


def test_usage_counts_before_the_estimate_where_the_answer_is_whole() -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":9}}\n\n'
    found = row(play(stream(CHUNK, usage, DONE))[0])
    assert (found.input_tokens, found.output_tokens, found.tokens_estimated) == (4, 9, False)
    found = row(play(stream(CHUNK, DONE))[0])
    assert (found.output_tokens, found.tokens_estimated) == (1, True)


@pytest.mark.parametrize(
    ("status", "kind", "answered"),
    [(status, "application/json", status) for status in (400, 403, 404, 429, 500, 529)],
)
def test_the_model_servers_own_refusals_pass_as_they_are(status: int, kind: str, answered: int) -> None:
    body = b'{"error": {"message":"theirs"}}'
    commands, _ = play({Forward: Head(b"", status, [("content-type", kind), ("retry-after", "7")]), Collect: body})
    assert (answer(commands).status, answer(commands).body) == (answered, body)
    assert ("retry-after", "7") in answer(commands).headers
    found = row(commands)
    assert (found.outcome, found.status, found.refusal) == (
        Outcome.UPSTREAM_FAILED,
        answered,
        f"upstream_status_{status}",
    )


@pytest.mark.parametrize(
    ("status", "kind", "answered"),
    [(401, "application/json", 502), (502, "text/html", 502), (429, "text/plain", 429), (302, "application/json", 502)],
)
def test_what_is_not_meant_for_the_caller_is_said_in_the_dialect(status: int, kind: str, answered: int) -> None:
    head = Head(b"", status, [("content-type", kind), ("retry-after", "7")])
    commands, _ = play({Forward: head, Collect: b"key sk-up is wrong"})
    assert answer(commands).status == answered
    assert b"sk-up" not in answer(commands).body
    assert json.loads(answer(commands).body)["error"]["code"] == f"upstream_status_{status}"
    assert ("retry-after", "7") in answer(commands).headers


@pytest.mark.parametrize(
    "replies",
    [
        {Collect: b"<html>"},
        {Collect: b""},
        {Forward: Head(b"", 200, [("content-type", "application/json"), ("content-encoding", "gzip")])},
    ],
)
def test_an_answer_that_cannot_be_read_is_a_502(replies: Replies) -> None:
    commands, _ = play(replies)
    assert answer(commands).status == 502
    assert row(commands).refusal == "upstream_protocol"


def test_the_request_that_goes_on_holds_our_credential_and_not_the_callers() -> None:
    request = forwarded(play()[0]).request
    assert request.target == "/chat/completions"
    assert request.body == BODY
    assert list(request.headers) == [
        ("user-agent", "sdk"),
        ("accept-encoding", "identity"),
        ("x-request-id", "ex_1"),
        ("authorization", "Bearer up"),
    ]


def test_the_upstreams_name_for_a_model_takes_its_place() -> None:
    request = forwarded(play({ReadBody: b'{"model":"n","messages":[]}'})[0]).request
    assert request.body == b'{"model":"other","messages":[]}'
    assert all(name != "authorization" for name, _ in request.headers)


def test_a_beta_switch_goes_on() -> None:
    body = b'{"model":"c","messages":[]}'
    whole = b'{"content":[]}'
    request = forwarded(play({ReadBody: body, Collect: whole}, path=MESSAGES, query="beta=true")[0]).request
    assert request.target == "/messages?beta=true"
    assert ("x-api-key", "up") in request.headers


def test_withholding_edits_the_request_and_the_answer_and_says_so() -> None:
    grant = msgspec.structs.replace(GRANT, rung=Rung.WITHHOLD)
    body = b'{"model":"m","messages":[],"logprobs":true}'
    whole = b'{"choices":[{"index":0,"message":{"content":"so","reasoning":"why"},"logprobs":{}}],"usage":{}}'
    commands, _ = play({Authorize: grant, ReadBody: body, Collect: whole})
    assert forwarded(commands).request.body == b'{"model":"m","messages":[]}'
    assert answer(commands).body == whole.replace(b'"why"', b"null").replace(b'"logprobs":{}', b'"logprobs":null')
    assert ("x-stillwatch-withheld", "reasoning, logprobs") in answer(commands).headers
    assert (row(commands).rung, row(commands).logprobs) == (2, True)


@pytest.mark.parametrize(
    ("policy", "prompt", "system", "response"),
    [
        (TextPolicy.KEEP, "hello", "kind", "so"),
        (
            TextPolicy.HASH,
            "sha256:" + hashlib.sha256(b"hello").hexdigest(),
            "sha256:" + hashlib.sha256(b"kind").hexdigest(),
            None,
        ),
        (TextPolicy.DROP, "", "", None),
    ],
)
def test_texts_are_kept_hashed_or_dropped(policy: TextPolicy, prompt: str, system: str, response: str | None) -> None:
    body = b'{"model":"m","messages":[{"role":"system","content":"kind"},{"role":"user","content":"hello"}]}'
    grant = msgspec.structs.replace(GRANT, text_policy=policy)
    found = row(play({Authorize: grant, ReadBody: body})[0])
    assert (found.prompt, found.system, found.response) == (prompt, system, response)


def test_a_large_text_is_hashed_elsewhere() -> None:
    text = "x" * (HASH_THREAD_BYTES + 1)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    grant = msgspec.structs.replace(GRANT, text_policy=TextPolicy.HASH)
    commands, _ = play({Authorize: grant, ReadBody: body, Digest: "beef"})
    assert Digest(text.encode()) in commands
    assert row(commands).prompt == "sha256:beef"


def test_a_text_cannot_pass_for_a_hash() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"sha256: tell me everything"}]}'
    commands, _ = play({ReadBody: body})
    assert row(commands).prompt == " sha256: tell me everything"
    commands, _ = play({ReadBody: body, Authorize: msgspec.structs.replace(GRANT, text_policy=TextPolicy.HASH)})
    draft = forwarded(commands).draft
    assert draft is not None
    assert draft.prompt == " sha256: tell me everything"


def test_an_answers_text_is_bounded_and_can_be_left_out() -> None:
    long = WHOLE.replace(b"so", b"x" * 500)
    assert len(row(play({Collect: long})[0]).response or "") == 100
    assert row(play({Collect: long}, keep_answers=False)[0]).response is None


def test_an_anthropic_answer_carries_its_request_id() -> None:
    body = b'{"model":"c","messages":[]}'
    commands, _ = play({ReadBody: body, Collect: b'{"content":[]}'}, path=MESSAGES)
    assert ("request-id", "ex_1") in answer(commands).headers


def draft_of(name: str) -> Draft:
    rules = Rules(destinations=DESTINATIONS, keep_answers=True, answer_text_limit=0)
    return Draft(arrival=arrive(), surface=ENDPOINTS[name], rules=rules, elapsed_ms=lambda: 0.0)


def run(flow: Any, judge: Callable[[Authorize | Reconsider], Any]) -> list[Command]:
    commands: list[Command] = []
    reply: Any = None
    while True:
        try:
            command = flow.send(reply)
        except StopIteration:
            return commands
        commands.append(command)
        reply = judge(command) if isinstance(command, Authorize | Reconsider) else None


def test_only_models_that_the_key_may_use_are_listed() -> None:
    def judge(command: Authorize | Reconsider) -> Grant | Denial:
        return DENIAL if isinstance(command, Reconsider) and command.wanted.model == "n" else GRANT

    commands = run(list_models(draft_of(CHAT), None), judge)
    assert [model["id"] for model in json.loads(answer(commands).body)["data"]] == ["c", "m"]
    assert json.loads(answer(run(list_models(draft_of(MESSAGES), "c"), judge)).body)["type"] == "model"
    for hidden in ("n", "nobody"):
        assert answer(run(list_models(draft_of(CHAT), hidden), judge)).status == 404


def test_a_bad_key_sees_no_models_and_is_recorded() -> None:
    commands = run(list_models(draft_of(CHAT), None), lambda _: BAD_KEY)
    assert answer(commands).status == 401
    assert row(commands).refusal == "invalid_api_key"


def test_an_unknown_endpoint_is_turned_away_with_a_row() -> None:
    commands = run(turn_away(draft_of(CHAT), Refusal(status=404, code="unknown_endpoint", message="x")), lambda _: None)
    assert kinds(commands) == [Record, Answer]
    assert row(commands).refusal == "unknown_endpoint"
