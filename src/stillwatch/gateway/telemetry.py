# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry spans by the GenAI semantic conventions: one an exchange, never a prompt or an answer.

Off by default, and then nothing of OpenTelemetry is imported. The conventions are still in development; their names
stand in this file alone.

Source:
    OpenTelemetry semantic conventions for generative AI, spans (gen_ai.*), and for HTTP.
"""

import logging
from typing import TYPE_CHECKING

from stillwatch.errors import SettingsError
from stillwatch.gateway.interface import Witness
from stillwatch.gateway.settings import OtelSettings
from stillwatch.records.exchange import Exchange, Outcome

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_log = logging.getLogger("stillwatch.gateway")

OPERATIONS = {
    "chat.completions": "chat",
    "responses": "chat",
    "messages": "chat",
    "completions": "text_completion",
    "embeddings": "embeddings",
}
"""``gen_ai.operation.name`` by endpoint."""


def attributes(exchange: Exchange) -> dict[str, str | int | float | bool]:
    """What a span says of an exchange."""
    endpoint = exchange.endpoint or "unknown"
    found: dict[str, str | int | float | bool | None] = {
        "gen_ai.operation.name": OPERATIONS.get(endpoint, endpoint),
        "gen_ai.provider.name": "anthropic" if endpoint.startswith("messages") else "openai",
        "gen_ai.request.model": exchange.model,
        "gen_ai.request.temperature": exchange.temperature,
        "gen_ai.request.max_tokens": exchange.max_tokens,
        "gen_ai.request.stream": exchange.stream,
        "gen_ai.conversation.id": exchange.conversation_id,
        "gen_ai.usage.input_tokens": exchange.input_tokens,
        "gen_ai.usage.output_tokens": exchange.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": exchange.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": exchange.reasoning_tokens,
        "http.response.status_code": exchange.status,
        "error.type": None if exchange.outcome is Outcome.COMPLETED else exchange.refusal or exchange.outcome.value,
        "stillwatch.exchange.id": exchange.exchange_id,
        "stillwatch.organisation.id": exchange.org_id,
        "stillwatch.outcome": exchange.outcome.value,
        "stillwatch.rung": exchange.rung,
    }
    return {name: value for name, value in found.items() if value is not None}


class Tracer:
    """See ``Witness``.

    Args:
        provider: OpenTelemetry's side, exporter and sampler in it.
    """

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("stillwatch.gateway")

    def note(self, exchange: Exchange, *, traceparent: str | None, started_ns: int, ended_ns: int) -> None:
        """See ``Witness``."""
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - only where tracing is on
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - as above
            TraceContextTextMapPropagator,
        )

        try:
            carrier = {"traceparent": traceparent} if traceparent else {}
            context = TraceContextTextMapPropagator().extract(carrier)
            said = attributes(exchange)
            name = f"{said['gen_ai.operation.name']} {exchange.model}"
            span = self._tracer.start_span(
                name, context=context, kind=SpanKind.SERVER, start_time=started_ns, attributes=said
            )
            if exchange.outcome is not Outcome.COMPLETED:
                span.set_status(StatusCode.ERROR)
            span.end(ended_ns)
        except Exception:  # noqa: BLE001 - whatever a tracer raises
            # Failing open: a trace is never worth an answer.
            _log.exception("exchange %s: no span could be made", exchange.exchange_id)

    def close(self) -> None:
        """Send what has gathered."""
        self._provider.shutdown()


def open_tracer(settings: OtelSettings) -> Witness | None:
    """A tracer as the settings have it, or None where tracing is off.

    Raises:
        SettingsError: Tracing is on and the ``otel`` extra is not installed.
    """
    if not settings.enabled:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - see above
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "gateway.otel is enabled, but OpenTelemetry is not installed.",
            hint="Install it with `pip install stillwatch[otel]`.",
        ) from None
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(settings.sample_ratio),
        resource=Resource.create({"service.name": "stillwatch"}),
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.endpoint)))
    return Tracer(provider)
