# SPDX-License-Identifier: Apache-2.0
from collections import defaultdict

import numpy as np
import pytest

from stillwatch.detection import tokens
from stillwatch.detection.tokens import COUNTED, TOKEN_KINDS, Holders, holders_within

PAYMENT, NETWORK = TOKEN_KINDS.index("payment"), TOKEN_KINDS.index("network")


def test_a_token_is_held_once_by_each_organisation() -> None:
    holders = Holders()
    for org in (3, 3, 4, 3, 5, 4):
        holders.add(PAYMENT, 77, org)
    assert holders.count(PAYMENT, 77) == 3
    assert holders.count(PAYMENT, 78) == 0


def test_kinds_are_told_apart() -> None:
    holders = Holders()
    holders.add(PAYMENT, 77, 1)
    holders.add(NETWORK, 77, 2)
    assert holders.count(PAYMENT, 77) == holders.count(NETWORK, 77) == 1


def test_only_shared_tokens_are_counted_as_shared() -> None:
    holders = Holders()
    for token, orgs in {-5: (1,), 6: (1, 2), 7: (1, 2, 3), 8: (2, 2)}.items():
        for org in orgs:
            holders.add(NETWORK, token, org)
    assert sorted(holders.shared_counts(NETWORK).tolist()) == [2, 3]
    assert holders.shared_counts(PAYMENT).tolist() == []


def test_many_tokens_are_counted_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "RECENT", 50)
    draw = np.random.default_rng(3)
    holders, held = Holders(), defaultdict(set)
    for token, org in zip(
        draw.integers(-2_000, 2_000, 6_000).tolist(), draw.integers(0, 900, 6_000).tolist(), strict=True
    ):
        holders.add(NETWORK, token, org)
        held[token].add(org)
    assert [holders.count(NETWORK, token) for token in range(-2_000, 2_001)] == [
        len(held[token]) for token in range(-2_000, 2_001)
    ]
    assert sorted(holders.shared_counts(NETWORK).tolist()) == sorted(
        len(orgs) for orgs in held.values() if len(orgs) > 1
    )


def test_a_public_place_is_counted_up_to_a_bound() -> None:
    holders = Holders()
    for org in range(2 * COUNTED):
        holders.add(NETWORK, 7, org)
    assert holders.count(NETWORK, 7) == COUNTED
    assert holders.shared_counts(NETWORK).tolist() == [COUNTED]


def test_who_holds_what_within_a_group_is_counted_by_organisation() -> None:
    tokens = np.array([[5, 0], [5, 9], [0, 0], [9, 5]])
    assert holders_within(tokens, np.array([1, 1, 2, 3])) == {5: {1, 3}, 9: {1, 3}}
