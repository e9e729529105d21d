# SPDX-License-Identifier: Apache-2.0
"""The proxy one writes in an afternoon: Starlette in front, httpx behind, nothing in between."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx  # type: ignore[import-not-found] # it lives in an environment of its own
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

UPSTREAM = os.environ.get("BENCH_UPSTREAM", "")
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=1_000, max_keepalive_connections=1_000)
    async with httpx.AsyncClient(base_url=UPSTREAM, limits=limits, timeout=60) as client:
        app.state.client = client
        yield


async def forward(request: Request) -> Response:
    client: httpx.AsyncClient = request.app.state.client
    headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
    upstream = await client.send(
        client.build_request(request.method, request.url.path, headers=headers, content=await request.body()),
        stream=True,
    )
    passed = {name: value for name, value in upstream.headers.items() if name not in HOP_BY_HOP}
    if upstream.headers.get("content-type", "").startswith("text/event-stream"):
        return StreamingResponse(pieces(upstream), status_code=upstream.status_code, headers=passed)
    body = await upstream.aread()
    await upstream.aclose()
    return Response(body, status_code=upstream.status_code, headers=passed)


async def pieces(upstream: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in upstream.aiter_raw():
            yield piece
    finally:
        await upstream.aclose()


app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])], lifespan=lifespan)
