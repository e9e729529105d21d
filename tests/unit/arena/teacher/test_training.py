# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.arena.teacher.corpus import Lesson
from stillwatch.arena.teacher.training import Curriculum, Taught, batch_of, encode, teach
from stillwatch.arena.teacher.vocabulary import ANSWER, END, REASONING, Vocabulary


def test_teacher_learns_far_more_than_how_frequent_words_are(taught: Taught) -> None:
    assert taught.unigram_perplexity > 80
    assert taught.perplexity < taught.unigram_perplexity / 5


def test_same_curriculum_gives_the_same_teacher() -> None:
    small = Curriculum(lessons=40, held_out=10, tokens=500)
    assert np.array_equal(teach(small).weights.embedding, teach(small).weights.embedding)


def test_only_reasoning_and_answer_are_to_be_predicted() -> None:
    vocabulary = Vocabulary(["ask", "why", "so"])
    lesson = encode(Lesson(question="ask", reasoning="why", answer="so"), vocabulary)
    batch = batch_of([lesson], context=4)
    why, so = vocabulary.encode("why")[0], vocabulary.encode("so")[0]
    assert batch.targets.tolist() == [why, ANSWER, so, END]
    assert batch.contexts[0, -1] == REASONING
    assert batch.contexts[3, -1] == so


def test_lesson_without_reasoning_goes_straight_to_the_answer() -> None:
    vocabulary = Vocabulary(["ask", "so"])
    batch = batch_of([encode(Lesson(question="ask", answer="so"), vocabulary)], context=4)
    assert batch.targets.tolist() == [vocabulary.encode("so")[0], END]
    assert batch.contexts[0, -1] == ANSWER
