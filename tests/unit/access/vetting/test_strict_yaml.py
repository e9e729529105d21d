# SPDX-License-Identifier: Apache-2.0
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.vetting.strict_yaml import documents
from stillwatch.errors import BadInput


def test_scalars_are_their_text() -> None:
    (document,) = documents("{a: NO, b: 0123, c: 1.50, d: 2026-01-01, e: null, f: [yes, '~'], g: '', h: }", name="f")
    assert document.value == {
        "a": "NO", "b": "0123", "c": "1.50", "d": "2026-01-01", "e": None, "f": ["yes", "~"], "g": "", "h": None
    }  # fmt: skip


def test_places_are_lines_of_the_file() -> None:
    first, second = documents("a: 1\n---\nb:\n  - c: 1\n    d: 2\n", name="f.yaml")
    assert first.place_of("a") == "f.yaml, line 1"
    assert second.place_of("b[0].d") == "f.yaml, line 5"
    assert second.place_of("b[0].d.deeper[3]") == "f.yaml, line 5"
    assert second.place_of("nowhere") == "f.yaml, line 3"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x [1]\nb: *x", "alias"),
        ("a: &x {b: *x}", "alias"),
        ("a: 1\na: 2", "'a' twice"),
        ("a: !!python/object:os.system x", "tag"),
        ("a: !own x", "tag"),
        ("<<: {a: 1}", "plain word"),
        ("[1]: 2", "plain word"),
        ("a: [", "cannot be read"),
        ("a: \x07", "cannot be read"),
        ("[" * 20 + "]" * 20, "too deeply"),
    ],
)
def test_what_is_dangerous_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        list(documents(text, name="f.yaml"))
    assert str(caught.value).startswith("f.yaml")
    assert "\n" not in str(caught.value)


def test_nothing_is_no_document() -> None:
    assert list(documents("# a comment\n---\n---\n", name="f")) == []


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadInput):
        list(documents(text, name="f"))
