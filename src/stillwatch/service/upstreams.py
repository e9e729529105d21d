# SPDX-License-Identifier: Apache-2.0
"""A pool of connections for each upstream the settings name."""

from stillwatch.gateway.adapters.upstream_aiohttp import AiohttpUpstream
from stillwatch.gateway.adapters.upstream_httptools import HttptoolsUpstream
from stillwatch.gateway.interface import Upstream
from stillwatch.settings import Settings

CLIENTS = {"httptools": HttptoolsUpstream, "aiohttp": AiohttpUpstream}


def open_upstreams(settings: Settings) -> dict[str, Upstream]:
    """Name of the upstream to its pool. Nothing is connected yet."""
    return {
        name: CLIENTS[upstream.client](
            upstream.base_url,
            connect_timeout_seconds=upstream.connect_timeout_seconds,
            first_byte_timeout_seconds=upstream.first_byte_timeout_seconds,
            idle_timeout_seconds=upstream.idle_timeout_seconds,
            max_connections=upstream.max_connections,
        )
        for name, upstream in settings.upstreams.items()
    }
