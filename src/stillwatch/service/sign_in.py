# SPDX-License-Identifier: Apache-2.0
"""Signing in to administer: with a token of our own, or with one of the operator's identity provider."""

from collections.abc import Callable

from sqlalchemy import Engine

from stillwatch.access import jws
from stillwatch.access.adapters.oidc_provider import OidcProvider
from stillwatch.access.identity import ALGORITHMS, administrator_in
from stillwatch.service.offices import open_administrators, open_clock_of
from stillwatch.settings import Settings


def open_sign_in(settings: Settings, *, engine: Engine) -> Callable[[str], str | None]:
    """Gives the administrator's name that a bearer's token stands for, or None.

    Where the provider cannot be asked, its tokens raise ``Unavailable``; tokens of our own go on working, so that an
    outage of it locks nobody out who holds one.

    Args:
        settings: Which provider, if any.
        engine: The database with our own administrators.
    """
    own = open_administrators(settings, engine=engine).signed_in
    chosen, now_us = settings.access.sign_in, open_clock_of(settings)
    if chosen.issuer is None:
        return own
    provider = OidcProvider(chosen.issuer)

    def signed_in(token: str) -> str | None:
        if token.count(".") != 2:
            return own(token)
        try:
            key_id = jws.read(token, algorithms=ALGORITHMS).header.get("kid")
        except ValueError:
            return None
        keys = provider.keys(key_id if isinstance(key_id, str) else None)
        return administrator_in(token, keys, chosen, now_us=now_us())

    return signed_in
