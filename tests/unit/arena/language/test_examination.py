# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.language.examination import QUESTIONS, examination


def test_everybody_gets_the_same_questions_in_the_same_order() -> None:
    first = examination()
    examination.cache_clear()
    assert examination() == first
    assert len(first) == QUESTIONS


def test_each_question_has_four_different_options_and_one_form() -> None:
    for number, question in enumerate(examination()[:50], start=1):
        assert question.startswith(f"The following is question {number} of a multiple choice test.")
        assert question.endswith("Answer:")
        assert [line[:2] for line in question.splitlines()[-5:-1]] == ["A.", "B.", "C.", "D."]
