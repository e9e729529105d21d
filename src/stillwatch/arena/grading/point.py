# SPDX-License-Identifier: Apache-2.0
"""One graded point: a world with a seed, composed, hunted in and scored, and kept so that it is never done twice."""

import hashlib
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

import stillwatch
from stillwatch.arena.grading.comparison import BaselineScore, compare
from stillwatch.arena.grading.feedback import hunt_in_world
from stillwatch.arena.grading.hunting import Cost
from stillwatch.arena.grading.labelled_log import read_log
from stillwatch.arena.grading.scoring import Score, score
from stillwatch.arena.prompts.interface import Library
from stillwatch.arena.worlds.compose import compose
from stillwatch.arena.worlds.description import World
from stillwatch.arena.worlds.interface import Arrivals
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput

_CODE = (
    "arena/grading/baselines", "arena/grading/comparison.py", "arena/grading/feedback.py",
    "arena/grading/labelled_log.py", "arena/grading/scoring.py", "arena/language", "arena/prompts", "arena/world.py",
    "arena/worlds", "detection", "records", "service/hunting.py", "stats",
)  # fmt: skip
"""What a point's figures depend on."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    world: str
    seed: int
    score: Score
    cost: Cost | None
    """None where findings were given instead of hunted for."""
    baselines: tuple[BaselineScore, ...]


@dataclass(frozen=True)
class Grader:
    """Makes points, and keeps them in a folder under a name that says all they depend on.

    Args:
        kept: The folder; made where it is missing.
        library: What callers say.
        sources: Says which prompts and traces, in the point's name.
        arrivals: When they say it.
        settings: Detection's.
        most_false: For the baselines' limited setting.
    """

    kept: Path
    library: Library
    sources: str
    arrivals: Arrivals
    settings: DetectionSettings
    most_false: int

    def point(self, world: World, seed: int) -> Point:
        """Grade one world, or give what was graded before."""
        path = self._path(world, seed)
        if (known := self.known(world, seed)) is not None:
            return known
        with tempfile.TemporaryDirectory(prefix="stillwatch-grade-") as name:
            folder = Path(name)
            verdicts, cost = hunt_in_world(
                world,
                lambda bans: compose(world, seed=seed, library=self.library, arrivals=self.arrivals, bans=bans),
                folder,
                settings=self.settings,
            )
            log = read_log(folder)
            graded = Point(
                world=world.name,
                seed=seed,
                score=score(log, verdicts),
                cost=cost,
                baselines=compare(log, most_false=self.most_false),
            )
        try:
            self.kept.mkdir(parents=True, exist_ok=True)
            # Written whole under another name first: an interrupted run leaves no half a point.
            path.with_suffix(".part").write_bytes(msgspec.json.encode(graded))
            path.with_suffix(".part").replace(path)
        except OSError as error:
            raise BadInput(f"A finished point cannot be kept in {self.kept}: {error.strerror}.") from None
        return graded

    def known(self, world: World, seed: int) -> Point | None:
        """What was graded before with the same world, seed, prompts, settings and code; None where nothing was."""
        try:
            return msgspec.json.decode(self._path(world, seed).read_bytes(), type=Point)
        except (OSError, msgspec.DecodeError):
            return None

    def _path(self, world: World, seed: int) -> Path:
        parts = (
            msgspec.json.encode(world),
            f"{seed}|{self.sources}|{self.arrivals.name}|{self.most_false}|{self._code}".encode(),
            self.settings.model_dump_json().encode(),
        )
        return self.kept / f"{hashlib.sha256(b'|'.join(parts)).hexdigest()[:24]}.json"

    @cached_property
    def _code(self) -> str:
        return code_digest()


def code_digest() -> str:
    """A digest of the code on which figures depend, so that a changed detector is never judged by an old point."""
    root = Path(stillwatch.__file__).parent
    digest = hashlib.sha256()
    for name in _CODE:
        files = [root / name] if name.endswith(".py") else sorted((root / name).rglob("*.py"))
        for path in files:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
