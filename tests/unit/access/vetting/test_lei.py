# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.vetting.lei import is_lei, lei_with_check

STEMS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=18, max_size=18)


@given(STEMS)
def test_a_completed_stem_is_an_lei(stem: str) -> None:
    assert is_lei(lei_with_check(stem))


@given(STEMS, st.integers(0, 19), st.data())
def test_one_wrong_character_of_the_same_kind_is_noticed(stem: str, place: int, data: st.DataObject) -> None:
    lei = lei_with_check(stem)
    # A digit for a letter moves all the others, and once in 97 times the check does not notice.
    character = data.draw(st.sampled_from("0123456789" if lei[place].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    wrong = lei[:place] + character + lei[place + 1 :]
    assert is_lei(wrong) == (wrong == lei)


@pytest.mark.parametrize("text", ["", "5493001KJTIIGC8Y1R1", "5493001kjtiigc8y1r12", "5493001KJTIIGC8Y1R12 ", "٣" * 20])
def test_what_has_another_form_is_none(text: str) -> None:
    assert not is_lei(text)


def test_a_stem_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="18 digits"):
        lei_with_check("abc")
