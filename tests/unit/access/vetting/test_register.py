# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

import pytest
from hypothesis import given

from fakes.dossiers import dossiers, proof, whole
from stillwatch.access.ownership.register import EntityKind
from stillwatch.access.vetting.dossier import SELF, Dossier, Owner, OwnerKind, Ownership, Stake
from stillwatch.access.vetting.reading import Misread, consistent
from stillwatch.access.vetting.register import register_of


@given(dossiers())
def test_every_dossier_that_is_accepted_is_a_register(dossier: Dossier) -> None:
    assert consistent(dossier) is dossier
    register = register_of(dossier)
    owners = dossier.ownership.owners if dossier.ownership else ()
    assert register.entities.keys() == {SELF, *(owner.id for owner in owners)}


def test_owners_stakes_and_rights_are_told_as_they_are() -> None:
    register = register_of(whole(), {"parent": ("list-1",)})
    parent = register.entities["parent"]
    assert (parent.name, parent.country, parent.lists) == ("Example Holding", "FR", ("list-1",))
    assert register.entities["founder"].kind is EntityKind.PERSON
    assert {(one.owner, one.percent) for one in register.owners[SELF]} == {
        ("parent", Decimal(60)), ("founder", Decimal(30))
    }  # fmt: skip
    assert register.unaccounted_percent(SELF) == 10
    assert [control.holder for control in register.controls[SELF]] == ["parent"]


def test_without_owners_nothing_is_accounted_for() -> None:
    assert register_of(whole(ownership=None)).unaccounted_percent(SELF) == 100


def ring(kind: OwnerKind) -> Dossier:
    owners = tuple(Owner(id=name, name=name, kind=kind) for name in "ab")
    stakes = (
        Stake(owner="a", percent=100),
        Stake(owner="b", owned="a", percent=100),
        Stake(owner="a", owned="b", percent=100),
    )
    return whole(ownership=Ownership(unknown_percent=0, proof=proof(), owners=owners, stakes=stakes))


def test_a_ring_that_owns_itself_and_a_person_that_is_owned_are_refused() -> None:
    with pytest.raises(Misread, match="ring of entities owns itself whole"):
        consistent(ring(OwnerKind.ORGANISATION))
    with pytest.raises(Misread, match="is a person and cannot be owned"):
        consistent(ring(OwnerKind.PERSON))
