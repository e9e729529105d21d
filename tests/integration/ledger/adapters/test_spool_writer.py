# SPDX-License-Identifier: Apache-2.0
"""The writer, without its thread: every step of it fails once, lost and landed, and nothing acknowledged is missing."""

import contextlib
import errno
from itertools import count
from random import Random

import pytest

from fakes.exchanges import START_US, an_exchange
from fakes.failing_disk import CHANGING, Fail, FailingDisk
from fakes.power_cut_disk import PowerCutDisk, PowerCutError
from stillwatch.ledger.adapters.log_reader import LogReader
from stillwatch.ledger.adapters.parquet_log import ParquetLog
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.ledger.adapters.spool_writer import Entry, SpoolWriter, Verdict
from stillwatch.ledger.frames import Begin, begin_frame, finish_frame
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.records.exchange import Outcome

clock = count(START_US).__next__


def begin(number: int) -> Entry[int]:
    frame = begin_frame(Begin(f"ex-{number:06d}", START_US + number, "org-1", "acct-1", "large-1"))
    return Entry(f"ex-{number:06d}", frame, is_finish=False)


def finish(number: int, *, prompt: str = "?") -> Entry[int]:
    return Entry(f"ex-{number:06d}", finish_frame(an_exchange(number, prompt=prompt)), is_finish=True, waiter=number)


def a_writer(ledger: LedgerSettings, disk: FailingDisk) -> SpoolWriter[int]:
    return SpoolWriter(ledger, worker_id="w0", now_us=clock, disk=disk)


def rolled(ledger: LedgerSettings) -> dict[str, list[Outcome]]:
    """What the log holds once everything is rolled: the outcomes of each exchange."""
    while ParquetLog(ledger).roll(START_US).segments:
        pass
    assert SpoolFolder(ledger.directory / "spool").segments() == []
    found: dict[str, list[Outcome]] = {}
    for row in LogReader(ledger.directory).exchanges():
        found.setdefault(row.exchange_id, []).append(row.outcome)
    return found


def story(writer: SpoolWriter[int], acknowledged: set[int], refused: set[int]) -> None:
    """Twelve exchanges in flight at various times over several segments."""

    def note(verdict: Verdict[int]) -> None:
        acknowledged.update(verdict.acknowledged)
        refused.update(verdict.refused)

    long = "x" * 30_000
    for number in range(4):
        note(writer.commit([begin(number)]))
    note(writer.mark())
    note(writer.commit([begin(4), finish(0), finish(1, prompt=long)]))
    note(writer.commit([finish(2, prompt=long)]))
    note(writer.keep_house())
    note(writer.commit([begin(5), finish(4, prompt=long), begin(6)]))
    note(writer.commit([finish(5)]))
    note(writer.commit([begin(7), finish(7), finish(8)]))
    note(writer.mark())
    note(writer.commit([finish(6, prompt=long)]))
    note(writer.commit([begin(9)]))
    note(writer.commit([begin(10), finish(10)]))
    note(writer.commit([]))
    # Exchange 3 and 9 stay in flight to the end.


def steps_of_the_story(ledger: LedgerSettings) -> list[str]:
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    story(writer, set(), set())
    writer.close()
    return disk.steps


def test_the_story_passes_every_kind_of_step(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    assert set(steps_of_the_story(ledger)) >= set(CHANGING) - {"remove"}
    assert rolled(ledger) == {
        f"ex-{number:06d}": [Outcome.COMPLETED] for number in range(11) if number not in {3, 9}
    } | {
        "ex-000003": [Outcome.INTERRUPTED],
        "ex-000009": [Outcome.INTERRUPTED],
    }


@pytest.mark.parametrize(
    ("how", "error"), [(Fail.LOST, errno.ENOSPC), (Fail.LANDED, errno.EIO)], ids=["lost", "landed"]
)
@pytest.mark.parametrize("ending", ["closed", "killed"])
def test_whichever_step_fails_nothing_acknowledged_is_missing_or_doubled(
    ledger: LedgerSettings, how: Fail, error: int, ending: str
) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    first = 5  # Were one of the first segment's steps to fail, the gateway would not come up at all.
    steps = steps_of_the_story(ledger.model_copy(update={"directory": ledger.directory / "all"}))
    for number in range(first, len(steps)):
        here = ledger.model_copy(update={"directory": ledger.directory / f"{number}"})
        disk = FailingDisk()
        writer = a_writer(here, disk)
        acknowledged: set[int] = set()
        refused: set[int] = set()
        disk.fail_step(number, how, error=error)
        story(writer, acknowledged, refused)
        if ending == "closed":
            writer.close()
        else:
            writer._segment.abandon()
        found = rolled(here)
        where = f"step {number} ({steps[number]})"
        assert acknowledged | refused == {0, 1, 2, 4, 5, 6, 7, 8, 10}, where
        assert all(len(outcomes) == 1 for outcomes in found.values()), where
        assert all(found[f"ex-{each:06d}"] == [Outcome.COMPLETED] for each in acknowledged), where
        # Each that began is there in some way, unless it was killed before a sync.
        if ending == "closed":
            assert {f"ex-{each:06d}" for each in range(11)} == found.keys() | {"ex-000008"}, where
        assert found["ex-000003"] == [Outcome.INTERRUPTED], where


def test_a_disk_that_fails_for_good_refuses_and_keeps_what_had_begun(ledger: LedgerSettings) -> None:
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    writer.commit([begin(1), begin(2)])
    with disk.failing():
        verdict = writer.commit([finish(1), finish(7)])
        assert verdict.refused == [1, 7]
        assert writer.is_failed
        assert writer.counters.unrecorded == 1
        assert writer.commit([finish(2)]).refused == [2]
        assert writer.keep_house() == Verdict()
    assert not writer.commit([]).refused
    assert not writer.is_failed
    writer.close()
    # Seven never began and was refused; one and two had gone to the model, so the record has them.
    assert rolled(ledger) == {"ex-000001": [Outcome.COMPLETED], "ex-000002": [Outcome.COMPLETED]}


def test_a_commit_that_succeeds_in_a_new_segment_is_acknowledged(ledger: LedgerSettings) -> None:
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    writer.commit([begin(0)])
    disk.fail_step(len(disk.steps), Fail.LANDED)
    assert writer.commit([finish(1), finish(2)]).acknowledged == [1, 2]
    assert writer.counters.segments == 2
    assert writer.counters.failures == 1
    writer.close()
    assert rolled(ledger) == {
        "ex-000000": [Outcome.INTERRUPTED],
        "ex-000001": [Outcome.COMPLETED],
        "ex-000002": [Outcome.COMPLETED],
    }


def test_the_reserve_refuses_what_has_not_begun_and_keeps_what_has(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"reserve_bytes": 1000})
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    writer.commit([begin(1)])
    disk.free = 999
    writer.keep_house()
    assert writer.is_low
    verdict = writer.commit([finish(1), finish(2)])
    assert verdict.acknowledged == [1]
    assert verdict.refused == [2]
    disk.free = 1000
    writer.keep_house()
    assert not writer.is_low
    writer.close()
    assert rolled(ledger) == {"ex-000001": [Outcome.COMPLETED]}


def test_a_segment_that_cannot_be_followed_is_written_on(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536, "retry_seconds": 60})
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    with disk.failing("create"):
        for number in range(5):
            assert writer.commit([finish(number, prompt="x" * 30_000)]).acknowledged == [number]
    assert writer.counters.segments == 1
    assert writer.counters.failures == 1
    writer.close()
    assert len(rolled(ledger)) == 5


def test_a_successor_that_cannot_be_taken_back_stops_the_writing_until_it_can(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    with disk.failing("sync_path", "remove"):
        assert writer.commit([finish(1, prompt="x" * 80_000)]).acknowledged == [1]
        assert writer.is_failed
        assert writer.commit([begin(2), finish(2)]).refused == [2]
    assert writer.commit([finish(3)]).acknowledged == [3]
    writer.close()
    assert rolled(ledger) == {f"ex-{number:06d}": [Outcome.COMPLETED] for number in (1, 2, 3)}


def test_rotation_by_age_needs_something_to_rotate(ledger: LedgerSettings) -> None:
    ledger = ledger.model_copy(update={"segment_seconds": 1e-9})
    writer = a_writer(ledger, FailingDisk())
    writer.keep_house()
    assert writer.counters.segments == 1
    writer.commit([begin(1), finish(2)])
    writer.keep_house()
    assert writer.counters.segments == 2
    # What is in flight is carried over, and is not by itself a reason to rotate again.
    writer.keep_house()
    assert writer.counters.segments == 2
    writer.commit([finish(1)])
    writer.close()
    assert rolled(ledger) == {"ex-000001": [Outcome.COMPLETED], "ex-000002": [Outcome.COMPLETED]}


def test_only_bytes_that_were_synced_are_vouched_for(ledger: LedgerSettings) -> None:
    disk = FailingDisk()
    writer = a_writer(ledger, disk)
    writer.commit([finish(1)])
    synced = writer._segment.synced
    writer.commit([begin(2)])
    assert writer._segment.position > synced
    with disk.failing("write", how=Fail.LOST):
        writer.commit([begin(3)])
    folder = SpoolFolder(ledger.directory / "spool")
    assert list(folder.followed().values()) == [synced]
    writer.close()


@pytest.mark.parametrize("seed", range(40))
def test_after_a_power_cut_all_that_was_acknowledged_is_there_once(ledger: LedgerSettings, seed: int) -> None:
    ledger = ledger.model_copy(update={"segment_bytes": 65_536})
    disk = PowerCutDisk()
    writer: SpoolWriter[int] = SpoolWriter(ledger, worker_id="w0", now_us=clock, disk=disk)
    acknowledged: set[int] = set()
    dice = Random(seed)  # noqa: S311 - chance, not a secret
    disk.cut_power_after(dice.randrange(30))
    with contextlib.suppress(PowerCutError):
        story(writer, acknowledged, set())
        writer.close()
    disk.wake_up(dice)
    found = rolled(ledger)
    assert all(len(outcomes) == 1 for outcomes in found.values())
    assert all(found[f"ex-{each:06d}"] == [Outcome.COMPLETED] for each in acknowledged)
