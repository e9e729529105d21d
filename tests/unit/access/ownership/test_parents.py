# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.ownership import entity, person, register, stake
from stillwatch.access.ownership.parents import ultimate_parents
from stillwatch.access.ownership.register import Control, Register
from stillwatch.errors import BadInput


def test_the_top_of_the_chain_is_the_parent() -> None:
    made = register(
        entity("t"), entity("m"), person("p"), person("q"),
        stake("m", "t", "80"), stake("q", "t", "20"), stake("p", "m", "100"),
    )  # fmt: skip
    found = ultimate_parents(made, "t")
    assert found.entities == ("p",)
    assert found.is_complete
    assert found.countries(made, unknown="unknown") == ("DE",)


def test_who_has_no_parent_is_its_own_and_complete_only_where_its_owners_are_known() -> None:
    alone = register(entity("t"))
    assert ultimate_parents(alone, "t").entities == ("t",)
    assert ultimate_parents(alone, "t").countries(alone, unknown="unknown") == ("DE", "unknown")
    spread = register(entity("t"), *(person(k) for k in "abc"), *(stake(k, "t", "30") for k in "abc"))
    assert ultimate_parents(spread, "t").is_complete


def test_control_makes_a_parent_and_an_unknown_country_is_said() -> None:
    holder = entity("c", country=None, dispersed_percent=100)
    made = Register(
        [entity("t"), person("p"), holder], [stake("p", "t", "100")], [Control(holder="c", over="t", means="a veto")]
    )
    assert ultimate_parents(made, "t").entities == ("c", "p")
    assert ultimate_parents(made, "t").countries(made, unknown="unknown") == ("DE", "unknown")


def test_an_owner_of_unknown_size_may_be_the_parent() -> None:
    made = register(entity("t"), person("p"), person("q"), stake("p", "t", "60"), stake("q", "t", None))
    assert ultimate_parents(made, "t").entities == ("p", "q")


def test_a_ring_of_halves_counts_whole() -> None:
    made = register(
        entity("t"), entity("u"), person("p"), stake("t", "u", "60"), stake("u", "t", "60"),
        stake("p", "t", "40"), stake("p", "u", "40"),
    )  # fmt: skip
    assert ultimate_parents(made, "t").entities == ("t", "u")


def test_nobody_has_no_parents() -> None:
    with pytest.raises(BadInput, match="no entity"):
        ultimate_parents(register(entity("t")), "x")
