# SPDX-License-Identifier: Apache-2.0
"""What a persona needs to know what to say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from stillwatch.arena.language.dice import Dice


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt, with the standing instructions that go with it; empty where there are none."""

    prompt: str
    system: str = ""


class Talker(Protocol):
    """Somebody who talks in conversations, coherent over all of them."""

    def opening(self) -> str:
        """The first message of a conversation."""
        ...

    def follow_up(self) -> str:
        """A later message of the same conversation."""
        ...


class Library(Protocol):
    """A source of prompts. What it gives depends only on the dice it is given and on its own content."""

    def person(self, dice: Dice) -> Talker:
        """A person with interests of their own."""
        ...

    def developer(self, dice: Dice) -> Talker:
        """Somebody who works with a coding agent on a project of their own."""
        ...

    def job(self, dice: Dice) -> tuple[str, Callable[[], str]]:
        """One customer's bulk job: its system prompt, and a source of its items."""
        ...

    def examination(self) -> Sequence[str]:
        """A public benchmark, in order, as everybody who runs it sends it."""
        ...

    def assignment(self, dice: Dice) -> Sequence[str]:
        """The questions that one class is set."""
        ...

    def harvest(self, count: int, dice: Dice) -> list[Text]:
        """What somebody who trains a student would send to the teacher: ``count`` prompts of one corpus."""
        ...
