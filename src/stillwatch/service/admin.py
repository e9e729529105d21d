# SPDX-License-Identifier: Apache-2.0
"""The operators' port of the control process: health, metrics, the state of things, and the API behind a sign-in."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

CONTENT_TYPE_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def admin_app(
    *,
    is_ready: Callable[[], bool],
    metrics: Callable[[], bytes],
    status: Callable[[], dict[str, Any]],
    api: Sequence[Route] = (),
) -> Starlette:
    """Build the application.

    Args:
        is_ready: Whether detection runs and at least one worker has its standing.
        metrics: Everything counted, in Prometheus's text format.
        status: The state of detection, cases and workers, as plain JSON values.
        api: What is there besides, for those who sign in.
    """

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        return PlainTextResponse("ready\n") if is_ready() else PlainTextResponse("not ready\n", status_code=503)

    async def metrics_page(_request: Request) -> Response:
        return Response(metrics(), media_type=CONTENT_TYPE_PROMETHEUS)

    async def status_page(_request: Request) -> Response:
        return Response(msgspec.json.encode(status()), media_type="application/json")

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics_page),
            Route("/status", status_page),
            *api,
        ]
    )
