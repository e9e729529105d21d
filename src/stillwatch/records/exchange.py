# SPDX-License-Identifier: Apache-2.0
"""One request and its answer: a row of the exchange log.

The columns up to ``latency_ms`` are the exchange log's public contract (``docs/formats/exchange-log.md``), with
instants as integer microseconds. ``None`` means "not known", and nothing may be held against it. The columns after
it are Stillwatch's own; readers of the contract ignore them.
"""

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """How an exchange ended."""

    COMPLETED = "completed"
    """The whole answer was received from the upstream (and so could be delivered)."""
    REFUSED = "refused"
    """The gateway answered itself; nothing reached the upstream."""
    CLIENT_ABORTED = "client_aborted"
    """The caller went away before the end; the tokens seen so far are counted."""
    UPSTREAM_TRUNCATED = "upstream_truncated"
    """A stream ended without its terminal event; the tokens seen so far are counted."""
    UPSTREAM_FAILED = "upstream_failed"
    """The upstream refused, stalled or sent something that is not HTTP before an answer began."""
    CUT = "cut"
    """The gateway ended it: a directive closed the model to who asked. The tokens seen so far are counted."""
    INTERRUPTED = "interrupted"
    """The gateway itself was killed in between; the row was made on recovery."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One exchange, refused ones included.

    ``prompt`` is the last user message: its text, ``sha256:`` and 64 hex digits where only a hash is kept, or empty
    where it is dropped. ``system`` follows the same rule.
    """

    exchange_id: str
    ts_us: int
    """Arrival of the request, microseconds since the Unix epoch, UTC."""
    org_id: str
    account_id: str
    model: str
    prompt: str
    key_id: str | None = None
    client_ip: str | None = None
    asn: int | None = None
    country: str | None = None
    user_agent: str | None = None
    ja4: str | None = None
    payment_fp: str | None = None
    signup_ts_us: int | None = None
    route: str | None = None
    endpoint: str | None = None
    system: str | None = None
    response: str | None = None
    conversation_id: str | None = None
    turn: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    stream: bool | None = None
    logprobs: bool | None = None
    reasoning: bool | None = None
    tools: int | None = None
    status: int | None = None
    latency_ms: float | None = None

    outcome: Outcome = Outcome.COMPLETED
    refusal: str | None = None
    """Machine-readable reason where ``outcome`` is refused or failed, such as ``invalid_api_key``."""
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    tokens_estimated: bool = False
    """True where the upstream gave no usage and tokens were counted from the chunks."""
    rung: int = 0
    """The account's rung on the ladder when the request arrived."""
    sketch: bytes | None = None
    """What detection keeps of the content, made before the text is hashed or dropped. None where the text is kept: the
    sketch can be made of it at any time."""
    policy_rules: str | None = None
    """Ids of the rules by which the access policy decided, separated by spaces; empty where no rule permits it. None
    where no policy was asked."""
    policy_facts: str | None = None
    """``name=digest`` of the rules and of each fact and list that the decision was made from, separated by spaces."""
    binding: int | None = None
    """How the request was bound to the key's holder, as in ``records.binding``; None where it was refused before."""
    person: str | None = None
    """Pseudonym that the organisation gives the person behind the request; None where nobody was attested."""
    person_class: str | None = None
    """What the organisation attests of them for export control."""
