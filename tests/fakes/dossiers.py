# SPDX-License-Identifier: Apache-2.0
"""Dossiers of invented organisations, whole and drawn at random."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from stillwatch.access.vetting import dossier as records
from stillwatch.access.vetting.dossier import Confidence, Dossier, Proof
from stillwatch.access.vetting.lei import lei_with_check

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW_US = 1_795_262_400_000_000
DAY_US = 86_400_000_000


def proof(days: int | None = 365, *, confidence: Confidence = Confidence.DOCUMENTED) -> Proof:
    """One that runs out in so many days; None never does."""
    return Proof(
        source="an example document",
        verified_at=NOW - timedelta(days=2000),
        expires_at=None if days is None else NOW + timedelta(days=days),
        confidence=confidence,
    )


def lei(number: int) -> str:
    """A well-formed LEI that belongs to nobody: its prefix was never given to an issuer."""
    return lei_with_check(f"0000{number:014}")


def whole(org_id: str = "example-1", number: int = 1, **changes: Any) -> Dossier:
    """A dossier with every group but certifications."""
    made = Dossier(
        org_id=org_id,
        identity=records.Identity(
            legal_name=f"Example {number:03} Industries",
            country="DE",
            proof=proof(),
            aliases=(f"EX{number}",),
            registration_number=f"HRB {number}",
            registered_in="DE",
            lei=lei(number),
        ),
        ownership=records.Ownership(
            unknown_percent=10,
            proof=proof(),
            owners=(
                records.Owner(id="parent", name="Example Holding", kind=records.OwnerKind.ORGANISATION, country="FR"),
                records.Owner(id="founder", name="Example Founder", kind=records.OwnerKind.PERSON),
            ),
            stakes=(
                records.Stake(owner="parent", percent=60, rights=(records.Right.BOARD,)),
                records.Stake(owner="founder", percent=30),
                records.Stake(owner="founder", owned="parent"),
            ),
        ),
        people=records.People(
            proof=proof(),
            persons=(records.Person(name="Example Director", roles=(records.Role.DIRECTOR, records.Role.SIGNATORY)),),
        ),
        end_use=records.EndUse(uses=(records.Use.INTERNAL_TOOLS,), proof=proof(), statement="Search in own files"),
        channel=records.Channel(proof=proof(), resellers=(records.Reseller(name="Example Reseller", country="NO"),)),
        terms=records.Terms(version="2026-10", sha256="ab" * 32, accepted_at=NOW, proof=proof()),
        scope=records.Scope(
            models=("large-1",), uses=(records.Use.INTERNAL_TOOLS,), proof=proof(), exchanges_per_day=9
        ),
    )
    return msgspec.structs.replace(made, **changes)


def certified(scheme: str = "iso27001", *, days: int = 200, **fields: Any) -> records.Assurance:
    """One certification that began half a year ago."""
    credential = records.Credential(
        scheme=scheme,
        issuer="Example Auditors",
        scope="All of its sites",
        issued_at=NOW - timedelta(days=180),
        expires_at=NOW + timedelta(days=days),
        proof=proof(None),
    )
    return records.Assurance(credentials=(msgspec.structs.replace(credential, **fields),))


_TEXTS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="|"), min_size=1, max_size=12)
_INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
_PROOFS = st.builds(
    Proof,
    source=_TEXTS,
    verified_at=_INSTANTS,
    expires_at=st.none() | st.datetimes(datetime(2031, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
    confidence=st.sampled_from(Confidence),
)
_COUNTRIES = st.sampled_from(["NO", "DE", "US", "IO"])
_NUMBERS = st.sampled_from(["0123", "1e3", "null", "yes", "=1+1", "0x1F", "12:30", "'=x", "~", "2026-01-01"])


@st.composite
def _ownerships(draw: st.DrawFn) -> records.Ownership:
    count = draw(st.integers(0, 4))
    owners = tuple(
        records.Owner(
            id=f"o{number}",
            name=draw(_TEXTS),
            kind=draw(st.sampled_from(records.OwnerKind)),
            country=draw(st.none() | _COUNTRIES),
            aliases=tuple(draw(st.lists(_TEXTS, max_size=2))),
        )
        for number in range(count)
    )
    percents = (
        [draw(st.none() | st.integers(1, 10_000 // count).map(lambda part: part / 100)) for _ in owners]
        if count
        else []
    )
    stakes = tuple(
        records.Stake(owner=owner.id, percent=percent, rights=tuple(draw(st.sets(st.sampled_from(records.Right)))))
        for owner, percent in zip(owners, percents, strict=True)
    )
    known = sum((Decimal(str(percent or 0)) for percent in percents), Decimal())
    return records.Ownership(unknown_percent=float(100 - known), proof=draw(_PROOFS), owners=owners, stakes=stakes)


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    """Any dossier that does not contradict itself, with texts that formats like to misread."""
    credentials = st.builds(
        records.Credential,
        scheme=st.sampled_from(["iso27001", "soc2-type2"]),
        issuer=_TEXTS,
        scope=_TEXTS,
        issued_at=_INSTANTS,
        expires_at=st.datetimes(datetime(2031, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
        proof=_PROOFS,
        level=st.none() | _NUMBERS,
    )
    return Dossier(
        org_id=draw(st.from_regex(r"\A[a-z][a-z0-9]{0,8}\Z")),
        identity=records.Identity(
            legal_name=draw(_TEXTS),
            country=draw(_COUNTRIES),
            proof=draw(_PROOFS),
            aliases=tuple(draw(st.lists(_TEXTS, max_size=3))),
            registration_number=draw(st.none() | _NUMBERS),
            registered_in=draw(st.none() | _COUNTRIES),
            lei=draw(st.none() | st.integers(1, 10**9).map(lei)),
        ),
        ownership=draw(st.none() | _ownerships()),
        people=draw(
            st.none()
            | st.builds(
                records.People,
                proof=_PROOFS,
                persons=st.lists(
                    st.builds(
                        records.Person,
                        name=_TEXTS,
                        roles=st.sets(st.sampled_from(records.Role), min_size=1).map(tuple),
                        country=st.none() | _COUNTRIES,
                    ),
                    max_size=3,
                ).map(tuple),
            )
        ),
        scope=draw(
            st.none()
            | st.builds(
                records.Scope,
                proof=_PROOFS,
                models=st.lists(_TEXTS, max_size=2).map(tuple),
                uses=st.sets(st.sampled_from(records.Use)).map(tuple),
                exchanges_per_day=st.none() | st.integers(1, 10**9),
            )
        ),
        assurance=draw(
            st.none()
            | st.builds(records.Assurance, credentials=st.lists(credentials, min_size=1, max_size=2).map(tuple))
        ),
    )
