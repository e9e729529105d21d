# SPDX-License-Identifier: Apache-2.0
"""Sends a planned request over HTTP, as the caller's own program would and as an edge in front would pass it on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import aiohttp
import msgspec

from stillwatch.arena.schedule import Caller, Planned
from stillwatch.errors import UpstreamError

ASN_HEADER = "x-edge-asn"
COUNTRY_HEADER = "x-edge-country"
JA4_HEADER = "x-edge-ja4"
"""Headers in which an edge tells the gateway what it knows of the caller."""
_REMEMBERED = 8
"""Messages of a conversation that are sent along with a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back."""

    status: int
    text: str = ""
    has_reasoning: bool = False
    code: str = ""
    """The error's code where the request was refused."""

    @property
    def is_served(self) -> bool:
        """Whether the teacher's answer came back."""
        return self.status == 200

    @property
    def is_barred(self) -> bool:
        """Whether the account, rather than this request, was refused."""
        return self.status == 403


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message = msgspec.field(default_factory=_Message)
    delta: _Message = msgspec.field(default_factory=_Message)


class _Completion(msgspec.Struct):
    choices: list[_Choice] = []


class _Error(msgspec.Struct):
    code: str | None = None
    type: str | None = None


class _Refusal(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


_completions = msgspec.json.Decoder(_Completion)
_refusals = msgspec.json.Decoder(_Refusal)
_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class Client:
    """Every caller's client program, in one.

    Args:
        base_url: Where the gateway listens, up to and including its version.
        model: The model that callers ask for.
        api_keys: The key of each account.
    """

    base_url: str
    model: str
    api_keys: Mapping[str, str]
    _session: aiohttp.ClientSession | None = None
    _conversations: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=60)
        self._session = aiohttp.ClientSession(
            timeout=timeout,
            connector=aiohttp.TCPConnector(limit=0),
            skip_auto_headers=("User-Agent", "Accept-Encoding"),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, request: Planned) -> Answered:
        """Send one request and read its answer to the end.

        Raises:
            UpstreamError: The gateway could not be reached, or broke off.
        """
        assert self._session is not None  # noqa: S101 - used outside of its "async with", which is a mistake here
        history = self._conversations.setdefault(request.conversation, []) if request.conversation else []
        message = {"role": "user", "content": request.prompt}
        body = _body(request, self.model, [*history[-_REMEMBERED:], message])
        try:
            async with self._session.post(
                f"{self.base_url}/chat/completions",
                data=body,
                headers=_headers(request.caller, self.api_keys[request.caller.account_id]),
            ) as response:
                raw, status = await response.read(), response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamError(f"The gateway broke off: {error!r}.", reason="closed") from error
        if status != 200:
            return Answered(status=status, code=_code(raw))
        answered = _read_stream(raw) if request.stream else _read_whole(raw)
        if request.conversation:
            history += [message, {"role": "assistant", "content": answered.text}]
        return answered


def _headers(caller: Caller, api_key: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {api_key}",
        "content-type": "application/json",
        "user-agent": caller.user_agent,
        "x-forwarded-for": caller.client_ip,
        ASN_HEADER: str(caller.asn),
        COUNTRY_HEADER: caller.country,
        JA4_HEADER: caller.ja4,
    }


def _body(request: Planned, model: str, messages: list[dict[str, str]]) -> bytes:
    if request.system:
        messages = [{"role": "system", "content": request.system}, *messages]
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.stream:
        body["stream"] = True
    if request.reasoning:
        body["reasoning_effort"] = "high"
    if request.logprobs:
        body |= {"logprobs": True, "top_logprobs": 3}
    if request.tools:
        body["tools"] = _tools(request.tools)
    return _encoder.encode(body)


@cache
def _tools(count: int) -> list[dict[str, Any]]:
    """A scaffold's tools, as its users' clients declare them."""
    verbs = (
        "read",
        "write",
        "edit",
        "search",
        "list",
        "run",
        "test",
        "diff",
        "commit",
        "fetch",
        "plan",
        "ask",
        "move",
        "undo",
    )
    return [
        {
            "type": "function",
            "function": {
                "name": f"{verb}_file" if index < 4 else verb,
                "description": f"{verb.capitalize()} in the repository.",
                "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
            },
        }
        for index, verb in enumerate(verbs[:count])
    ]


def _read_whole(raw: bytes) -> Answered:
    choices = _completions.decode(raw).choices
    message = choices[0].message if choices else _Message()
    return Answered(status=200, text=message.content or "", has_reasoning=bool(message.reasoning_content))


def _read_stream(raw: bytes) -> Answered:
    text, has_reasoning = [], False
    for line in raw.split(b"\n"):
        if not line.startswith(b"data: {"):
            continue
        for choice in _completions.decode(line[6:]).choices:
            text.append(choice.delta.content or "")
            has_reasoning = has_reasoning or bool(choice.delta.reasoning_content)
    return Answered(status=200, text="".join(text), has_reasoning=has_reasoning)


def _code(raw: bytes) -> str:
    try:
        error = _refusals.decode(raw).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return error.code or error.type or ""
