# SPDX-License-Identifier: Apache-2.0
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.arena.teacher.corpus import lessons
from stillwatch.arena.teacher.vocabulary import END, Vocabulary

LEARNED = Vocabulary.learned_from((lesson.question for lesson in lessons(200, seed=1)), size=600)


@given(st.text())
def test_any_text_survives_the_way_to_tokens_and_back(text: str) -> None:
    if text.encode(errors="ignore").decode() != text:
        return  # A lone surrogate is no text that HTTP could have brought.
    assert LEARNED.decode(LEARNED.encode(text)) == text


def test_size_is_kept_and_frequent_words_are_one_token() -> None:
    assert len(LEARNED) == 600
    assert len(LEARNED.encode("the")) <= 3
    assert len(LEARNED.encode(" the")) == 1


def test_marks_have_no_text() -> None:
    assert LEARNED.piece(END) == b""


def test_rare_words_count_more_than_common_ones() -> None:
    tokens = [*LEARNED.encode(" the"), *LEARNED.encode(" postcards")]
    shares = LEARNED.shares(tokens)
    assert shares[-1] > shares[0]
    assert np.isclose((shares**2).sum(), 1.0, atol=1e-3)
