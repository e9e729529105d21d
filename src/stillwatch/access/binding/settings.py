# SPDX-License-Identifier: Apache-2.0
"""What an operator can set about binding credentials to their holders."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

Seconds = Annotated[int, Field(ge=5, le=3_600)]


class BindingSettings(BaseModel):
    """The ``[access.binding]`` table."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    public_urls: tuple[str, ...] = ()
    """The URLs that callers reach this gateway by, such as ``https://api.example.com``. Signed requests and assertions
    must name one of them. Without any, none is accepted: what was signed for another service could be used here."""

    from_tier: int | None = Field(default=None, ge=0, le=9)
    """The tier from which an organisation's keys must be bound to a key pair or a certificate. A key that is not is
    refused. Unset: no key needs to be bound; one that is may never be used without its proof."""

    proof_seconds: Seconds = 60
    """How far a signed request's time may lie from ours."""

    nonce_seconds: Seconds = 300
    """How long a nonce given to a caller can be signed."""

    token_seconds: Seconds = 600
    """How long an access token lasts that a client got for its assertion."""

    assertion_seconds: Annotated[int, Field(ge=60, le=86_400)] = 3_600
    """Longest life of what a partner asserts about a person. A longer one is refused."""

    @field_validator("public_urls")
    @classmethod
    def _are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            parts = urlsplit(value)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
                raise ValueError("a public URL must begin with http:// or https://, name a host and hold no query")
        return tuple(value.rstrip("/") for value in values)
