# SPDX-License-Identifier: Apache-2.0
"""Who an identity provider says somebody is, and whether that somebody may administer.

Source:
    OpenID Connect Core 1.0, section 3.1.3.7 (validation of an ID token), for a token that came to us as a bearer's.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from joserfc.jwk import Key
from pydantic import BaseModel, ConfigDict, Field, field_validator

from stillwatch.access import jws
from stillwatch.access.binding.claims import instant_in, text_in
from stillwatch.access.binding.replay import SLACK_US

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""Asymmetric ones. OpenID providers sign with RS256 unless told otherwise."""
LONGEST_TOKEN: Final = 16_384


class SignInSettings(BaseModel):
    """The ``[access.sign_in]`` table: administrators who sign in through an OpenID provider."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    issuer: str | None = None
    """The provider's URL, as its tokens name it. Unset: administrators have tokens of our own alone."""
    audience: str = "stillwatch"
    """The client id that the provider knows this service by: tokens made for others are refused."""
    name_claim: Annotated[str, Field(min_length=1)] = "email"
    """The claim whose value signs what an administrator does. An ``email`` must be verified by the provider."""
    group_claim: Annotated[str, Field(min_length=1)] = "groups"
    """The claim that lists what somebody belongs to."""
    administrators: tuple[str, ...] = ()
    """The groups whose members may administer. Empty: nobody may, whoever signed in."""

    @field_validator("issuer")
    @classmethod
    def _is_safe(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        is_here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if parts.scheme != "https" and not (parts.scheme == "http" and is_here):
            raise ValueError("the issuer must begin with https://, since its keys are fetched from there")
        return value


def administrator_in(token: str, keys: Sequence[Key], settings: SignInSettings, *, now_us: int) -> str | None:
    """The name of the administrator whom a provider's token is about; None where it is no good, or about another.

    Args:
        token: The JWT.
        keys: The provider's.
        settings: Whose tokens, for whom, and who may administer.
        now_us: The instant.
    """
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        claims = jws.verified(token, keys, algorithms=ALGORITHMS).claims
        made_us, expires_us = instant_in(claims, "iat"), instant_in(claims, "exp")
        name = text_in(claims, settings.name_claim, longest=200)
    except ValueError:
        return None
    is_ours = claims.get("iss") == settings.issuer and _is_for(claims, settings.audience)
    is_now = made_us <= now_us + SLACK_US and now_us < expires_us
    is_verified = settings.name_claim != "email" or claims.get("email_verified") is True
    groups = claims.get(settings.group_claim)
    belongs = isinstance(groups, list) and any(group in settings.administrators for group in groups)
    return name if is_ours and is_now and is_verified and belongs else None


def _is_for(claims: Mapping[str, Any], audience: str) -> bool:
    """Whether a token was made for us; where it was made for others too, its ``azp`` must say that we asked for it."""
    named = claims.get("aud")
    if isinstance(named, list):
        return audience in named and (len(named) == 1 or claims.get("azp") == audience)
    return bool(named == audience)
