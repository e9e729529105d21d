# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.screening import entry
from stillwatch.access.screening.entry import Kind, made_id


@pytest.mark.parametrize(
    "changed",
    [
        entry("Other", entry_id="1"),
        entry("Example", "Alias", entry_id="1"),
        entry("Example", entry_id="1", kind=Kind.PERSON),
        entry("Example", entry_id="1", countries=("cn",)),
        entry("Example", entry_id="1", ids=("12345678",)),
        entry("Example", entry_id="1", ends="2026-01-01"),
    ],
)
def test_a_fingerprint_changes_with_what_is_screened_against(changed: object) -> None:
    assert changed.fingerprint() != entry("Example", entry_id="1").fingerprint()  # type: ignore[attr-defined]


def test_a_fingerprint_ignores_what_is_only_told() -> None:
    assert entry("Example", programme="a").fingerprint() == entry("Example", programme="b").fingerprint()


def test_made_ids_tell_parts_apart() -> None:
    assert made_id("ab", "c") != made_id("a", "bc")
    assert made_id("ab", "c") == made_id("ab", "c")
