# SPDX-License-Identifier: Apache-2.0
"""The frame of the operators' HTTP API: an endpoint as data, signing in, errors as JSON, and its OpenAPI document."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from stillwatch.errors import BadInput, IntegrityError, SettingsError, StillwatchError, Unavailable

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a request's body."""

_STATUS: tuple[tuple[type[StillwatchError], int], ...] = (
    (BadInput, 400),
    (Unavailable, 503),
    (IntegrityError, 500),
    (SettingsError, 500),
)
_log = logging.getLogger("stillwatch.admin")


class SignIn(Protocol):
    """Says who a request is from. A token here; a session of an identity provider elsewhere."""

    def __call__(self, headers: Mapping[str, str]) -> str | None:
        """The name that decisions are signed with; None for nobody.

        Raises:
            Unavailable: It cannot be said now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who signed in."""

    by: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    """Decoded to the endpoint's type; None where it takes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation."""

    method: str
    path: str
    """With its parameters in braces."""
    name: str
    """Of the operation, unique."""
    summary: str
    run: Callable[[Call], Any]
    """Does it. It runs in a thread of its own, and may block."""
    answers: Any
    """The type of what it gives."""
    takes: Any = None
    """The type of the body."""
    query: Mapping[str, str] | None = None
    """Its query parameters and what each means."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, and how to mend it."""

    error: str
    hint: str = ""


def routes(endpoints: Sequence[Endpoint], sign_in: SignIn, *, title: str, prefix: str) -> list[Route]:
    """The routes of an API, and of the document that describes it. Nothing of it is there without signing in.

    Args:
        endpoints: What it can do.
        sign_in: Says who asks.
        title: Of the document.
        prefix: Under which the document is found, at ``openapi.json``.
    """
    document = msgspec.json.format(msgspec.json.encode(openapi(endpoints, title=title)), indent=2)
    described = Endpoint(
        method="GET",
        path=f"{prefix}/openapi.json",
        name="describe",
        summary="This document.",
        run=lambda _call: msgspec.Raw(document),
        answers=dict[str, Any],
    )
    return [
        Route(one.path, _handler(one, sign_in), methods=[one.method], name=one.name) for one in (*endpoints, described)
    ]


def openapi(endpoints: Sequence[Endpoint], *, title: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of endpoints."""
    types = [kind for one in endpoints for kind in (one.takes, one.answers) if kind is not None]
    schemas, components = msgspec.json.schema_components([*types, Fault], ref_template="#/components/schemas/{name}")
    by_type = dict(zip(map(repr, [*types, Fault]), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def bearer(signed_in: Callable[[str], str | None]) -> SignIn:
    """Sign in by ``Authorization: Bearer TOKEN``.

    Args:
        signed_in: The name that a token stands for, or None.
    """

    def sign_in(headers: Mapping[str, str]) -> str | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return signed_in(token.strip()) if scheme.lower() == "bearer" else None

    return sign_in


def _operation(one: Endpoint, by_type: Mapping[str, Any]) -> dict[str, Any]:
    fault = {"content": {"application/json": {"schema": by_type[repr(Fault)]}}}
    text = {"type": "string"}
    in_path = [name.strip("{}") for name in one.path.split("/") if name.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": text} for name in in_path]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": text, "description": meaning}
        for name, meaning in (one.query or {}).items()
    ]
    operation: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": by_type[repr(one.answers)]}},
            },
            "400": {"description": "The request is at fault; nothing was changed."} | fault,
            "401": {"description": "Nobody signed in."} | fault,
            "503": {"description": "It cannot be done now; nothing was changed."} | fault,
        },
    }
    if one.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": by_type[repr(one.takes)]}},
        }
    return operation


def _handler(one: Endpoint, sign_in: SignIn) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        try:
            by = await asyncio.to_thread(sign_in, request.headers)
            if by is None:
                _log.warning("nobody signed in: %s %s", request.method, request.url.path)
                return _answer(401, Fault(error="Nobody is signed in.", hint="Send a token: Authorization: Bearer …"))
            unknown = request.query_params.keys() - (one.query or {}).keys()
            if unknown:
                raise BadInput(f"The query has no parameter {min(unknown)[:80]!a}.")
            body = None if one.takes is None else _decoded(await _body(request), one.takes)
            call = Call(by=by, path=request.path_params, query=dict(request.query_params), body=body)
            return _answer(200, await asyncio.to_thread(one.run, call))
        except StillwatchError as error:
            status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
            if status >= 500:
                _log.error("%s %s: %s", request.method, request.url.path, error)
            return _answer(status, Fault(error=error.args[0], hint=error.hint))

    return handle


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "application/json").partition(";")[0].strip().lower() != "application/json":
        raise BadInput("The body is not JSON.", hint="Send it as application/json.")
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > MAX_BODY:
                raise BadInput(f"The body is longer than {MAX_BODY // 1024 // 1024} MB.", hint="Send less at once.")
    except ClientDisconnect:
        raise BadInput("The body was cut short.") from None
    return bytes(found)


def _decoded(body: bytes, kind: Any) -> Any:
    """The body as its type. Types that are read with care of their own take plain values."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        # ASCII alone: what is told back may hold what the sender put in.
        raise BadInput(f"The body cannot be read: {ascii(str(error))[1:-1]}.") from None


def _answer(status: int, value: Any) -> Response:
    headers = {"cache-control": "no-store"} | ({"www-authenticate": "Bearer"} if status == 401 else {})
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json", headers=headers)
