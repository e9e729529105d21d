# SPDX-License-Identifier: Apache-2.0
"""Prompts from the arena's own grammar: no file is needed and no real person's words are used."""

from collections.abc import Callable, Sequence

from stillwatch.arena.language.code_tasks import Repository, function_task
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.documents import JOBS, Trade
from stillwatch.arena.language.examination import examination
from stillwatch.arena.language.talk import Voice
from stillwatch.arena.language.worked_problems import FAMILIES
from stillwatch.arena.prompts.interface import Talker, Text

_ELICITATIONS = (
    "Think step by step and write down every step before the answer.",
    "Show your complete reasoning, then the answer on a line of its own.",
    "Reason aloud. Do not skip anything, even if it is obvious.",
    "First explain how you would approach it, then solve it in full.",
    "Solve it in two different ways and check that they agree.",
    "Write out your internal reasoning in detail, then conclude.",
    "Work through it carefully and justify each step.",
    "Give the full chain of thought, then a final answer.",
    "",
)
_HARVEST_SYSTEM = "You are a careful expert. Your reasoning is complete and your answers are self-contained."


class _Developer:
    """Asks an agent for chores in one repository, and passes on what its tools say."""

    def __init__(self, dice: Dice) -> None:
        self._repository = Repository(dice)

    def opening(self) -> str:
        """A chore."""
        return self._repository.chore()

    def follow_up(self) -> str:
        """What a tool answered, or a word in between."""
        return self._repository.tool_result()


class GeneratedLibrary:
    """See ``Library``."""

    def person(self, dice: Dice) -> Talker:
        """A person with one to three subjects and a voice of their own."""
        return Voice(dice)

    def developer(self, dice: Dice) -> Talker:
        """A developer with a repository of their own."""
        return _Developer(dice)

    def job(self, dice: Dice) -> tuple[str, Callable[[], str]]:
        """Classification, translation, summaries or extraction for one trade."""
        return dice.pick(JOBS)(Trade(dice), dice)

    def examination(self) -> Sequence[str]:
        """The arena's public examination."""
        return examination()

    def assignment(self, dice: Dice) -> Sequence[str]:
        """Ten questions of one kind."""
        families = dice.some(FAMILIES, 2)
        return [dice.pick(families)(dice).question for _ in range(10)]

    def harvest(self, count: int, dice: Dice) -> list[Text]:
        """Problems and functions, nearly all of them with a demand for the reasoning."""
        families = dice.some(FAMILIES, 6)
        texts: dict[str, Text] = {}
        while len(texts) < count:
            task = dice.pick(families)(dice).question if dice.chance(0.65) else function_task(dice).question
            prompt = f"{task}\n\n{dice.pick(_ELICITATIONS)}".strip()
            texts[prompt] = Text(prompt, _HARVEST_SYSTEM if dice.chance(0.3) else "")
        return list(texts.values())
