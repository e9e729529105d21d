# SPDX-License-Identifier: Apache-2.0
"""A gateway behind its own server in the test's own event loop, with a gate and a recorder that tests can look into."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fakes.gate import DictGate, ListRecorder
from stillwatch.gateway.adapters.inbound_server import InboundServer, listen
from stillwatch.gateway.adapters.upstream_httptools import HttptoolsUpstream
from stillwatch.gateway.interface import Upstream, Witness
from stillwatch.gateway.meters import Meters
from stillwatch.gateway.server import Gateway
from stillwatch.gateway.settings import GatewaySettings, ModelSettings, UpstreamSettings
from stillwatch.records.exchange import Exchange

NOW_US = 1_790_000_000_000_000
OPENAI_KEY = "upstream-credential-openai"
ANTHROPIC_KEY = "upstream-credential-anthropic"
FAULTY = ("status:429", "status:500", "stall", "close-early", "garbage")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(kw_only=True)
class World:
    """A running gateway and what stands around it."""

    port: int
    gateway: Gateway
    gate: DictGate
    recorder: ListRecorder
    meters: Meters
    upstreams: Mapping[str, Upstream]

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://127.0.0.1:{self.port}"


def make_world(
    upstream_url: str,
    *,
    settings: GatewaySettings | None = None,
    upstream: Mapping[str, Any] | None = None,
    tracer: Witness | None = None,
    environment: Mapping[str, str] | None = None,
) -> World:
    """A gateway that nobody listens for yet."""
    options: dict[str, Any] = {
        "connect_timeout_seconds": 1.0,
        "first_byte_timeout_seconds": 5.0,
        "idle_timeout_seconds": 1.0,
    }
    options |= upstream or {}
    upstreams = {
        "o": UpstreamSettings(base_url=upstream_url, credential_env="OPENAI_KEY", **options),
        "a": UpstreamSettings(base_url=upstream_url, credential_env="ANTHROPIC_KEY", dialect="anthropic", **options),
        "nowhere": UpstreamSettings(base_url="http://127.0.0.1:1/v1", **options),
    }
    models = {
        "small": ModelSettings(upstream="o"),
        "renamed": ModelSettings(upstream="o", name="upstream/name-of-it"),
        "claude": ModelSettings(upstream="a"),
        "gone": ModelSettings(upstream="nowhere"),
    }
    for fault in FAULTY:
        models[fault] = ModelSettings(upstream="o", name=f"fault:{fault}")
        models[f"claude {fault}"] = ModelSettings(upstream="a", name=f"fault:{fault}")
    gate, recorder, meters = DictGate(), ListRecorder(), Meters()

    def sketcher(exchange: Exchange) -> bytes:
        return b"sketch of " + exchange.prompt.encode()[:20]

    clients: dict[str, Upstream] = {
        name: HttptoolsUpstream(
            each.base_url,
            connect_timeout_seconds=each.connect_timeout_seconds,
            first_byte_timeout_seconds=each.first_byte_timeout_seconds,
            idle_timeout_seconds=each.idle_timeout_seconds,
            max_connections=each.max_connections,
        )
        for name, each in upstreams.items()
    }
    gateway = Gateway(
        settings=settings or GatewaySettings(),
        models=models,
        upstream_settings=upstreams,
        gate=gate,
        recorder=recorder,
        sketcher=sketcher,
        upstreams=clients,
        now_us=lambda: NOW_US,
        meters=meters,
        tracer=tracer,
        is_ready=lambda: recorder.is_writable,
        environment={"OPENAI_KEY": OPENAI_KEY, "ANTHROPIC_KEY": ANTHROPIC_KEY, **(environment or {})},
    )
    return World(
        port=0,
        gateway=gateway,
        gate=gate,
        recorder=recorder,
        meters=meters,
        upstreams=clients,
    )


@asynccontextmanager
async def listening(world: World, *, max_connections: int = 100, tick_seconds: float = 1.0) -> AsyncIterator[World]:
    """Listen for a world's gateway."""
    listener = listen("127.0.0.1:0")
    world.port = listener.getsockname()[1]
    server = InboundServer(world.gateway, listener, max_connections=max_connections, tick_seconds=tick_seconds)
    try:
        yield world
    finally:
        await server.abort()
        for upstream in world.upstreams.values():
            await upstream.aclose()
        # The loop closes a transport's socket one turn later.
        await asyncio.sleep(0.01)
