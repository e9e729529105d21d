# SPDX-License-Identifier: Apache-2.0
import asyncio
from pathlib import Path

import pytest

from stillwatch.detection.live import LiveEngine
from stillwatch.errors import IntegrityError
from stillwatch.records.exchange import Exchange
from stillwatch.service.corpora import add_corpus
from stillwatch.service.log_room import open_log
from stillwatch.service.record_room import open_recorder
from stillwatch.service.watching import open_watch
from stillwatch.settings import Settings

NOW_US = 1_780_272_000_000_000


def _exchange(number: int) -> Exchange:
    return Exchange(
        exchange_id=f"x{number}",
        ts_us=NOW_US + number,
        org_id="org",
        account_id="acct",
        model="m",
        prompt=f"Question {number} of many",
        turn=0,
    )


def _record(settings: Settings, *numbers: int) -> None:
    async def write() -> None:
        recorder = open_recorder(settings, now_us=lambda: NOW_US)
        await asyncio.gather(*(recorder.finish(_exchange(number)) for number in numbers))
        await recorder.aclose()

    asyncio.run(write())


def test_what_was_rolled_before_a_restart_is_remembered_and_what_was_not_is_observed_once(settings: Settings) -> None:
    _record(settings, 1, 2, 3)
    open_log(settings).roll(NOW_US)
    _record(settings, 4, 5)
    watch = open_watch(settings, lambda: NOW_US + 10, lambda _findings, _now_us: None)
    observed: list[str] = []
    engine = watch._engine
    real = engine.observe
    engine.observe = lambda exchange: (observed.append(exchange.exchange_id), real(exchange))[1]  # type: ignore[method-assign,func-returns-value]
    watch._warm_up()
    watch.step()
    assert observed == ["x1", "x2", "x3", "x4", "x5"]


def test_what_it_has_seen_is_rolled_at_the_end(settings: Settings) -> None:
    _record(settings, 1, 2)
    watch = open_watch(settings, lambda: NOW_US + 10, lambda _findings, _now_us: None)
    watch.finish()
    assert watch.observed == 2
    assert list((settings.ledger.directory / "spool").glob("*.spool")) == []
    assert len(list((settings.ledger.directory / "log").rglob("*.parquet"))) == 1


def test_the_operator_s_lists_reach_the_engine_and_a_damaged_index_stops_the_start(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text("Which of these two rivers is the longer one?\n")
    add_corpus(settings.corpus_index, "rivers", [tmp_path / "list.txt"])
    watch = open_watch(settings, lambda: NOW_US, lambda _findings, _now_us: None)
    assert isinstance(watch._engine, LiveEngine)
    assert "rivers" in [corpus.name for corpus in watch._engine.engine.corpora]
    settings.corpus_index.write_bytes(settings.corpus_index.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="cut short"):
        open_watch(settings, lambda: NOW_US, lambda _findings, _now_us: None)
