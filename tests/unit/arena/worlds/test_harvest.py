# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.worlds.description import Field
from stillwatch.arena.worlds.harvest import corpus

FIELDS: tuple[Field, ...] = ("reasoning", "problems", "code", "instructions", "agentic", "grading")


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_gives_as_many_texts_as_asked_and_mostly_different_ones(field: Field) -> None:
    texts = corpus(field, GeneratedLibrary(), 300, Dice(1))
    assert len(texts) == 300
    assert len({text.prompt for text in texts}) > 280
    assert texts == corpus(field, GeneratedLibrary(), 300, Dice(1))


def test_only_the_field_of_reasoning_demands_it() -> None:
    plain = corpus("problems", GeneratedLibrary(), 100, Dice(1))
    assert not any("reasoning" in text.prompt or "step by step" in text.prompt for text in plain)


def test_a_field_that_runs_out_repeats_itself() -> None:
    texts = corpus("agentic", GeneratedLibrary(), 30_000, Dice(1))
    assert len(texts) == 30_000
