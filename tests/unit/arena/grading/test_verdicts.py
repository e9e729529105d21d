# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from stillwatch.arena.grading.verdicts import verdicts_from
from stillwatch.errors import BadInput


def document(*accounts: dict[str, str]) -> bytes:
    return json.dumps({"schema": "x", "accounts": accounts, "campaigns": [{"accounts": ["a"]}]}).encode()


def test_contained_and_watched_are_told_apart_and_no_action_means_contained() -> None:
    found = verdicts_from(
        document(
            {"account_id": "a", "flagged_at": "2026-06-01T00:00:00+00:00", "action": "contain"},
            {"account_id": "b", "flagged_at": "2026-06-01T02:00:00+02:00"},
            {"account_id": "c", "flagged_at": "2026-06-01T00:00:00Z", "action": "watch"},
        )
    )
    assert found.contained_us == {"a": 1_780_272_000_000_000, "b": 1_780_272_000_000_000}
    assert found.watched == {"c"}
    assert found.noticed == {"a", "b", "c"}
    assert found.groups == (("", frozenset({"a"})),)


def test_earlier_bans_stay_and_the_first_counts() -> None:
    found = verdicts_from(document({"account_id": "a", "flagged_at": "1970-01-01T00:00:01Z"}))
    joined = found.joined({"a": 5, "gone": 7})
    assert joined.contained_us == {"a": 5, "gone": 7}


@pytest.mark.parametrize("text", [b"", b"[]", b'{"accounts": [{"account_id": 1}], "campaigns": []}'])
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="no findings document"):
        verdicts_from(text)


def test_an_instant_needs_an_offset() -> None:
    with pytest.raises(BadInput, match="offset"):
        verdicts_from(document({"account_id": "a", "flagged_at": "2026-06-01T00:00:00"}))
