# SPDX-License-Identifier: Apache-2.0
"""Prompts from a folder of real corpora.

The folder holds ``A`` (what distillers send), ``B`` (what people send) and ``C`` (what benign machines send), each with
files in JSON Lines, gzipped or not: one object a line with the text ``prompt`` and, where there are standing
instructions, the text ``system``. Other fields are not read.
"""

import gzip
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.documents import Trade
from stillwatch.arena.prompts.interface import Talker, Text
from stillwatch.arena.prompts.topics import topics
from stillwatch.errors import BadInput

_ROWS = 3_000
"""At most so many rows of each file are read for people and machines."""
_HARVEST_ROWS = 20_000
"""And so many of what distillers send."""
_LONGEST = 4_000
"""Characters of a prompt that are sent; what is cut off would cost time and tell nothing more."""
_TOPICS = 16
_SMALLEST_TOPIC = 24
"""Texts that a topic should have."""
_LAYOUT = "The folder needs A/, B/ and C/ with .jsonl or .jsonl.gz files of objects with a text 'prompt'."


class _Row(msgspec.Struct):
    """The part of a line that is read."""

    prompt: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Corpus:
    """One file, sorted by topic."""

    name: str
    texts: tuple[Text, ...]
    groups: tuple[tuple[int, ...], ...]

    def coherent(self, dice: Dice, *, groups: int) -> list[Text]:
        """All texts of a few topics."""
        chosen = dice.some(self.groups, groups)
        return [self.texts[index] for group in chosen for index in group]


class _Person:
    """Draws from a few topics of one corpus, without repeating a prompt before all have been used."""

    def __init__(self, texts: list[Text], dice: Dice) -> None:
        self._texts = texts
        self._dice = dice
        self._left: list[Text] = []

    def opening(self) -> str:
        """The next prompt."""
        if not self._left:
            self._left = self._dice.shuffled(self._texts)
        return self._left.pop().prompt

    def follow_up(self) -> str:
        """The next prompt: real corpora seldom say which prompt followed which."""
        return self.opening()


class CorporaLibrary:
    """See ``Library``.

    Args:
        folder: See the module.

    Raises:
        BadInput: The folder is missing or incomplete, or a file in it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise BadInput(f"There is no folder of prompts {folder}.", hint=_LAYOUT)
        self._distillers = [
            _Corpus(name=p.name, texts=_texts(p, _HARVEST_ROWS), groups=()) for p in _files(folder, "A")
        ]
        self._people = [_sorted_corpus(path) for path in _files(folder, "B")]
        self._machines = [_sorted_corpus(path) for path in _files(folder, "C")]

    def person(self, dice: Dice) -> Talker:
        """A person who keeps to a few topics of one corpus."""
        corpus = dice.weighted(self._people, [len(c.texts) for c in self._people])
        return _Person(corpus.coherent(dice, groups=dice.between(1, 3)), dice)

    def developer(self, dice: Dice) -> Talker:
        """The same: public corpora of developers' own prompts are rare."""
        return self.person(dice)

    def job(self, dice: Dice) -> tuple[str, Callable[[], str]]:
        """One topic of one machine corpus, under a system prompt of the customer's own."""
        corpus = dice.pick(self._machines)
        texts = corpus.coherent(dice, groups=2)
        trade = Trade(dice).name
        system = f"{texts[0].system} For {trade}." if texts[0].system else f"You work for {trade}. Do what is asked."
        return system, _Person(texts, dice).opening

    def examination(self) -> Sequence[str]:
        """The machine corpus that looks most like a benchmark by its name, else the first."""
        marked = [c for c in self._machines if any(mark in c.name for mark in ("shot", "eval", "bench", "harness"))]
        return [text.prompt for text in (marked or self._machines)[0].texts]

    def assignment(self, dice: Dice) -> Sequence[str]:
        """Ten prompts of two topics, fewer where the corpus is that small."""
        corpus = dice.pick(self._people)
        return [text.prompt for text in dice.some(corpus.coherent(dice, groups=2), 10)]

    def harvest(self, count: int, dice: Dice) -> list[Text]:
        """Prompts of two of the distillers' corpora, and of more where these are too small."""
        texts: list[Text] = []
        for number, corpus in enumerate(dice.shuffled(self._distillers)):
            if number >= 2 and len(texts) >= count:
                break
            texts += corpus.texts
        while len(texts) < count:
            texts += texts
        return dice.some(texts, count)


def _files(folder: Path, kind: str) -> list[Path]:
    """The corpora of one kind, in a fixed order."""
    found = sorted([*folder.glob(f"{kind}/*.jsonl"), *folder.glob(f"{kind}/*.jsonl.gz")])
    if not found:
        raise BadInput(f"{folder / kind} holds no prompts.", hint=_LAYOUT)
    return found


def _sorted_corpus(path: Path) -> _Corpus:
    texts = _texts(path, _ROWS)
    count = max(1, min(_TOPICS, len(texts) // _SMALLEST_TOPIC))
    groups = topics([text.prompt for text in texts], count=count, seed=1)
    whole = [tuple(group) for group in groups if len(group) >= _SMALLEST_TOPIC // 2]
    # Too few texts to talk about for two weeks: together they are a topic of odds and ends.
    rest = tuple(index for group in groups if len(group) < _SMALLEST_TOPIC // 2 for index in group)
    return _Corpus(name=path.name, texts=texts, groups=(*whole, rest) if rest else tuple(whole))


def _texts(path: Path, rows: int) -> tuple[Text, ...]:
    """The first prompts of a file, equal ones once."""
    decoder = msgspec.json.Decoder(_Row)
    found: dict[str, Text] = {}
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rb") as file:
            for line in file:
                number += 1
                if len(found) >= rows:
                    break
                row = decoder.decode(line) if line.strip() else _Row()
                prompt = (row.prompt or "")[:_LONGEST]
                if prompt.strip():
                    found[prompt] = Text(prompt, (row.system or "")[:_LONGEST])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}, line {number}: {error}.", hint=_LAYOUT) from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {error}.", hint=_LAYOUT) from None
    if not found:
        raise BadInput(f"{path} holds no line with a text 'prompt'.", hint=_LAYOUT)
    return tuple(found.values())
