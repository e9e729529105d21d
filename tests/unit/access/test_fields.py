# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access import fields
from stillwatch.errors import BadInput


@pytest.mark.parametrize("value", ["a", "acme", "Acme-1", "org:eu.west_2", "0" * 64])
def test_ids_of_letters_digits_and_a_few_signs_are_taken_as_they_are(value: str) -> None:
    assert fields.checked_id(value, what="account") == value


@pytest.mark.parametrize(
    "value",
    ["", " a", "a b", "-a", ".a", "a" * 65, "a\n", "a\x00", "é", "a;b", "'; DROP TABLE account; --", "a/b", "\ud800"],
)
def test_other_ids_are_refused_and_shown_harmlessly(value: str) -> None:
    with pytest.raises(BadInput) as caught:
        fields.checked_id(value, what="account")
    assert str(caught.value).isprintable()
    assert str(caught.value).isascii()


@given(st.text())
def test_a_text_is_stored_as_one_printable_line_or_not_at_all(value: str) -> None:
    try:
        stored = fields.checked_text(value, what="name")
    except BadInput as error:
        refusal = str(error)
        stored = None
    if stored is None:
        assert refusal.isprintable()
        assert not value.strip() or not value.strip().isprintable() or len(value.strip()) > fields.MAX_TEXT_LENGTH
    else:
        assert stored == value.strip()
        assert stored.isprintable()
        assert 0 < len(stored) <= fields.MAX_TEXT_LENGTH
        stored.encode()


def test_names_in_any_script_are_welcome() -> None:
    for name in ("Ørsted A/S", "北京智谱", "شركة", 'O\'Brien & Söhne; "Ltd"'):
        assert fields.checked_text(f"  {name} ", what="name") == name


@pytest.mark.parametrize("value", ["", "   ", "a\nb", "\x1b[31m", "a\u202eb", "\ud800", "x" * 201])
def test_a_text_that_would_confuse_a_terminal_is_refused(value: str) -> None:
    with pytest.raises(BadInput):
        fields.checked_text(value, what="name")


def test_a_label_may_be_empty() -> None:
    assert fields.checked_text("", what="label", may_be_empty=True) == ""


def test_lists_are_stored_once_each_and_in_order() -> None:
    assert fields.checked_models(["b", "a", "b "]) == ("a", "b")
    assert fields.checked_cidrs(["2001:DB8::/32", "10.0.0.1", "10.0.0.1/32"]) == ("10.0.0.1/32", "2001:db8::/32")
    assert fields.checked_models(None) is None
    assert fields.checked_cidrs(None) is None


@pytest.mark.parametrize("check", [fields.checked_models, fields.checked_cidrs])
def test_a_list_that_allows_nothing_or_far_too_much_is_refused(check: Callable[[list[str]], object]) -> None:
    with pytest.raises(BadInput, match="allow nothing"):
        check([])
    with pytest.raises(BadInput, match="too many"):
        check([f"10.0.{number}.1" for number in range(101)])


@pytest.mark.parametrize("cidr", ["", "10.0.0.0/33", "10.0.0", "::/129", "1.2.3.4/0.0.0.255x", "localhost", "a\nb"])
def test_what_is_no_network_is_refused_with_an_example(cidr: str) -> None:
    with pytest.raises(BadInput, match=r"203\.0\.113\.0/24"):
        fields.checked_cidrs([cidr])


def test_an_address_in_place_of_its_network_is_told_the_network() -> None:
    with pytest.raises(BadInput, match=r"Its network is 10\.0\.0\.0/8"):
        fields.checked_cidrs(["10.1.2.3/8"])


def test_an_instant_must_lie_after_another_and_within_the_calendar() -> None:
    assert fields.checked_instant(11, what="expiry", after_us=10) == 11
    for wrong in (10, -1, fields.LAST_US + 1, 10**30):
        with pytest.raises(BadInput):
            fields.checked_instant(wrong, what="expiry", after_us=10)
