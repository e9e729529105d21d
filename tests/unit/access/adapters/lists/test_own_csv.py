# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.access.adapters.lists import own_csv
from stillwatch.access.screening.entry import Kind
from stillwatch.errors import BadInput

HEAD = ",".join(own_csv.HEADER)


def file_of(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def test_every_column_is_read() -> None:
    row = "Example Harvest Ltd,organisation,EH; Example H,CN;HK,12345678,model extraction,2026-01-01,2031-01-01"
    (entry,) = own_csv.read(file_of(row))
    assert (entry.kind, entry.names) == (Kind.ORGANISATION, ("Example Harvest Ltd", "EH", "Example H"))
    assert (entry.countries, entry.ids, entry.programme) == (("cn", "hk"), ("12345678",), "model extraction")
    assert (entry.starts, entry.ends) == ("2026-01-01", "2031-01-01")


def test_a_name_alone_is_enough() -> None:
    (entry,) = own_csv.read(file_of("Example Harvest,,,,,,,"))
    assert (entry.kind, entry.names) == (Kind.UNKNOWN, ("Example Harvest",))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Example,firm,,,,,,", "the kind 'firm'"),
        ("Example,,,Atlantis,,,,", "the country 'Atlantis'"),
        (",,,,,,,", "name that cannot be used"),
        ("Example,,,,,,soon,", "the date 'soon'"),
        ("Example,,", "3 fields where 8 belong"),
        ("Example,,,,,,,\nExample ,,,,,,,", "Line 3 of the list repeats"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_by_its_line(row: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        own_csv.read(file_of(row))


def test_a_file_without_its_last_newline_may_be_cut() -> None:
    with pytest.raises(BadInput, match="last line has no end"):
        own_csv.read(file_of("Example,,,,,,programme").rstrip())
