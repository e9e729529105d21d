# SPDX-License-Identifier: Apache-2.0
"""What the access gate answers: a grant, or a denial with its reason. Both are values; neither is an error."""

from enum import StrEnum

import msgspec

from stillwatch.records.binding import Binding, ExportClass
from stillwatch.records.standing import Rung


class TextPolicy(StrEnum):
    """What is kept of an organisation's prompts and answers."""

    KEEP = "keep"
    HASH = "hash"
    DROP = "drop"


class Wanted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a caller wants to do, as far as access policies look at it."""

    model: str
    stream: bool = False
    reasoning: bool = False
    logprobs: bool = False
    country: str | None = None
    """Country of the caller's address, ISO 3166-1 alpha-2, where a trusted proxy has said it."""
    is_hosted: bool | None = None
    """Whether that address belongs to a host, proxy or VPN, where a trusted proxy has said it."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What the access policy decided, for the record."""

    rules: str
    """Ids of the rules that decided, separated by spaces. Empty: no rule permits it."""
    facts: str
    """``name=digest`` of the rules and of each fact and list used, separated by spaces."""


class Grant(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The caller is known and may go on."""

    key_id: str
    org_id: str
    account_id: str
    rung: Rung = Rung.GOOD
    text_policy: TextPolicy = TextPolicy.KEEP
    payment_fp: str | None = None
    signup_ts_us: int | None = None
    route: str | None = None
    tier: int = 0
    """At which its organisation is approved; 0 where it is not vetted."""
    binding: Binding = Binding.BEARER
    """How the request was bound to the key's holder."""
    person_class: ExportClass = ExportClass.UNATTESTED
    """What a verified assertion says of the person behind the request, for export control."""
    person: str | None = None
    """The pseudonym that the assertion gives them."""
    verdict: Verdict | None = None
    """None where no policy is in force, or none was asked yet."""


class Issued(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An access token that a client got for proving who it is."""

    text: str
    scheme: str
    """With which it must be sent: ``DPoP`` or ``Bearer``."""
    seconds: int
    """How long it lasts."""


class Denial(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The caller may not go on."""

    code: str
    """Machine-readable reason: ``missing_api_key``, ``invalid_api_key``, ``revoked_api_key``, ``expired_api_key``,
    ``address_not_allowed``, ``model_not_allowed``, ``verification_required``, ``account_suspended``,
    ``organisation_inactive``, ``organisation_not_vetted``, ``account_inactive``, ``binding_required``,
    ``invalid_dpop_proof``, ``use_dpop_nonce``, ``key_not_bound``, ``certificate_required``, ``invalid_token``,
    ``invalid_client_assertion``, ``invalid_person_assertion``, ``binding_unavailable``."""
    status: int
    """HTTP status: 401 where the key is not good, 403 where it is but may not do this."""
    message: str
    """One sentence that the caller is shown."""
    key_id: str | None = None
    org_id: str | None = None
    account_id: str | None = None
    rung: Rung = Rung.GOOD
    verdict: Verdict | None = None
    """What the access policy decided, where it was asked."""
    headers: tuple[tuple[str, str], ...] = ()
    """What the answer must carry beside its body: a challenge, a nonce."""
    noted: str | None = None
    """What the record says in the place of ``code``, where the caller must not learn it: ``honey_key``."""
