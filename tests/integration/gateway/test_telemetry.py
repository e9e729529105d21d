# SPDX-License-Identifier: Apache-2.0
"""Spans follow the GenAI conventions and say nothing of what was said."""

import subprocess
import sys

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stillwatch.gateway.settings import OtelSettings
from stillwatch.gateway.telemetry import Tracer, attributes, open_tracer
from stillwatch.records.exchange import Exchange, Outcome

EXCHANGE = Exchange(
    exchange_id="ex_1",
    ts_us=1,
    org_id="o",
    account_id="a",
    model="m",
    prompt="a secret",
    system="another secret",
    response="a third",
    endpoint="messages",
    input_tokens=3,
    output_tokens=4,
    status=200,
)


def test_attributes_have_the_conventions_names() -> None:
    said = attributes(EXCHANGE)
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.provider.name"] == "anthropic"
    assert said["gen_ai.request.model"] == "m"
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (3, 4)
    assert "error.type" not in said


def test_no_text_is_in_a_span() -> None:
    assert not any("secret" in str(value) or "third" in str(value) for value in attributes(EXCHANGE).values())


def test_a_span_continues_the_callers_trace() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = Tracer(provider)
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    refused = Exchange(
        exchange_id="ex_2", ts_us=1, org_id="o", account_id="a", model="m", prompt="", outcome=Outcome.REFUSED
    )
    tracer.note(EXCHANGE, traceparent=parent, started_ns=10, ended_ns=30)
    tracer.note(refused, traceparent="nonsense", started_ns=10, ended_ns=30)
    first, second = exporter.get_finished_spans()
    assert first.name == "chat m"
    assert first.context is not None
    assert format(first.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert (first.start_time, first.end_time) == (10, 30)
    assert second.attributes is not None
    assert second.attributes["error.type"] == "refused"
    assert not second.status.is_ok
    tracer.close()


def test_tracing_is_off_unless_asked_for() -> None:
    assert open_tracer(OtelSettings()) is None


def test_nothing_of_opentelemetry_is_imported_while_it_is_off() -> None:
    script = (
        "import sys; from stillwatch.gateway.telemetry import open_tracer; "
        "from stillwatch.gateway.settings import OtelSettings; open_tracer(OtelSettings()); "
        "import stillwatch.gateway.server; "
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
