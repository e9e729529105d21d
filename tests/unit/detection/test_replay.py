# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from fakes.replayed import windows_of
from fakes.traffic import HOUR_US, START_US, World
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import SCHEMAS
from stillwatch.detection.relations.reduction import Reduced
from stillwatch.detection.replay import SILENT_WINDOWS, replay, windows
from stillwatch.detection.window import Window
from stillwatch.records.finding import Findings

CADENCE_US = 1_000
_BLANK: dict[str, Any] = {"int64": 0, "string": "", "bool": False, "binary": b""}


def _stream(name: str, ends: list[int], *, batch: int) -> Iterator[pa.RecordBatch]:
    """Rows of which only the window is said, and a number that tells them apart."""
    blank = {field.name: _BLANK[str(field.type)] for field in SCHEMAS[name]}
    rows = [{**blank, "window_us": end, "account": str(place)} for place, end in enumerate(ends)]
    for start in range(0, len(rows), batch):
        yield pa.RecordBatch.from_pylist(rows[start : start + batch], SCHEMAS[name])


def _reduced(*, batch: int = 3, **ends: list[int]) -> Reduced:
    return Reduced(**{name: _stream(name, ends.get(name, []), batch=batch) for name in Reduced.__slots__})


def _ends(given: Window, name: str) -> list[int]:
    ends: list[int] = getattr(given, name)["window_us"].to_pylist()
    return ends


def test_every_row_is_in_its_window_however_the_streams_are_cut() -> None:
    ends = {"activity": [1_000] * 4 + [2_000] * 7 + [4_000], "firsts": [2_000, 5_000, 5_000], "lessons": [1_000] * 5}
    for batch in (1, 2, 3, 100):
        made = list(windows(_reduced(batch=batch, **ends), cadence_us=CADENCE_US))
        assert [one.end_us for one in made] == [1_000, 2_000, 3_000, 4_000, 5_000]
        for name, expected in ends.items():
            assert [end for one in made for end in _ends(one, name)] == expected
            assert all(set(_ends(one, name)) <= {one.end_us} for one in made)


def test_a_silence_has_its_windows_up_to_a_point_and_then_the_clock_jumps() -> None:
    longest = 1_000 + (SILENT_WINDOWS + 1) * CADENCE_US
    made = list(windows(_reduced(activity=[1_000, longest]), cadence_us=CADENCE_US))
    assert len(made) == SILENT_WINDOWS + 2
    far = 1_000_000 * CADENCE_US
    made = list(windows(_reduced(activity=[1_000, far, far + CADENCE_US]), cadence_us=CADENCE_US))
    assert [one.end_us for one in made[-3:]] == [longest - CADENCE_US, far, far + CADENCE_US]
    assert len(made) == SILENT_WINDOWS + 3


def test_windows_are_made_as_they_are_taken() -> None:
    def endless() -> Iterator[pa.RecordBatch]:
        end = 0
        while True:
            end += CADENCE_US
            yield from _stream("activity", [end], batch=1)

    reduced = Reduced(**{name: iter(()) for name in Reduced.__slots__ if name != "activity"}, activity=endless())
    taken = windows(reduced, cadence_us=CADENCE_US)
    assert [next(taken).end_us for _ in range(3)] == [1_000, 2_000, 3_000]


def test_there_is_a_pass_at_the_end_of_every_window_and_progress_is_told() -> None:
    world = World(seed=13)
    world.people(8)
    given = windows_of(world.log()[:60], every_us=HOUR_US)
    engine, seen = Engine(), list[int]()
    findings, passes = replay(engine, given, progress=seen.append)
    assert passes == len(given) == len(seen)
    assert seen == sorted(seen)
    assert seen[-1] == engine.observed == 60
    assert findings.window_to_us == given[-1].end_us


def test_an_empty_log_has_no_windows_and_finds_nothing() -> None:
    assert list(windows(_reduced(), cadence_us=CADENCE_US)) == []
    nothing = Findings(window_from_us=0, window_to_us=0, accounts=(), campaigns=())
    assert replay(Engine(), []) == (nothing, 0)


def test_a_log_begins_with_the_window_of_its_first_row() -> None:
    world = World(seed=13)
    world.people(4)
    log = world.log()[:9]
    given = windows_of(log, every_us=HOUR_US)
    assert given[0].end_us - HOUR_US <= log[0].ts_us < given[0].end_us
    assert given[0].end_us > START_US
