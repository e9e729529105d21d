# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from stillwatch.detection.census import Census
from stillwatch.detection.heirs import heirs
from stillwatch.detection.tokens import TOKEN_KINDS

CARD, NETWORK = TOKEN_KINDS.index("payment"), TOKEN_KINDS.index("network")


def _census(accounts: int) -> Census:
    """Accounts of as many organisations, all of whom have done enough to be judged, holding nothing."""
    census = Census(seed=0, memory_s=1e9)
    for number in range(accounts):
        census._enrol(f"a{number}", f"o{number}")
    census.count[:accounts] = 9
    return census


def _named(census: Census, contained: list[int]) -> dict[int, bool]:
    return {heir.row: heir.is_contained for heir in heirs(census, contained, judged_from=5)}


@pytest.mark.parametrize("kind", [CARD, NETWORK])
def test_who_turns_up_with_a_burnt_card_or_network_is_contained_at_once(kind: int) -> None:
    census = _census(300)
    census.tokens[[0, 1, 2, 9], kind, 0] = 77
    census.count[9] = 0
    assert _named(census, [0, 1, 2]) == {9: True}


def test_a_token_burns_only_where_most_of_its_judged_holders_are_contained() -> None:
    census = _census(300)
    census.tokens[[0, 1, 2, 8, 9], CARD, 0] = 77
    assert _named(census, [0, 1, 2]) == {}
    census.tokens[8, CARD, 0] = 0
    assert _named(census, [0, 1, 2]) == {9: True}
    assert _named(census, [0, 1]) == {}


def test_a_house_with_many_keys_burns_nothing() -> None:
    census = _census(300)
    census.org[:3] = 0
    census.tokens[[0, 1, 2, 9], CARD, 0] = 77
    assert _named(census, [0, 1, 2]) == {}


def test_a_public_place_never_burns() -> None:
    census = _census(300)
    census.tokens[:40, NETWORK, 0] = 77
    assert _named(census, list(range(38))) == {}


def test_a_template_makes_its_users_watched_and_no_more() -> None:
    census = _census(60)
    rows = np.arange(14)
    census.cells.choose(rows, np.full(14, 5), census.count)
    assert _named(census, list(range(8))) == dict.fromkeys(range(8, 14), False)
    assert _named(census, list(range(6))) == {}


def test_a_template_that_everybody_uses_tells_nothing() -> None:
    census = _census(60)
    census.cells.choose(np.arange(60), np.full(60, 5), census.count)
    assert _named(census, list(range(20))) == {}


def test_what_was_inherited_is_said_in_numbers() -> None:
    census = _census(300)
    census.tokens[[0, 1, 2, 9], CARD, 0] = 77
    (heir,) = heirs(census, [0, 1, 2], judged_from=5)
    assert heir.predecessor == 0
    assert "3 contained organisations" in heir.why
    assert heirs(census, [], judged_from=5) == []
