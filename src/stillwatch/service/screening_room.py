# SPDX-License-Identifier: Apache-2.0
"""Lists and hits for the operators' commands: loads lists, screens subjects, keeps what is found."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from stillwatch.access.adapters.lists.catalog import FORMATS
from stillwatch.access.interface import Organisation
from stillwatch.access.screening.acceptance import accepted, checked_name
from stillwatch.access.screening.entry import Kind, ListInfo
from stillwatch.access.screening.hit import Match
from stillwatch.access.screening.interface import ListShelf, Outcome, ScreeningLog
from stillwatch.access.screening.scorer import Scorer
from stillwatch.access.screening.screen import Progress, Screen
from stillwatch.access.screening.subject import Subject
from stillwatch.errors import BadInput

SCORER = "scorer.json"
"""The learnt numbers in the package ``stillwatch.access.screening``."""


def _silent(_done: int, _total: int) -> None:
    """Say nothing of progress."""


@cache
def open_scorer() -> Scorer:
    """The scorer that ships with the program.

    Raises:
        IntegrityError: It is damaged.
    """
    data = (files("stillwatch.access.screening") / SCORER).read_bytes()
    return Scorer.of(data, digest=hashlib.sha256(data).hexdigest())


class ScreeningRoom:
    """All that can be done with lists and hits.

    Args:
        log: Which lists are in force, and what was found.
        shelf: The lists' entries.
        scorer: What decides.
        shrink: Share of a list's entries that may be missing when it is loaded anew.
    """

    def __init__(self, *, log: ScreeningLog, shelf: ListShelf, scorer: Scorer, shrink: float) -> None:
        self.log = log
        self._shelf = shelf
        self._scorer = scorer
        self._shrink = shrink
        self._screen: Screen | None = None

    def load(
        self,
        name: str,
        paths: Sequence[Path],
        *,
        form: str,
        day: str | None,
        source: str | None,
        by: str,
        now_us: int,
        reason: str = "",
    ) -> ListInfo:
        """Put a list in force in place of the one of its name. What is refused changes nothing.

        Args:
            name: Small letters, digits, dot, dash and underscore.
            paths: Its file, or the files that make it up.
            form: A name in the catalogue of formats.
            day: The day it is of, ISO 8601; None for what the file says, or today.
            source: Where it is from; None for the files' names.
            by: Who loads it.
            now_us: When.
            reason: Why it is accepted although it is much shorter, or older, than the one before.

        Raises:
            BadInput: A file cannot be read or is malformed; the list has shrunk or is older, and no reason is given.
            Unavailable: It cannot be kept.
        """
        checked_name(name)
        if form not in FORMATS:
            raise BadInput(f"There is no format {form[:40]!a}.", hint=f"Say one of {', '.join(FORMATS)}.")
        reader = FORMATS[form]
        if not 1 <= len(paths) <= reader.most:
            raise BadInput(f"A list of the format {form} is 1 to {reader.most} files, not {len(paths)}.")
        data = [_bytes_of(path) for path in paths]
        today = datetime.fromtimestamp(now_us / 1_000_000, UTC).date().isoformat()
        info = ListInfo(
            name=name,
            form=form,
            digest=hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in data)).hexdigest()
            if len(data) > 1
            else hashlib.sha256(data[0]).hexdigest(),
            date=_day(day) if day is not None else reader.date_of(data[0]) or today,
            count=0,
            source=source if source is not None else ", ".join(path.name for path in paths),
            loaded_us=now_us,
            loaded_by=by,
            reason=reason,
        )
        before = next((one for one in self.log.lists() if one.name == name), None)
        made = accepted(info, reader.read(*data), before=before, shrink=self._shrink, least=reader.least)
        # The entries first. If we crash before the database says so, the list before this one is still in force.
        self._shelf.put(made)
        self.log.set_list(made.info)
        self._shelf.keep_only(self.log.lists())
        return made.info

    def remove(self, name: str) -> ListInfo:
        """Take a list out of force.

        Raises:
            BadInput: There is none of this name.
        """
        gone = self.log.remove_list(name)
        self._shelf.keep_only(self.log.lists())
        return gone

    def screen(self, *, now_us: int) -> Screen:
        """The index over every list in force, as of a day; made anew only where lists or the day have changed.

        Raises:
            BadInput: There is no list.
            IntegrityError: A list is missing or damaged.
        """
        infos = self.log.lists()
        if not infos:
            raise BadInput(
                "There is no list to screen against.",
                hint="Load one with `stillwatch list load NAME FILE --format FORMAT`.",
            )
        today = datetime.fromtimestamp(now_us / 1_000_000, UTC).date().isoformat()
        if self._screen is None or (self._screen.infos, self._screen.on) != (infos, today):
            self._screen = Screen([self._shelf.get(info) for info in infos], scorer=self._scorer, on=today)
        return self._screen

    def matches(self, subjects: Sequence[Subject], *, now_us: int, progress: Progress = _silent) -> list[Match]:
        """Look for subjects on every list, and record nothing. See ``screen`` for what it raises."""
        return self.screen(now_us=now_us).matches(subjects, progress=progress)

    def rescreen(self, subjects: Sequence[Subject], *, now_us: int, progress: Progress = _silent) -> Outcome:
        """Look for subjects on every list, and record what was found: to be called when a list or a record changes.

        Args:
            subjects: Of each organisation among them, all: a hit of one that is left out counts as gone.
            now_us: When.
            progress: Called now and then with the subjects done and their number.

        Raises:
            BadInput: There is no list.
            IntegrityError: A list is missing or damaged.
            Unavailable: The log cannot be reached.
        """
        matches = self.matches(subjects, now_us=now_us, progress=progress) if subjects else []
        return self.log.record(sorted({subject.org_id for subject in subjects}), matches, now_us=now_us)

    def lists_digest(self) -> str:
        """One digest of all lists in force and of the scorer: part of what a decision rests on. Empty without lists."""
        infos = self.log.lists()
        if not infos:
            return ""
        said = [f"{info.name} {info.digest} {info.date} {info.count}" for info in infos]
        return hashlib.sha256("\n".join([*said, self._scorer.digest]).encode()).hexdigest()


def subjects_of(organisations: Iterable[Organisation]) -> list[Subject]:
    """The organisations themselves, by the names in the directory."""
    return [
        Subject(org_id=one.org_id, subject_id=one.org_id, kind=Kind.ORGANISATION, names=(one.name,))
        for one in organisations
    ]


def forms() -> dict[str, str]:
    """Every format's name, and what it is."""
    return {name: form.what for name, form in FORMATS.items()}


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"The list {path} cannot be read: {error.strerror}.") from None


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadInput(f"The day {text[:40]!a} cannot be read.", hint="Write it like 2026-06-30.") from None
