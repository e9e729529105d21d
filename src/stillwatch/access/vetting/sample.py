# SPDX-License-Identifier: Apache-2.0
"""Dossiers of organisations that do not exist, to rehearse vetting with. The same seed gives the same ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from msgspec.structs import replace

from stillwatch.access.vetting.dossier import (
    Assurance,
    Channel,
    Confidence,
    Credential,
    Dossier,
    EndUse,
    Identity,
    Owner,
    OwnerKind,
    Ownership,
    People,
    Person,
    Proof,
    Reseller,
    Role,
    Scope,
    Stake,
    Terms,
    Use,
)
from stillwatch.access.vetting.lei import lei_with_check

_COUNTRIES = ("US", "GB", "DE", "FR", "JP", "KR", "CA", "NL", "SE", "NO", "IN", "BR", "SG", "AE")
_TRADES = ("Industries", "Analytics", "Logistics", "Software", "Materials", "Research", "Health", "Energy")
_USES = (Use.INTERNAL_TOOLS, Use.CUSTOMER_PRODUCT, Use.RESEARCH, Use.EDUCATION, Use.PUBLIC_SERVICE)
_TERMS = sha256(b"Example terms of service").hexdigest()


class _Dice:
    """Numbers that depend on the seed, the organisation and what is asked for, and on nothing drawn before."""

    def __init__(self, seed: int, number: int) -> None:
        self._name = f"{seed}:{number}"

    def below(self, end: int, what: str) -> int:
        return int.from_bytes(sha256(f"{self._name}:{what}".encode()).digest()[:8], "big") % end

    def one(self, of: Sequence[str], what: str) -> str:
        return of[self.below(len(of), what)]


def sample(
    count: int, *, seed: int, models: Sequence[str], at: datetime, owners: Sequence[str] = ()
) -> tuple[Dossier, ...]:
    """Make dossiers of organisations called "Example 017 Industries".

    Some are owned through a chain, some have unknown shares, resellers or certifications; every 40th lacks a group, and
    every 50th has one that has run out.

    Args:
        count: How many, from 1.
        seed: The same gives the same.
        models: What the contracts permit.
        at: When it is; proofs are younger than a year then.
        owners: Names to give to the owners of as many organisations, from the end: to see screening find them.
    """
    made = [_dossier(_Dice(seed, number), number, models=models, at=at) for number in range(1, count + 1)]
    for place, name in enumerate(owners[:count], 1):
        made[-place] = _owned_by(made[-place], name, at=at)
    return tuple(made)


def _dossier(dice: _Dice, number: int, *, models: Sequence[str], at: datetime) -> Dossier:
    name = f"Example {number:03} {dice.one(_TRADES, 'trade')}"
    country = dice.one(_COUNTRIES, "country")
    proof = _proof(dice, at)
    uses = (_USES[dice.below(len(_USES), "use")],)
    dossier = Dossier(
        org_id=f"example-{number:03}",
        identity=Identity(
            legal_name=name,
            country=country,
            proof=proof,
            aliases=(f"EX{number:03}",),
            registration_number=f"EX-{number:06}",
            registered_in=country,
            lei=lei_with_check(f"0000{number:014}"),
        ),
        ownership=_ownership(dice, number, proof),
        people=People(
            proof=proof,
            persons=(
                Person(name=f"Example Director {number:03}", roles=(Role.DIRECTOR, Role.SIGNATORY), country=country),
                Person(name=f"Example Officer {number:03}", roles=(Role.OFFICER,)),
            ),
        ),
        end_use=EndUse(uses=uses, proof=proof, statement="An example."),
        channel=Channel(
            proof=proof,
            resellers=(Reseller(name="Example Reseller", country="NL", agreement="Example 7"),)
            if dice.below(6, "reseller") == 0
            else (),
        ),
        terms=Terms(version="2026-10", sha256=_TERMS, accepted_at=proof.verified_at, proof=proof),
        scope=Scope(models=tuple(models), uses=uses, proof=proof, exchanges_per_day=10_000),
        assurance=_assurance(dice, at) if dice.below(3, "assured") == 0 else None,
    )
    if number % 50 == 0:
        end_use = EndUse(uses=uses, proof=replace(proof, expires_at=at - timedelta(days=1)))
        dossier = replace(dossier, end_use=end_use)
    return replace(dossier, people=None) if number % 40 == 0 else dossier


def _proof(dice: _Dice, at: datetime) -> Proof:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=10 + dice.below(300, "age"))
    return Proof(
        source="An invented register",
        verified_at=day,
        expires_at=day + timedelta(days=730),
        confidence=Confidence.CONFIRMED,
    )


def _ownership(dice: _Dice, number: int, proof: Proof) -> Ownership:
    kind = dice.below(4, "ownership")
    if kind == 0:
        # Listed: small holders, and nobody with a part that must be reported.
        return Ownership(unknown_percent=0, dispersed_percent=100, proof=proof)
    holding = Owner(
        id="holding",
        name=f"Example Holding {number:03}",
        kind=OwnerKind.ORGANISATION,
        country=dice.one(_COUNTRIES, "holding"),
        unknown_percent=0 if kind == 1 else None,
    )
    founder = Owner(
        id="founder",
        name=f"Example Founder {number:03}",
        kind=OwnerKind.PERSON,
        # Of some nobody has asked where they live: what they own is then not resolved under rules of headquarters.
        country=None if number % 10 == 0 else dice.one(_COUNTRIES, "founder"),
    )
    unknown = 10 if kind == 3 else 0
    share = 51 + dice.below(30, "share")
    stakes = [
        Stake(owner="holding", percent=share),
        Stake(owner="founder", percent=100 - share - unknown),
    ]
    if kind == 1:
        stakes.append(Stake(owner="founder", owned="holding", percent=100))
    return Ownership(unknown_percent=unknown, proof=proof, owners=(holding, founder), stakes=tuple(stakes))


def _assurance(dice: _Dice, at: datetime) -> Assurance:
    issued = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=dice.below(200, "issued"))
    credential = Credential(
        scheme=dice.one(("iso27001", "iso42001", "soc2"), "scheme"),
        issuer="Example Auditors",
        scope="All sites",
        issued_at=issued,
        expires_at=issued + timedelta(days=365),
        proof=Proof(source="An invented report", verified_at=issued, confidence=Confidence.DOCUMENTED),
    )
    return Assurance(credentials=(credential,))


def _owned_by(dossier: Dossier, name: str, *, at: datetime) -> Dossier:
    """The same, with an owner of that name who has most of it."""
    owner = Owner(id="owner", name=name, kind=OwnerKind.UNKNOWN)
    proof = Proof(source="An invented register", verified_at=at - timedelta(days=1), confidence=Confidence.CONFIRMED)
    stakes = (Stake(owner="owner", percent=60),)
    return replace(dossier, ownership=Ownership(unknown_percent=40, proof=proof, owners=(owner,), stakes=stakes))
