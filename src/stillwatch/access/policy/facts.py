# SPDX-License-Identifier: Apache-2.0
"""What policies may know of an organisation, a key, a person and a model: flat, total, versioned.

Flat and total, so that a policy never meets a gap: what is not known has a word for it (``unknown``), which no rule of
access may read as good. Each record has the number of its last change, which decisions are cached by, and the digest of
what it was made from, which decisions carry.
"""

from enum import StrEnum
from typing import Final

import msgspec

from stillwatch.access.periods import Period
from stillwatch.records.binding import Binding, ExportClass

SHAPE: Final = 1
"""Version of these records' shape. It is part of each decision's digest."""

UNKNOWN: Final = "unknown"
"""The word for a text that is not known."""
NOT_COUNTED: Final = -1
"""The number of hits where nobody has looked."""
ANY: Final = "*"
"""In a list of models or scopes: every one."""


class Vetting(StrEnum):
    """Where an organisation's vetting stands."""

    UNKNOWN = "unknown"
    APPLIED = "applied"
    SCREENING = "screening"
    REVIEW = "review"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Action(StrEnum):
    """What can be asked of a model."""

    INVOKE = "invoke"
    STREAM = "stream"
    REASONING = "reasoning"
    LOGPROBS = "logprobs"
    FINE_TUNE = "fine_tune"
    DOWNLOAD_WEIGHTS = "download_weights"
    ADMINISTER = "administer"


class Reseller(StrEnum):
    """How an organisation comes to the model."""

    UNKNOWN = "unknown"
    DIRECT = "direct"
    """By contract with the provider."""
    AUTHORISED = "authorised"
    """Through a reseller whose chain is disclosed and accepted."""
    UNDISCLOSED = "undisclosed"
    """Through somebody, and the chain is not disclosed whole."""


class Credential(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another's assurance that was recognised, by its scheme: ``soc2``, ``iso27001``, ``fedramp_high``."""

    scheme: str
    until_us: int | None = None
    """When it no longer counts; None: it does not run out by itself."""


class Licence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A licence or exception that lets an organisation do what a rule would otherwise bar."""

    rule: str
    """Id of the rule it lifts, of ownership or of policy."""
    until_us: int | None = None
    """When it runs out; None: it does not."""


class ScreenedList(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A list that an organisation was screened against, in the state that is in force."""

    name: str
    digest: str


class OrgFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of an organisation. What is left out is not known, and so not good."""

    org_id: str
    version: int
    """Number of the last change; a change of anything below makes it greater."""
    digest: str
    """Digest of the dossier, hits and lists that this was made from."""
    vetting: Vetting = Vetting.UNKNOWN
    tier: int = 0
    """The tier it is approved at, 0 (none) to 9."""
    vetted_until_us: int | None = None
    """When an approval runs out and counts as ``expired``; None: it does not by itself."""
    hq_country: str = UNKNOWN
    """Country of its headquarters, ISO 3166-1 alpha-2."""
    parent_countries: tuple[str, ...] = (UNKNOWN,)
    """Countries of its ultimate parents' headquarters, with ``unknown`` where a part of them is not known."""
    ownership_clear: tuple[str, ...] = ()
    """Rules of ownership that were applied and found nothing. A rule that stands in none of the four lists was not
    applied; one stands in one at most."""
    ownership_flagged: tuple[str, ...] = ()
    """Rules that do not bar it, but found a red flag: a minority stake or control by a listed party."""
    ownership_unresolved: tuple[str, ...] = ()
    """Rules that cannot be answered for want of a percentage, an owner or a country."""
    ownership_restricted: tuple[str, ...] = ()
    """Rules whose threshold is reached."""
    requirements: tuple[str, ...] = ()
    """The requirements inherited of owners, most restrictive first."""
    screened: tuple[ScreenedList, ...] = ()
    """Lists it was screened against. A list that has been loaded anew since is left out."""
    open_hits: int = NOT_COUNTED
    """Hits on lists that nobody has judged yet."""
    confirmed_hits: int = NOT_COUNTED
    """Hits that were found to be true."""
    credentials: tuple[Credential, ...] = ()
    terms: str = UNKNOWN
    """Version of the contract terms that it accepted."""
    models: tuple[str, ...] = ()
    """Models it may use by contract; ``*`` means every one."""
    uses: tuple[str, ...] = ()
    """Uses that the contract permits."""
    end_uses: tuple[str, ...] = (UNKNOWN,)
    """Uses that it stated."""
    reseller: Reseller = Reseller.UNKNOWN
    licences: tuple[Licence, ...] = ()


class KeyFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of an API key."""

    key_id: str
    account_id: str
    org_id: str
    version: int
    digest: str
    scopes: tuple[str, ...] = ()
    """Actions it was made for; ``*`` means every one."""
    models: tuple[str, ...] = ()
    """Models it was made for; ``*`` means every one."""
    binding: Binding = Binding.BEARER
    """The strongest binding that was enrolled."""


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of an account."""

    account_id: str
    org_id: str
    version: int
    digest: str


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a person, who has no name here: a pseudonym that the organisation chose."""

    person_id: str
    org_id: str
    version: int
    digest: str
    export_class: ExportClass = ExportClass.UNATTESTED
    roles: tuple[str, ...] = ()


class ControlClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model is controlled for a time: an ECCN such as ``4E091``, a class of the house, or ``none``."""

    control_class: str
    period: Period = Period()


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a model."""

    model: str
    version: int
    digest: str
    classes: tuple[ControlClass, ...] = ()
    """How it is controlled and when. Where none holds it is ``unknown``, which is no licence."""


Principal = KeyFacts | AccountFacts | PersonFacts | OrgFacts
"""Who asks."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one request beside who asks for what."""

    country: str = UNKNOWN
    """Country of the network address, ISO 3166-1 alpha-2."""
    hosting: str = UNKNOWN
    """``yes`` where the address belongs to a host, proxy or VPN; ``no``; ``unknown``."""
    binding: Binding = Binding.BEARER
    """How this request was in fact bound."""
    person_class: ExportClass = ExportClass.UNATTESTED
    """What a verified assertion says of the person behind the request."""
    standing: int = 4
    """The account's rung, 0 (good) to 4 (suspended). Not known counts as suspended."""
