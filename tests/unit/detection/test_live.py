# SPDX-License-Identifier: Apache-2.0
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from fakes.replayed import replayed, tables
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.live import BATCH_ROWS, TRIES, LiveEngine
from stillwatch.detection.relations.interface import TableEngine
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings, Recommendation

EVERY_US = 12 * HOUR_US
SETTINGS = DetectionSettings(cadence_seconds=EVERY_US // 1_000_000)
END_US = START_US + 10 * DAY_US
LATE_US = 20 * 60_000_000


def _exchange(at_us: int, **columns: object) -> Exchange:
    given: dict[str, object] = {"exchange_id": f"x{at_us}", "org_id": "o", "account_id": "a", "prompt": "tell me more"}
    return Exchange(**{**given, "ts_us": at_us, "model": "m", "turn": 0, **columns})  # type: ignore[arg-type]


def _lived(log: Sequence[tuple[int, Exchange]], *, until_us: int = END_US) -> tuple[LiveEngine, Findings]:
    """A live engine that exchanges came to, each at its instant, with a pass whenever one was due."""
    live = LiveEngine(SETTINGS, tables)
    due_us = START_US + EVERY_US
    for came_us, exchange in sorted(log, key=lambda one: one[0]):
        while came_us >= due_us:
            live.campaign_pass(due_us)
            due_us += EVERY_US
        live.observe(exchange)
    while due_us < until_us:
        live.campaign_pass(due_us)
        due_us += EVERY_US
    return live, live.campaign_pass(until_us)


@pytest.fixture(scope="module")
def log() -> list[Exchange]:
    """People, some of whom converse, and a hydra; follow-ups lie across ends of windows."""
    world = World(seed=5)
    world.people(100)
    world.hydra(20, exchanges=35, shared=0.4)
    made = world.log()
    for number, one in enumerate(made[::7]):
        if one.account_id.startswith("person"):
            answered_us = one.ts_us + 600_000_000 + number
            made.append(msgspec.structs.replace(one, exchange_id=f"{one.exchange_id}-2", ts_us=answered_us, turn=1))
    crossing = sum(one.turn == 1 and one.ts_us % EVERY_US < 600_000_000 for one in made)
    assert crossing >= 3
    return sorted(made, key=lambda one: (one.ts_us, one.exchange_id))


Lived = tuple[LiveEngine, Findings]


@pytest.fixture(scope="module")
def lived(log: list[Exchange]) -> Lived:
    return _lived([(one.ts_us, one) for one in log])


@pytest.fixture(scope="module")
def found(log: list[Exchange]) -> Findings:
    return replayed(log, until_us=END_US, every_us=EVERY_US, settings=SETTINGS)


def _told(findings: Findings) -> set[tuple[object, ...]]:
    return {(one.account_id, one.action, one.flagged_us, one.campaign_id) for one in findings.accounts}


def test_live_finds_what_a_replay_of_the_log_finds(lived: Lived, found: Findings) -> None:
    live, findings = lived
    assert findings == found
    assert sum(one.action is Recommendation.CONTAIN for one in findings.accounts) >= 12
    assert live.lost == 0


def test_rows_that_come_twice_or_late_change_nothing_that_is_found(log: list[Exchange], found: Findings) -> None:
    is_late = [EVERY_US - one.ts_us % EVERY_US < LATE_US for one in log]
    assert sum(is_late) >= 10
    came = [(one.ts_us + LATE_US * late, one) for one, late in zip(log, is_late, strict=True)]
    came += [(came_us + 1, one) for came_us, one in came[::11]]
    live, findings = _lived(came)
    assert live.engine.observed == len(log)
    assert _told(findings) == _told(found)


def _after(*came: tuple[int, Exchange]) -> tuple[float, float]:
    """How many exchanges of the account "a" there were, and how many of them nothing followed."""
    live, _ = _lived(came, until_us=START_US + 2 * EVERY_US)
    return float(live.engine.census.total_count[0]), float(live.engine.census.count[0])


def test_a_follow_up_across_the_end_of_a_window_is_seen() -> None:
    end_us = START_US + EVERY_US
    first, second = _exchange(end_us - 60_000_000), _exchange(end_us + 60_000_000, turn=1)
    assert _after((first.ts_us, first)) == (1.0, 1.0)
    assert _after((first.ts_us, first), (second.ts_us, second)) == (2.0, 0.0)


def test_what_comes_after_its_window_ended_counts_in_the_next_in_its_order() -> None:
    end_us = START_US + EVERY_US
    first, second = _exchange(end_us - 50_000_000), _exchange(end_us - 20_000_000, turn=1)
    assert _after((end_us + 5, first), (end_us + 9, second)) == (2.0, 0.0)
    assert _after((end_us + 5, second), (end_us + 9, first)) == (2.0, 0.0)
    assert _after((first.ts_us, first), (end_us + 5, second)) == (2.0, 0.0)


def test_a_first_message_that_comes_again_after_its_window_counts_once() -> None:
    end_us = START_US + EVERY_US
    first = _exchange(end_us - 50_000_000)
    assert _after((first.ts_us, first), (end_us + 5, first)) == (1.0, 1.0)
    assert _after((end_us + 5, first), (end_us + 6, first)) == (1.0, 1.0)


def test_what_is_ahead_of_the_clock_waits_for_its_window() -> None:
    live = LiveEngine(SETTINGS, tables)
    live.observe(_exchange(START_US + EVERY_US + 1))
    live.observe(_exchange(START_US + 1))
    live.campaign_pass(START_US + EVERY_US)
    assert live.engine.observed == 1
    live.campaign_pass(START_US + 2 * EVERY_US)
    assert live.engine.observed == 2


def test_only_what_may_yet_be_needed_is_kept_between_passes(log: list[Exchange], lived: Lived) -> None:
    live, _ = lived
    assert not live._sightings
    assert live._held.num_rows <= sum(one.ts_us >= END_US - HOUR_US for one in log)


def test_a_row_that_cannot_be_read_is_counted_and_costs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    live = LiveEngine(SETTINGS, tables)
    good = [_exchange(START_US + number, account_id=f"a{number}") for number in range(BATCH_ROWS)]
    bad = [_exchange(1 << 62), _exchange(-1), _exchange(START_US, asn=1 << 70)]
    with caplog.at_level(logging.ERROR):
        for one in (*good, *bad, _exchange(START_US + 5, prompt="half a pair \ud83d")):
            live.observe(one)
        live.campaign_pass(START_US + EVERY_US)
    assert (live.lost, live.engine.observed) == (3, BATCH_ROWS + 1)
    assert caplog.text.count("cannot be read") == 3


def test_a_pass_that_fails_loses_nothing() -> None:
    refusals = ["There is no memory."]

    def open_tables() -> TableEngine:
        if refusals:
            raise BadInput(refusals.pop())
        return tables()

    live = LiveEngine(SETTINGS, open_tables)
    live.observe(_exchange(START_US + 1))
    with pytest.raises(BadInput):
        live.campaign_pass(START_US + EVERY_US)
    live.campaign_pass(START_US + EVERY_US)
    live.campaign_pass(START_US + 2 * EVERY_US)
    assert (live.engine.observed, live.engine.census.count[0]) == (1, 1.0)


class _Failing:
    """Fails so many times, and from then on does what it stands before."""

    def __init__(self, real: Callable[..., Any], *, times: int) -> None:
        self._real, self._times = real, times

    def __call__(self, *given: Any) -> Any:
        if self._times:
            self._times -= 1
            raise MemoryError("There is no memory.")
        return self._real(*given)


@pytest.mark.parametrize("step", ["_enrol", "_learn", "_note_firsts"])
def test_a_window_that_fails_on_its_way_in_is_taken_in_once_by_a_later_pass(
    log: list[Exchange], found: Findings, step: str
) -> None:
    live = LiveEngine(SETTINGS, tables)
    census = live.engine.census
    due_us, failed = START_US + EVERY_US, 0
    failures = {START_US + EVERY_US: 2, START_US + 9 * EVERY_US: 3}
    for one in log:
        while one.ts_us >= due_us:
            setattr(census, step, _Failing(getattr(census, step), times=failures.pop(due_us, 0)))
            try:
                live.campaign_pass(due_us)
                due_us += EVERY_US
            except MemoryError:
                failed += 1
        live.observe(one)
    while due_us < END_US:
        live.campaign_pass(due_us)
        due_us += EVERY_US
    assert live.campaign_pass(END_US) == found
    assert failed == 5
    assert live.lost == 0


def test_a_window_that_never_goes_in_is_given_up_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    live = LiveEngine(SETTINGS, tables)
    live.engine.census._note_tokens = _Failing(live.engine.census._note_tokens, times=TRIES)  # type: ignore[assignment]
    live.observe(_exchange(START_US + 1))
    live.observe(_exchange(START_US + 2))
    for _ in range(TRIES - 1):
        with pytest.raises(MemoryError):
            live.campaign_pass(START_US + EVERY_US)
    live.observe(_exchange(START_US + EVERY_US + 1))
    with caplog.at_level(logging.ERROR):
        live.campaign_pass(START_US + 2 * EVERY_US)
    assert live.lost == 2
    assert live.engine.observed == 1
    assert "2 exchanges cannot be taken in" in caplog.text


def test_a_log_that_is_read_back_after_a_restart_is_remembered(log: list[Exchange]) -> None:
    cut_us = START_US + 2 * DAY_US + 5_000_000
    before = [one for one in log if one.ts_us < cut_us]
    live = LiveEngine(SETTINGS, tables)
    for number, one in enumerate(before):
        live.observe(one)
        if number % 200 == 199:
            live.take_in(one.ts_us)
    never, _ = _lived([(one.ts_us, one) for one in before], until_us=START_US + 3 * DAY_US)
    live.campaign_pass(START_US + 3 * DAY_US)
    assert live.engine.census.names == never.engine.census.names
    assert live.engine.census.count.tolist() == never.engine.census.count.tolist()
    assert live.engine.census.prompts.tolist() == never.engine.census.prompts.tolist()


def test_refused_exchanges_and_damaged_sketches_do_no_harm() -> None:
    live = LiveEngine(SETTINGS, tables)
    live.observe(_exchange(START_US, outcome="refused"))
    live.campaign_pass(START_US + EVERY_US)
    assert live.engine.observed == 0
    live.observe(_exchange(START_US + EVERY_US, sketch=b"\xff\x00"))
    live.campaign_pass(START_US + 2 * EVERY_US)
    assert live.engine.observed == 1


def test_an_engine_that_saw_nothing_finds_nothing() -> None:
    findings = LiveEngine(SETTINGS, tables).campaign_pass(START_US)
    assert findings == Findings(window_from_us=START_US, window_to_us=START_US, accounts=(), campaigns=())
    assert "Only 0 organisations" in LiveEngine(SETTINGS, tables).note()


def test_observing_ten_times_as_much_takes_about_ten_times_as_long() -> None:
    def seconds(count: int) -> float:
        live = LiveEngine(SETTINGS, tables)
        rows = [_exchange(START_US + number) for number in range(count)]
        began = time.process_time()
        for one in rows:
            live.observe(one)
        return time.process_time() - began

    seconds(BATCH_ROWS)
    assert seconds(20 * BATCH_ROWS) < 30 * seconds(2 * BATCH_ROWS)
