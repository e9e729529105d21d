# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.teacher.corpus import lessons


def test_longer_course_begins_with_the_shorter_one() -> None:
    assert lessons(50, seed=3) == lessons(80, seed=3)[:50]


def test_seed_changes_the_course() -> None:
    assert lessons(20, seed=3) != lessons(20, seed=4)


def test_lessons_have_question_and_answer_and_many_have_reasoning() -> None:
    course = lessons(400, seed=1)
    assert all(lesson.question and lesson.answer for lesson in course)
    assert sum(bool(lesson.reasoning) for lesson in course) > 250
