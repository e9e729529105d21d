# SPDX-License-Identifier: Apache-2.0
"""Real keys and a real keyring, made without a database."""

import hashlib

from fakes.replays import small_table
from stillwatch.access.api_key import ID_BYTES, SECRET_BYTES, Peppers, digest, new_key
from stillwatch.access.binding.binder import Binder
from stillwatch.access.binding.settings import BindingSettings
from stillwatch.access.keyring import Keyring
from stillwatch.access.snapshot import KeyEntry

PEPPER = hashlib.sha256(b"the pepper of the tests").digest()
PEPPERS = Peppers.of(PEPPER)


PUBLIC_URL = "https://api.example.com"
BINDING = BindingSettings(public_urls=(PUBLIC_URL,))


def empty_keyring() -> Keyring:
    """A keyring that knows the pepper and no key."""
    return Keyring(peppers=PEPPERS)


def binding_keyring(settings: BindingSettings = BINDING, *, buckets: int = 64) -> Keyring:
    """The same, which checks what keys are bound to."""
    binder = Binder(settings, small_table(buckets), PEPPERS)
    return Keyring(peppers=PEPPERS, binder=binder, bound_from_tier=settings.from_tier)


def entry_for(account_id: str, *, org_id: str = "org-1") -> tuple[str, KeyEntry]:
    """An API key of an account, the same each time, and the entry that makes it good."""
    seed = hashlib.sha512(account_id.encode()).digest()
    made = new_key(id_entropy=seed[:ID_BYTES], secret_entropy=seed[ID_BYTES : ID_BYTES + SECRET_BYTES])
    entry = KeyEntry(
        key_id=made.key_id,
        digest=digest(made.text, PEPPER),
        pepper_id=PEPPERS.current_id,
        org_id=org_id,
        account_id=account_id,
    )
    return made.text, entry
