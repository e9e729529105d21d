# SPDX-License-Identifier: Apache-2.0
"""Checks a client's assertion of who it is, for which it gets an access token.

Source:
    RFC 7523, sections 2.2 and 3; the client's id is the id of an API key that was made for a client.
"""

from collections.abc import Callable
from typing import Final

from stillwatch.access import jws
from stillwatch.access.binding.claims import LONGEST_TOKEN, instant_in, text_in
from stillwatch.access.binding.places import Places
from stillwatch.access.binding.public_key import ALGORITHMS, key_of, thumbprint
from stillwatch.access.binding.replay import SLACK_US, Claim, ReplayTable

TOKEN_PATH: Final = "/access/v1/token"  # noqa: S105 - a path
LONGEST_LIFE_US: Final = 300_000_000
"""From now to its expiry: so long its id is remembered."""


def check_assertion(
    token: str, client_key: Callable[[str], str | None], places: Places, replay: ReplayTable, *, now_us: int
) -> str:
    """Check an assertion, use it up, and give the id of the client that made it.

    Args:
        token: The JWT.
        client_key: Gives the public key of a client, canonical; None where there is no such client.
        places: Where the gateway is: what the assertion must be made for.
        replay: What was used already.
        now_us: The instant.

    Raises:
        ValueError: It does not hold. The message ends a sentence, as those of ``jws`` do.
    """
    if len(token) > LONGEST_TOKEN:
        raise ValueError("is too long")
    _, unproved = jws.read(token, algorithms=ALGORITHMS)
    client = text_in(unproved, "sub")
    known = client_key(client)
    if known is None:
        # In the same words as a wrong signature, so that nobody learns which clients there are.
        raise ValueError("is not signed by a key of its issuer")
    _, claims = jws.verified(token, [key_of(known)], algorithms=ALGORITHMS)
    if text_in(claims, "iss") != client:
        raise ValueError("was made by one client for another")
    if not places.is_audience(claims.get("aud"), TOKEN_PATH):
        raise ValueError("was made for another service")
    expires_us, made_us = instant_in(claims, "exp"), instant_in(claims, "iat")
    not_before_us = instant_in(claims, "nbf") if "nbf" in claims else made_us
    if expires_us <= now_us:
        raise ValueError("has expired")
    if expires_us - now_us > LONGEST_LIFE_US + SLACK_US:
        raise ValueError(f"lasts longer than {LONGEST_LIFE_US // 1_000_000} seconds")
    if max(made_us, not_before_us) > now_us + SLACK_US:
        raise ValueError("is not valid yet")
    if made_us < replay.floor_us(now_us):
        # Used or not: what was used before the gateway began, or before its clock was set back, is not remembered.
        raise ValueError("was made before the gateway began to remember which were used")
    name = f"client\n{thumbprint(known)}\n{text_in(claims, 'jti')}".encode()
    if replay.claim(name, until_us=expires_us, now_us=now_us) is not Claim.NEW:
        raise ValueError("was used before")
    return client
