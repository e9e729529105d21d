# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.adapters.lists import reading
from stillwatch.errors import BadInput

HEADER = ("name", "kind")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        ("name\nCafé Example\n".encode("latin-1"), "not UTF-8: line 2"),
        ("name\nExample\n".encode("utf-16"), "not UTF-8"),
        (b"name\0", "null"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        reading.text_of(data)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert reading.text_of(b"\xef\xbb\xbfname") == "name"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,kind\nExample,x", "last line has no end"),
        ("name,kind\nExample\n", "Line 2 of the list has 1 fields where 2 belong"),
        ("name,kind\na,b\nc,d,e\n", "Line 3"),
        ('name,kind\n"Exam\n', "no CSV"),
        ("name;kind\na;b\n", "first line is not the header"),
        ('name,kind\n"a"x,b\n', "no CSV"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        list(reading.table_of(text, header=HEADER))


def test_a_header_that_stands_twice_is_read_once() -> None:
    rows = list(reading.table_of("name,kind\nname,kind\nExample, person \n\n", header=HEADER))
    assert [row for _, row in rows] == [{"name": "Example", "kind": "person"}]


def test_names_are_mended_as_published_lists_need_it() -> None:
    assert reading.name_of("Xi\x92an \u200bExample\u00a0 Works", line=1) == "Xi\u2019an Example Works"
    for strange in ("", "   ", "a\x07b", "x" * 501):
        with pytest.raises(BadInput, match="Line 3"):
            reading.name_of(strange, line=3)


def test_countries_are_known_by_code_and_by_name() -> None:
    assert reading.countries_of(["CN", "Russia", "Democratic Republic of the Congo", "Atlantis", ""]) == (
        "cd",
        "cn",
        "ru",
    )


def test_days_are_iso_or_refused() -> None:
    assert reading.day_of("2026-06-30T00:00:00", line=1) == "2026-06-30"
    assert reading.day_of("2022", line=1) == "2022-01-01"
    assert reading.day_of(" ", line=1) == ""
    with pytest.raises(BadInput, match="Line 7"):
        reading.day_of("30/06/2026", line=7)


@given(st.binary(max_size=300))
def test_whatever_the_bytes_they_are_read_or_refused(data: bytes) -> None:
    try:
        list(reading.table_of(reading.text_of(data), header=HEADER))
    except BadInput as refused:
        assert "\n" not in str(refused)  # noqa: PT017 - one sentence, whatever the bytes
