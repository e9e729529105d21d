# SPDX-License-Identifier: Apache-2.0
"""Arrival processes from measured traces: gaps of real agent sessions, rates of real clients of a model service.

The folder (or its subfolder ``D``) holds ``claude_code_sessions.jsonl[.gz]`` with one request a line (``trace``,
``depth``, ``t`` seconds into the session, ``think_time``), and ``servegen_client_rates.jsonl[.gz]`` with one ten-minute
window of one client a line (``cat``, ``model``, ``client``, ``t`` seconds, ``rate``). What people do between sessions
is in neither, and stays modelled.
"""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from stillwatch.arena.schedule import DAY_US, SECOND_US, START_US
from stillwatch.arena.worlds.arrivals import Instants, ModelledArrivals
from stillwatch.errors import BadInput

_SESSIONS = "claude_code_sessions.jsonl"
_RATES = "servegen_client_rates.jsonl"
_WINDOW_SECONDS = 600
_FEWEST_WINDOWS = 144
"""A client that was seen for less than a day of windows says little about two weeks."""
_LONGEST_PAUSE_SECONDS = 1_800
"""A longer pause ends the session."""


Row = TypeVar("Row", bound=msgspec.Struct)


class _Step(msgspec.Struct):
    trace: str
    t: float
    depth: int = 0
    think_time: float | None = None


class _Window(msgspec.Struct):
    model: str
    client: int
    t: float
    rate: float
    cat: str = ""


class MeasuredArrivals:
    """See the module, and ``Arrivals`` for the methods.

    Raises:
        BadInput: A trace is missing or cannot be read.
    """

    name = "measured traces, and a model for the days on which people come"

    def __init__(self, folder: Path) -> None:
        inside = folder / "D" if (folder / "D").is_dir() else folder
        self._modelled = ModelledArrivals()
        self._steps, self._pauses = _session_gaps(inside)
        self._clients = _client_rates(inside)

    def sessions(self, chance: np.random.Generator, count: int, *, days: int, zone: float) -> Instants:
        """As modelled: no trace here has people and days."""
        return self._modelled.sessions(chance, count, days=days, zone=zone)

    def pauses(self, chance: np.random.Generator, count: int) -> Instants:
        """Drawn from the times for which real users of an agent thought before they wrote again."""
        return chance.choice(self._pauses, count)

    def steps(self, chance: np.random.Generator, count: int) -> Instants:
        """Drawn from the gaps between requests of real agent sessions."""
        return chance.choice(self._steps, count)

    def service(self, chance: np.random.Generator, count: int, *, days: int) -> Instants:
        """One real client's windows, each with its share of the requests; repeated where the log is longer."""
        begins, rates, span = self._clients[int(chance.integers(len(self._clients)))]
        window = chance.choice(len(begins), count, p=rates / rates.sum())
        copy = chance.integers(0, max(1, int(np.ceil(days * 86_400 / span))), count)
        seconds = begins[window] + copy * span + chance.random(count) * _WINDOW_SECONDS
        at = START_US + (seconds * SECOND_US).astype(np.int64)
        # What falls past the end is brought round to the beginning, so that the count holds.
        return np.sort(START_US + (at - START_US) % (days * DAY_US))


def _session_gaps(folder: Path) -> tuple[Instants, Instants]:
    steps: list[float] = []
    pauses: list[float] = []
    last: dict[str, float] = {}
    for row in _rows(folder, _SESSIONS, _Step):
        if row.depth:
            continue
        gap = row.t - last.get(row.trace, row.t)
        last[row.trace] = row.t
        if 0 < gap <= _LONGEST_PAUSE_SECONDS:
            steps.append(gap)
        if row.think_time and 1 < row.think_time <= _LONGEST_PAUSE_SECONDS:
            pauses.append(row.think_time)
    if not steps or not pauses:
        raise BadInput(f"{folder / _SESSIONS} holds no gap between two requests.")
    return (np.array(steps) * SECOND_US).astype(np.int64), (np.array(pauses) * SECOND_US).astype(np.int64)


def _client_rates(folder: Path) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    windows: dict[tuple[str, str, int], list[tuple[float, float]]] = defaultdict(list)
    for row in _rows(folder, _RATES, _Window):
        windows[row.cat, row.model, row.client].append((row.t, row.rate))
    found = []
    for key in sorted(windows):
        if len(windows[key]) >= _FEWEST_WINDOWS:
            begins, rates = (np.array(column) for column in zip(*windows[key], strict=True))
            days = max(1.0, np.ceil((begins.max() + _WINDOW_SECONDS) / 86_400))
            found.append((begins, rates, float(days * 86_400)))
    if not found:
        raise BadInput(f"{folder / _RATES} holds no client that was seen for a day.")
    return found


def _rows(folder: Path, name: str, kind: type[Row]) -> Iterator[Row]:
    path = next((one for one in (folder / f"{name}.gz", folder / name) if one.exists()), None)
    if path is None:
        raise BadInput(f"There is no {name} or {name}.gz in {folder}.", hint="See docs/how-to/judge-detection.md.")
    decoder = msgspec.json.Decoder(kind)
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rb") as file:
            for line in file:
                number += 1
                yield decoder.decode(line)
    except msgspec.DecodeError as error:
        raise BadInput(f"{path}, line {number}: {error}.") from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
