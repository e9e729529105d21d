# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.dossiers import NOW, dossiers, lei, proof, whole
from stillwatch.access.vetting import dossier as records
from stillwatch.access.vetting.consistency import first_contradiction, first_twins, plain_number, registration_of
from stillwatch.access.vetting.dossier import Dossier, Owner, OwnerKind, Ownership, Stake


def owned(stakes: tuple[Stake, ...], unknown: float = 0, **unknown_of: float) -> Dossier:
    names = sorted({stake.owner for stake in stakes})
    owners = tuple(
        Owner(id=name, name=name, kind=OwnerKind.ORGANISATION, unknown_percent=unknown_of.get(name)) for name in names
    )
    return whole(ownership=Ownership(unknown_percent=unknown, proof=proof(), owners=owners, stakes=stakes))


def complaint(dossier: Dossier) -> str:
    found = first_contradiction(dossier)
    assert found is not None
    return " ".join(found)


@given(dossiers())
def test_what_holds_together_is_left_alone(dossier: Dossier) -> None:
    assert first_contradiction(dossier) is None
    assert first_contradiction(whole()) is None


@pytest.mark.parametrize(
    ("stakes", "unknown", "says"),
    [
        ((Stake(owner="a", percent=60), Stake(owner="b", percent=41)), 0, "101 per cent of the organisation"),
        ((Stake(owner="a", percent=60), Stake(owner="b", percent=40)), 0.1, "100.1 per cent"),
        ((Stake(owner="a", percent=60),), 0, "accounts for 60 per cent"),
        ((), 50, "accounts for 50 per cent"),
        ((Stake(owner="a", percent=100), Stake(owner="b")), 0, "leaves nothing of the organisation"),
        ((Stake(owner="a", percent=50), Stake(owner="a", percent=50)), 0, "repeats the stake of a in self"),
        ((Stake(owner="a", percent=100), Stake(owner="a", owned="a", percent=1)), 0, "a owns itself"),
        ((Stake(owner="a", percent=100), Stake(owner="a", owned="z", percent=1)), 0, "names z"),
        ((Stake(owner="a", percent=100), Stake(owner="self", owned="a", percent=1)), 0, "uses an id twice"),
    ],
)
def test_owners_that_cannot_be_are_named(stakes: tuple[Stake, ...], unknown: float, says: str) -> None:
    assert says in complaint(owned(stakes, unknown))


def test_an_owner_s_own_owners_add_up_too() -> None:
    stakes = (Stake(owner="a", percent=100), Stake(owner="b", owned="a", percent=70))
    assert "120 per cent of a" in complaint(owned(stakes, a=50))
    assert "accounts for 90 per cent of a" in complaint(owned(stakes, a=20))
    assert first_contradiction(owned(stakes, a=30)) is None
    assert first_contradiction(owned(stakes)) is None, "nobody has looked further, which is not a contradiction"


def test_a_free_float_counts_as_owned() -> None:
    ownership = owned((Stake(owner="a", percent=40),), 10).ownership
    assert ownership is not None
    assert first_contradiction(whole(ownership=msgspec.structs.replace(ownership, dispersed_percent=50))) is None
    assert "110 per cent" in complaint(whole(ownership=msgspec.structs.replace(ownership, dispersed_percent=60)))


def test_the_whole_may_be_unknown_and_a_stake_of_unknown_size_lies_within_it() -> None:
    assert first_contradiction(owned((), 100)) is None
    assert first_contradiction(owned((Stake(owner="a"),), 100)) is None
    assert first_contradiction(owned((Stake(owner="a"), Stake(owner="b", percent=40)), 60)) is None


def test_owners_round_their_shares_down_and_not_up() -> None:
    thirds = tuple(Stake(owner=name, percent=33.3) for name in "abc")
    assert first_contradiction(owned(thirds)) is None
    assert "100.2" in complaint(owned(tuple(Stake(owner=name, percent=33.4) for name in "abc")))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"identity": {"lei": "5493001KJTIIGC8Y1R13"}}, "identity.lei"),
        ({"identity": {"legal_name": "a\x1b[31mb"}}, "identity.legal_name"),
        ({"identity": {"aliases": ("fine", " not")}}, "identity.aliases[1]"),
        ({"identity": {"legal_name": "abc\u202edef"}}, "identity.legal_name"),
    ],
)
def test_what_no_register_could_hold_is_named(changes: dict[str, dict[str, Any]], where: str) -> None:
    identity = msgspec.structs.replace(whole().identity, **changes["identity"])
    found = first_contradiction(whole(identity=identity))
    assert found is not None
    assert found[0] == where


def test_joiners_are_a_part_of_names() -> None:
    identity = msgspec.structs.replace(whole().identity, legal_name="می\u200cخواهم")
    assert first_contradiction(whole(identity=identity)) is None


def test_what_ends_before_it_begins_is_named() -> None:
    upside = records.Proof(source="x", verified_at=NOW, expires_at=NOW - timedelta(days=1))
    identity = msgspec.structs.replace(whole().identity, proof=upside)
    assert "identity.proof expires before" in complaint(whole(identity=identity))


def registered(org_id: str, number: str | None, country: str | None, its_lei: str | None = None) -> Dossier:
    identity = msgspec.structs.replace(whole().identity, registration_number=number, registered_in=country, lei=its_lei)
    return whole(org_id, identity=identity)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("HRB 12345", "DE", None), ("hrb-123.45", "DE", None)),
        (("HRB 12345", "DE", None), ("HRB12345", None, None)),
        ((None, None, lei(7)), (None, None, lei(7))),
        (("1", "DE", lei(7)), ("2", "FR", lei(7))),
    ],
)
def test_two_organisations_with_one_entry_in_a_register_are_found(one: Any, other: Any) -> None:
    assert first_twins([registered("a", *one), whole("c", 9), registered("b", *other)]) == ("a", "b")


def test_one_number_in_two_countries_registers_is_two_organisations() -> None:
    assert first_twins([registered("a", "1", "DE"), registered("b", "1", "FR"), registered("c", None, None)]) is None
    assert first_twins([registered("a", "1", "DE"), registered("a", "1", "DE")]) is None


@given(st.text(max_size=20))
def test_a_plain_number_stays_as_it_is(number: str) -> None:
    assert plain_number(plain_number(number)) == plain_number(number)


def test_a_dossier_without_registers_names_none() -> None:
    assert not any(registration_of(registered("a", None, None)))
