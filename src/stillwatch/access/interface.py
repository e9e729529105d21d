# SPDX-License-Identifier: Apache-2.0
"""What this area needs from the world: a directory of organisations, accounts and API keys, and of administrators."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import msgspec

from stillwatch.access.api_key import NewKey
from stillwatch.access.snapshot import KeyEntry
from stillwatch.records.grant import TextPolicy
from stillwatch.records.standing import Standing


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """A legal entity that is billed and owns accounts."""

    org_id: str
    name: str
    active: bool
    text_policy: TextPolicy
    created_us: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What owns API keys, and has a standing."""

    account_id: str
    org_id: str
    name: str
    active: bool
    payment_fp: str | None
    route: str | None
    created_us: int
    verified_us: int | None
    verified_by: str | None
    standing: Standing


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of an API key: everything but the key."""

    key_id: str
    account_id: str
    org_id: str
    label: str
    created_us: int
    expires_us: int | None
    revoked_us: int | None
    models: tuple[str, ...] | None
    cidrs: tuple[str, ...] | None
    scopes: tuple[str, ...] | None = None
    jkt: str | None = None
    x5t: str | None = None
    client_jkt: str | None = None
    """Thumbprint of the public key with which its holder gets access tokens."""
    is_honey: bool = False
    replaced_by: str | None = None
    """The key that it was rotated to."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What an API key is bound to; see ``snapshot.KeyEntry``."""

    jkt: str | None = None
    x5t: str | None = None
    client_jwk: str | None = None
    """Canonical; see ``binding.public_key``."""


UNBOUND = Enrolment()


class AssertionKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that an organisation signs assertions about persons with."""

    org_id: str
    thumbprint: str
    jwk: str
    label: str
    trusted_us: int


class Changes(NamedTuple):
    """What changed since a version."""

    version: int
    """What the entries bring a keyring up to."""
    entries: tuple[KeyEntry, ...]
    removed: tuple[str, ...]


class Directory(Protocol):
    """The organisations, their accounts and their keys.

    Every change is one transaction. Every method raises ``BadInput`` for a value that cannot be used or an id that
    does not exist (or exists already), and ``Unavailable`` where the directory cannot be reached.
    """

    def create_organisation(
        self, *, name: str, org_id: str | None = None, text_policy: TextPolicy = TextPolicy.KEEP, now_us: int
    ) -> Organisation:
        """Add an organisation; an id is made up where none is given."""
        ...

    def organisations(self) -> tuple[Organisation, ...]:
        """All of them, oldest first."""
        ...

    def organisation(self, org_id: str) -> Organisation:
        """One of them."""
        ...

    def set_organisation(
        self,
        org_id: str,
        *,
        name: str | None = None,
        text_policy: TextPolicy | None = None,
        active: bool | None = None,
    ) -> Organisation:
        """Change what is given and leave the rest. All keys of an inactive organisation are refused."""
        ...

    def create_account(
        self,
        *,
        org_id: str,
        name: str,
        account_id: str | None = None,
        payment_fp: str | None = None,
        route: str | None = None,
        now_us: int,
    ) -> Account:
        """Add an account to an active organisation; ``now_us`` becomes its time of sign-up."""
        ...

    def accounts(self, *, org_id: str | None = None) -> tuple[Account, ...]:
        """All accounts, or those of one organisation, oldest first."""
        ...

    def account(self, account_id: str) -> Account:
        """One account."""
        ...

    def set_account(self, account_id: str, *, active: bool) -> Account:
        """Close or reopen an account. All keys of an inactive account are refused."""
        ...

    def issue_key(
        self,
        account_id: str,
        *,
        label: str = "",
        models: Iterable[str] | None = None,
        cidrs: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        expires_us: int | None = None,
        enrolment: Enrolment = UNBOUND,
        is_honey: bool = False,
        now_us: int,
    ) -> NewKey:
        """Make a key for an active account. Its text exists only in what is returned.

        Of a client's key (``enrolment.client_jwk``) nobody may learn the text: its holder has a key pair instead.
        """
        ...

    def rotate_key(
        self,
        key_id: str,
        *,
        overlap_us: int,
        expires_us: int | None = None,
        enrolment: Enrolment | None = None,
        now_us: int,
    ) -> NewKey:
        """Make a successor of a good key, which may do what that one may; that one is refused after the overlap.

        Args:
            key_id: The key to replace.
            overlap_us: How long both work, microseconds.
            expires_us: When the successor stops working; None: after as long as the key was made for, if for a time.
            enrolment: What the successor is bound to; None: what the key is bound to.
            now_us: The instant.
        """
        ...

    def trust_key(self, org_id: str, jwk: str, *, label: str = "", now_us: int) -> AssertionKey:
        """Believe what an organisation signs with a key about persons. Saying it again changes the label.

        Args:
            org_id: The organisation.
            jwk: The public key, canonical; see ``binding.public_key``.
            label: What the key is for.
            now_us: The instant.
        """
        ...

    def trusted_keys(self, org_id: str) -> tuple[AssertionKey, ...]:
        """The keys that are trusted, oldest first."""
        ...

    def distrust_key(self, org_id: str, thumbprint: str, *, now_us: int) -> AssertionKey:
        """Believe it no more, within a second: not even what was signed before."""
        ...

    def identify(self, text: str) -> ApiKey | None:
        """The key that a text is, whether it still works or not; None where it is none of ours."""
        ...

    def api_keys(self, *, account_id: str | None = None) -> tuple[ApiKey, ...]:
        """All keys, or those of one account, oldest first."""
        ...

    def revoke_key(self, key_id: str, *, now_us: int) -> ApiKey:
        """Refuse a key from now on, for good. Revoking it again changes nothing."""
        ...

    def purge_keys(self, *, before_us: int) -> tuple[str, ...]:
        """Forget the keys that were revoked or ran out before an instant; return their ids."""
        ...

    def version(self) -> int:
        """The number of the last change. Asking costs one row."""
        ...

    def entries_since(self, version: int) -> Changes:
        """Every key whose entry changed after ``version``; 0 gives every key.

        Where the database is older than ``version`` (it was restored from a copy), every key is given, and the
        returned version is the smaller: the receiver must then begin with an empty keyring.
        """
        ...


class Administrator(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in to administer, by a token."""

    token_id: str
    name: str
    created_us: int
    revoked_us: int | None


class Administrators(Protocol):
    """Who may sign in with a token. The token itself is only in what ``create`` returns."""

    def create(self, name: str, *, now_us: int) -> tuple[Administrator, str]:
        """Make a token for somebody.

        Raises:
            BadInput: The name cannot be used, or has a token already: two people must not sign as one.
        """
        ...

    def all(self) -> tuple[Administrator, ...]:
        """Everybody, oldest first."""
        ...

    def revoke(self, token_id: str, *, now_us: int) -> Administrator:
        """Refuse a token from now on."""
        ...

    def signed_in(self, token: str) -> str | None:
        """The name that a token stands for; None where it stands for nobody.

        Cost: one look-up; a token that is not well formed costs none.
        """
        ...
