# SPDX-License-Identifier: Apache-2.0
"""What is known of an organisation, in groups; each group says where it comes from and how long it holds.

A group that is absent is not known. Nothing here is a judgement: ``states`` holds those.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from stillwatch.access.fields import MAX_TEXT_LENGTH

Instant = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Percent = Annotated[float, Meta(ge=0, le=100)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]

SELF = "self"
"""How a stake names the organisation that the dossier is about."""


class Confidence(StrEnum):
    """How well a group is established, weakest first."""

    STATED = "stated"
    """The applicant says so."""
    DOCUMENTED = "documented"
    """A document was seen."""
    CONFIRMED = "confirmed"
    """It was checked with somebody independent of the applicant: a register, an auditor."""


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a group of facts comes from, and how long it holds."""

    source: Text
    verified_at: Instant
    expires_at: Instant | None = None
    """From this instant on the group counts as missing; None means that it does not run out by itself."""
    confidence: Confidence = Confidence.STATED

    def is_in_force(self, at: datetime) -> bool:
        """Whether it has not run out."""
        return self.expires_at is None or at < self.expires_at


class Identity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who it is."""

    legal_name: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_LENGTH)]
    country: Country
    """Of its headquarters."""
    proof: Proof
    aliases: tuple[Text, ...] = ()
    """Trading names, former names, names in other scripts."""
    registration_number: Text | None = None
    registered_in: Country | None = None
    """The country whose register gave the number."""
    lei: str | None = None
    address: Text | None = None


class OwnerKind(StrEnum):
    """What an owner is."""

    ORGANISATION = "organisation"
    PERSON = "person"
    STATE = "state"
    UNKNOWN = "unknown"


class Right(StrEnum):
    """A way to control without a majority of the shares."""

    BOARD = "board"
    """May name the majority of the board."""
    VETO = "veto"
    """May stop decisions of the others."""
    CONTRACT = "contract"
    """Controls by contract (a variable-interest structure, a management agreement)."""


class Owner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody who owns a part of the organisation, directly or through others."""

    id: Name
    """A name for this dossier alone, which stakes use."""
    name: Text
    kind: OwnerKind
    country: Country | None = None
    """Of its headquarters, or of a person's residence; None means not known."""
    aliases: tuple[Text, ...] = ()
    registration_number: Text | None = None
    lei: str | None = None
    unknown_percent: Percent | None = None
    """How much of *its* own shares nobody could be named for; None means that nobody has looked. Not for persons."""
    dispersed_percent: Percent = 0
    """How much of them many small holders have (a free float), of whom none has a part that must be reported."""


class Stake(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One edge of the graph of owners."""

    owner: Name
    owned: Name = SELF
    percent: Annotated[float, Meta(gt=0, le=100)] | None = None
    """Of the shares or votes, whichever is more; None means not known, which is never zero."""
    rights: tuple[Right, ...] = ()


class Ownership(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who owns it."""

    unknown_percent: Percent
    """How much of the organisation itself nobody could be named for. It has to be said, be it 0."""
    proof: Proof
    dispersed_percent: Percent = 0
    """How much of it many small holders have, of whom none has a part that must be reported."""
    owners: tuple[Owner, ...] = ()
    stakes: tuple[Stake, ...] = ()


class Role(StrEnum):
    """What a person is to the organisation."""

    DIRECTOR = "director"
    OFFICER = "officer"
    SIGNATORY = "signatory"
    BENEFICIAL_OWNER = "beneficial_owner"


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person who is named for the organisation. No identity document is kept here."""

    name: Text
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    aliases: tuple[Text, ...] = ()
    country: Country | None = None
    """Of residence."""


class People(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Officers, signatories and beneficial owners."""

    proof: Proof
    persons: tuple[Person, ...] = ()


class Use(StrEnum):
    """What a model is used for. The last ones are those that rules name most often."""

    INTERNAL_TOOLS = "internal_tools"
    CUSTOMER_PRODUCT = "customer_product"
    RESEARCH = "research"
    EDUCATION = "education"
    EVALUATION = "evaluation"
    PUBLIC_SERVICE = "public_service"
    RESALE = "resale"
    MODEL_TRAINING = "model_training"
    COMPETING_MODEL = "competing_model"
    SURVEILLANCE = "surveillance"
    MILITARY = "military"
    MILITARY_INTELLIGENCE = "military_intelligence"
    WEAPONS = "weapons"


class EndUse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the organisation states that it will use the models for."""

    uses: Annotated[tuple[Use, ...], Meta(min_length=1)]
    proof: Proof
    statement: Text | None = None
    signed_by: Text | None = None


class Reseller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One link between the operator and the organisation."""

    name: Text
    country: Country | None = None
    registration_number: Text | None = None
    lei: str | None = None
    agreement: Text | None = None
    """The operator's agreement with it; a chain with a link that has none counts as undisclosed."""


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Through whom it buys: an empty chain means directly."""

    proof: Proof
    resellers: tuple[Reseller, ...] = ()
    """The chain, nearest to the operator first."""


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The contract it accepted."""

    version: Text
    sha256: Sha256
    """Of the document that was accepted, in hex."""
    accepted_at: Instant
    proof: Proof
    accepted_by: Text | None = None


class Scope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the contract permits."""

    proof: Proof
    models: tuple[Text, ...] = ()
    """By the names that callers use; none is none."""
    uses: tuple[Use, ...] = ()
    exchanges_per_day: Annotated[int, Meta(ge=1)] | None = None
    output_tokens_per_day: Annotated[int, Meta(ge=1)] | None = None


class Credential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody else's certification of the organisation's security or conduct."""

    scheme: Name
    """Such as ``soc2``, ``iso27001``, ``fedramp_high``, ``rand_sl3``; see ``recognition``."""
    issuer: Text
    scope: Text
    """What was certified: which systems, which sites."""
    issued_at: Instant
    expires_at: Instant
    proof: Proof
    level: Text | None = None
    """Where the scheme has levels that its name does not tell."""
    sd_jwt: str | None = None
    """The signed credential itself, where the issuer gives one. What it says wins over the fields above."""


class Assurance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The certifications it shows."""

    credentials: Annotated[tuple[Credential, ...], Meta(min_length=1)]


class Dossier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything that is known of one organisation, at one version."""

    org_id: Name
    identity: Identity
    ownership: Ownership | None = None
    people: People | None = None
    end_use: EndUse | None = None
    channel: Channel | None = None
    terms: Terms | None = None
    scope: Scope | None = None
    assurance: Assurance | None = None


class Group(StrEnum):
    """The groups that have one proof for all of them; credentials have one each."""

    IDENTITY = "identity"
    OWNERSHIP = "ownership"
    PEOPLE = "people"
    END_USE = "end_use"
    CHANNEL = "channel"
    TERMS = "terms"
    SCOPE = "scope"


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Dossier)


def encode(dossier: Dossier) -> bytes:
    """The one JSON text of a dossier: what is stored and hashed."""
    # Once more through the types, so that 60 and 60.0, which are equal, are written alike.
    return _encoder.encode(_decoder.decode(_encoder.encode(dossier)))


def decode(text: bytes) -> Dossier:
    """The dossier of a text that ``encode`` made.

    Raises:
        msgspec.ValidationError: It is another text.
    """
    return _decoder.decode(text)


def digest(dossier: Dossier) -> str:
    """SHA-256 of its JSON text, in hex: two dossiers that say the same have the same."""
    return sha256(encode(dossier)).hexdigest()


def proofs(dossier: Dossier) -> Iterator[tuple[Group, Proof]]:
    """The proof of each group that is there."""
    for group in Group:
        found = getattr(dossier, group.value)
        if found is not None:
            yield group, found.proof


def missing(dossier: Dossier, needed: frozenset[Group], *, at: datetime) -> tuple[Group, ...]:
    """The needed groups that are absent or have run out at an instant, in the order of ``Group``."""
    there = {group for group, proof in proofs(dossier) if proof.is_in_force(at)}
    return tuple(group for group in Group if group in needed and group not in there)


def lapses_at(dossier: Dossier, needed: frozenset[Group]) -> datetime | None:
    """When the first needed group runs out; None where none does."""
    ends = [proof.expires_at for group, proof in proofs(dossier) if group in needed and proof.expires_at is not None]
    return min(ends, default=None)
