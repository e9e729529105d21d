# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from stillwatch.arena.teacher.corpus import lessons
from stillwatch.arena.teacher.network import surprise
from stillwatch.arena.teacher.speaking import Speaker, Wishes
from stillwatch.arena.teacher.training import Taught, batch_of, encode
from stillwatch.arena.teacher.vocabulary import ANSWER, BEGIN, QUESTION


@pytest.fixture
def speaker(taught: Taught) -> Speaker:
    return Speaker(taught, seed=1)


@pytest.fixture
def question(speaker: Speaker) -> list[int]:
    return speaker.vocabulary.encode("What does hive mean in bees?")


def said(speaker: Speaker, question: list[int], wishes: Wishes) -> list[bytes]:
    return [spoken.piece for spoken in speaker.speak(question, wishes)]


def test_probabilities_of_a_step_add_up_to_one(speaker: Speaker, question: list[int]) -> None:
    logits = speaker.logits([BEGIN, QUESTION, *question, ANSWER], question)
    assert logits.shape == (len(speaker.vocabulary),)
    assert np.isclose(np.exp(logits - np.logaddexp.reduce(logits)).sum(), 1.0, atol=1e-4)


def test_quick_steps_agree_with_the_network_as_it_was_trained(taught: Taught, speaker: Speaker) -> None:
    lesson = encode(lessons(3, seed=77)[2], taught.vocabulary)
    batch = batch_of([lesson], context=taught.weights.context)
    place = len(batch.targets) - 2  # Within the answer.
    logits = speaker.logits(batch.contexts[place].tolist(), lesson.question.tolist())
    quick = np.logaddexp.reduce(logits) - logits[batch.targets[place]]
    # The marks that cannot follow are barred when speaking; their share of the probability is small once trained.
    assert abs(quick - surprise(taught.weights, batch)[place]) < 0.05


def test_temperature_zero_always_takes_the_likeliest(speaker: Speaker, question: list[int]) -> None:
    wishes = Wishes(temperature=0.0, max_tokens=10, top_logprobs=1)
    spoken = list(speaker.speak(question, wishes))
    assert [s.piece for s in spoken] == said(speaker, question, wishes)
    assert all(s.alternatives[0][0] == s.piece for s in spoken)


def test_same_seed_gives_the_same_answer_and_another_another(speaker: Speaker, question: list[int]) -> None:
    once = said(speaker, question, Wishes(seed=5, temperature=1.5))
    assert said(speaker, question, Wishes(seed=5, temperature=1.5)) == once
    assert any(said(speaker, question, Wishes(seed=s, temperature=1.5)) != once for s in range(6, 10))


def test_narrow_top_p_is_the_likeliest_token(speaker: Speaker, question: list[int]) -> None:
    greedy = said(speaker, question, Wishes(temperature=0.0, max_tokens=8))
    assert said(speaker, question, Wishes(top_p=1e-6, max_tokens=8)) == greedy


def test_length_is_never_exceeded(speaker: Speaker, question: list[int]) -> None:
    assert len(said(speaker, question, Wishes(max_tokens=3, reasoning=True))) <= 3


def test_reasoning_comes_before_the_answer_and_only_when_asked(speaker: Speaker, question: list[int]) -> None:
    parts = [s.is_reasoning for s in speaker.speak(question, Wishes(reasoning=True, max_tokens=80, temperature=0.3))]
    assert parts[0]
    assert parts == sorted(parts, reverse=True)
    assert not any(s.is_reasoning for s in speaker.speak(question, Wishes(max_tokens=20)))


def test_logprobs_are_those_of_the_distribution_it_drew_from(speaker: Speaker, question: list[int]) -> None:
    for spoken in speaker.speak(question, Wishes(top_logprobs=5, max_tokens=10)):
        assert spoken.logprob is not None
        assert spoken.logprob <= 0.0
        listed = [logprob for _, logprob in spoken.alternatives]
        assert listed == sorted(listed, reverse=True)
        assert sum(np.exp(listed)) <= 1.0 + 1e-4


def test_empty_question_is_answered_too(speaker: Speaker) -> None:
    assert len(said(speaker, [], Wishes(max_tokens=4))) <= 4


def test_embeddings_have_unit_length(speaker: Speaker, question: list[int]) -> None:
    assert np.isclose(np.linalg.norm(speaker.embed(question)), 1.0, atol=1e-3)
    assert not speaker.embed([]).any()
