# SPDX-License-Identifier: Apache-2.0
"""What the operator decides about the data plane. One TOML file holds it; unknown names are errors."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DialectName = Literal["openai", "anthropic"]

Seconds = Annotated[float, Field(gt=0, le=86_400)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class UpstreamSettings(_Table):
    """One model server: ``[upstreams.NAME]``."""

    base_url: str
    """Where it listens, up to and including its version, such as ``http://127.0.0.1:8000/v1``."""
    dialect: DialectName = "openai"
    """The dialect it speaks. Requests are never translated from one dialect into the other."""
    credential_env: str | None = None
    """Name of the environment variable that holds its API key. At most one of this and ``credential_file``."""
    credential_file: Path | None = None
    """File that holds its API key, surrounding white space ignored."""
    client: Literal["httptools", "aiohttp"] = "httptools"
    """The HTTP client: our own, or aiohttp where the way there leads through a proxy."""
    connect_timeout_seconds: Seconds = 5.0
    """Longest wait for a connection, TLS included."""
    first_byte_timeout_seconds: Seconds = 600.0
    """Longest wait from the request's last byte to the answer's head."""
    idle_timeout_seconds: Seconds = 300.0
    """Longest silence within an answer."""
    ask_usage: bool = True
    """Ask streamed chat and text completions for their token usage. Set to false where the server refuses
    ``stream_options``; tokens are then counted from the chunks."""
    max_connections: Annotated[int, Field(ge=1, le=65_535)] = 1_000
    """Most connections to it from one worker; further requests wait for one."""

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("base_url must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("base_url must hold no credential, query or fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _has_one_credential(self) -> Self:
        if self.credential_env is not None and self.credential_file is not None:
            raise ValueError("give credential_env or credential_file, not both")
        return self


class ModelSettings(_Table):
    """One model that callers may name: ``[models."NAME"]``."""

    upstream: str
    """The upstream that serves it: a name under ``[upstreams]``."""
    name: str | None = None
    """What the upstream calls it; by default what callers call it."""


class TrustedProxySettings(_Table):
    """Whose word about the caller is taken: ``[gateway.trusted_proxies]``."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks of the proxies in front. From anywhere else, the headers below are ignored."""
    asn_header: HeaderName | None = None
    """Header in which they name the caller's autonomous system."""
    country_header: HeaderName | None = None
    """Header in which they name the country of the caller's address."""
    hosting_header: HeaderName | None = None
    """Header in which they say whether the caller's address belongs to a host, proxy or VPN: ``yes`` or ``no``.
    Anything else, and no header, is not known, which no rule of access reads as good."""
    ja4_header: HeaderName | None = None
    """Header in which they give the caller's TLS fingerprint."""
    certificate_header: HeaderName | None = None
    """Header in which they give the client certificate that they verified, or its SHA-256: RFC 9440's form, escaped
    PEM, Envoy's ``x-forwarded-client-cert``, or hex. They must remove it from what callers send."""


class AuthzSettings(_Table):
    """Answering other gateways: ``[gateway.authz]``."""

    evaluation: bool = False
    """Answer AuthZEN's ``POST /access/v1/evaluation``."""
    ext_authz: bool = False
    """Answer Envoy's ext_authz HTTP checks below ``/ext_authz``."""
    operator_credential_env: str | None = None
    """Environment variable with the credential that lets a caller ask about a key it does not itself present."""


class OtelSettings(_Table):
    """OpenTelemetry: ``[gateway.otel]``. Needs the ``otel`` extra."""

    enabled: bool = False
    """Export one span an exchange, named by the GenAI semantic conventions; never a prompt or an answer."""
    endpoint: str | None = None
    """OTLP/HTTP traces endpoint; by default what the ``OTEL_EXPORTER_OTLP_*`` variables say."""
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Share of exchanges sampled where the caller's ``traceparent`` does not decide."""


class GatewaySettings(_Table):
    """The data plane: ``[gateway]``. ``[upstreams]`` and ``[models]`` stand beside it."""

    listen: str = "127.0.0.1:8080"
    """Address and port to listen on."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Processes that serve requests."""
    max_concurrent: Annotated[int, Field(ge=1, le=65_535)] = 2_048
    """Most requests that one worker takes at once; further ones wait in the kernel's queue."""
    body_limit_bytes: Annotated[int, Field(ge=1_024, le=1 << 30)] = 32 << 20
    """Largest request body; a larger one is refused with 413."""
    answer_limit_bytes: Annotated[int, Field(ge=1_024, le=1 << 30)] = 64 << 20
    """Largest answer that is not streamed; a larger one is refused with 502. Streams have no limit."""
    body_timeout_seconds: Seconds = 30.0
    """Longest wait for a whole request body; a slower one is refused with 408."""
    client_stall_seconds: Seconds = 120.0
    """Longest wait for a caller to take a chunk of its stream; then it counts as gone."""
    keep_answers: bool = True
    """Keep the answer's text in the record, where the organisation's text policy is ``keep``."""
    answer_text_limit: Annotated[int, Field(ge=0, le=16 << 20)] = 256 << 10
    """Most characters of an answer's text that the record keeps."""
    drain_seconds: Seconds = 30.0
    """Longest wait for exchanges under way when told to stop."""
    trusted_proxies: TrustedProxySettings = TrustedProxySettings()
    """Proxies in front whose ``X-Forwarded-For`` is believed."""
    authz: AuthzSettings = AuthzSettings()
    """Answers to other gateways; all off by default."""
    otel: OtelSettings = OtelSettings()
    """OpenTelemetry; off by default."""
