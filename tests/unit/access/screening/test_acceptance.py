# SPDX-License-Identifier: Apache-2.0
import msgspec
import pytest

from fakes.screening import entry, screening_list
from stillwatch.access.screening.acceptance import accepted, checked_name
from stillwatch.access.screening.entry import Entry, ListInfo
from stillwatch.errors import BadInput

MANY = tuple(entry(f"Example {number}") for number in range(100))
INFO = screening_list("examples").info


def put(entries: tuple[Entry, ...], *, before: ListInfo | None = None, reason: str = "", least: int = 1) -> ListInfo:
    info = msgspec.structs.replace(INFO, reason=reason)
    return accepted(info, entries, before=before, shrink=0.1, least=least).info


def test_a_list_may_lose_a_tenth_and_no_more() -> None:
    before = put(MANY)
    assert put(MANY[:90], before=before).count == 90
    with pytest.raises(BadInput, match=r"shrunk from 100 to 89 entries\. The one in force stays"):
        put(MANY[:89], before=before)
    assert put(MANY[:89], before=before, reason="half of it was lifted").count == 89


def test_a_first_list_must_be_as_long_as_such_a_list_is() -> None:
    with pytest.raises(BadInput, match="has 101 entries or more; this one has 100"):
        put(MANY, least=101)
    assert put(MANY, least=101, reason="an extract").reason == "an extract"


def test_an_older_list_does_not_take_the_place_of_a_newer() -> None:
    newer = msgspec.structs.replace(INFO, date="2026-07-01", count=100)
    with pytest.raises(BadInput, match="older than the one in force"):
        put(MANY, before=newer)


def test_an_empty_list_is_refused_whatever_the_reason() -> None:
    with pytest.raises(BadInput, match="no entries"):
        put((), reason="it is really empty")


def test_entries_with_one_id_are_one_with_all_names_listed_as_long_as_either() -> None:
    twice = (entry("A", entry_id="1", ends="2020-01-01"), entry("B", entry_id="1", ends=""), entry("C"))
    made = accepted(INFO, twice, before=None, shrink=0.1, least=1)
    assert [(one.names, one.ends) for one in made.entries] == [(("A", "B"), ""), (("C",), "")]
    assert made.info.count == 2


@pytest.mark.parametrize("name", ["", "A", "a b", "../a", ".a", "a" * 65])
def test_a_name_that_would_be_no_file_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="cannot be used for a list"):
        checked_name(name)
