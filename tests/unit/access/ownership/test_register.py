# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

import pytest

from fakes.ownership import entity, person, register, stake
from stillwatch.access.ownership.register import Control, Entity, EntityKind, Register, Stake
from stillwatch.errors import BadInput


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([entity("a"), entity("a")], "Two entities"),
        ([entity("a"), stake("b", "a", "5")], 'names "b"'),
        ([entity("a"), stake("a", "a", "5")], "own itself"),
        ([entity("a"), person("p"), stake("p", "a", "101")], "101 %"),
        ([entity("a"), person("p"), stake("p", "a", "0")], "0 %"),
        ([entity("a"), person("p"), stake("p", "a", "-1")], "-1 %"),
        ([entity("a"), person("p"), stake("p", "a", "60"), stake("p", "a", "30")], "two stakes"),
        ([entity("a"), person("p"), person("q"), stake("p", "a", "60"), stake("q", "a", "40.01")], "100.01 %"),
        ([entity("a", dispersed_percent=Decimal(50)), person("p"), stake("p", "a", "51")], "101 %"),
        ([entity("a", unknown_percent=Decimal(50)), person("p"), stake("p", "a", "51")], "101 %"),
        ([entity("a", unknown_percent=Decimal(-1))], "-1 %"),
        ([entity("a"), person("p"), stake("a", "p", "10")], "cannot be owned"),
        ([entity("a"), entity("b"), stake("a", "b", "100"), stake("b", "a", "100")], "ring"),
        (
            [*(entity(k) for k in "abc"), stake("a", "b", "100"), stake("b", "c", "100"), stake("c", "a", "100")],
            "ring",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_in_one_sentence(parts: list[Entity | Stake], says: str) -> None:
    with pytest.raises(BadInput) as refused:
        register(*parts)
    assert says in str(refused.value)
    assert str(refused.value.args[0]).count(". ") == 0


def test_a_control_that_names_nobody_is_refused() -> None:
    with pytest.raises(BadInput, match='names "x"'):
        Register([entity("a")], controls=[Control(holder="x", over="a", means="a veto")])


def test_cross_holdings_with_an_owner_outside_are_allowed() -> None:
    made = register(
        entity("a"), entity("b"), person("p"), stake("a", "b", "100"), stake("b", "a", "40"), stake("p", "a", "60")
    )
    assert made.unaccounted_percent("a") == 0


def test_a_ring_below_an_owned_ring_is_allowed_as_well() -> None:
    made = register(
        entity("a"), entity("b"), person("p"),
        stake("a", "b", "50"), stake("b", "a", "50"), stake("p", "a", "50"), stake("p", "b", "50"),
    )  # fmt: skip
    assert set(made.owners) == {"a", "b"}


def test_what_no_stake_accounts_for_is_open_and_a_free_float_is_not() -> None:
    made = register(
        entity("a", dispersed_percent=Decimal(30)), entity("b"), person("p"),
        stake("p", "a", "20"), stake("p", "b", "33.4"),
    )  # fmt: skip
    assert made.unaccounted_percent("a") == 50
    assert made.unaccounted_percent("b") == Decimal("66.6")
    assert made.unaccounted_percent("p") == 0


def test_a_stake_without_a_per_cent_and_a_declared_unknown_share_leave_all_of_it_open() -> None:
    made = register(
        entity("a", unknown_percent=Decimal(5)), person("p"), person("q"), stake("p", "a", "60"), stake("q", "a", None)
    )
    assert made.unaccounted_percent("a") == 40


def test_nobody_of_an_unknown_id_is_found() -> None:
    with pytest.raises(BadInput, match="no entity"):
        register(entity("a")).entity("b")


def test_a_state_has_no_owners() -> None:
    made = register(entity("s", kind=EntityKind.STATE))
    assert made.unaccounted_percent("s") == 0
    assert made.name("s") == "Example s"
