# SPDX-License-Identifier: Apache-2.0
"""How fast a directive takes effect on four workers under load, and whether anybody gets in after it did."""

import json
import subprocess
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.candidates import Stillwatch, running
from bench.load import Outcome, Upstream
from bench.load import run as put_load
from bench.promises import Verdict
from bench.workplace import WORK
from stillwatch.records.exchange import Outcome as Ended
from stillwatch.service.log_room import open_reader
from stillwatch.settings import load_settings

WORKERS: Final = 4
ROUNDS: Final = 5
CONNECTIONS: Final = 64
A_SECOND: Final = 1_000.0
"""Requests a second, at least, while the directive is given."""
LIMIT_SECONDS: Final = 1.0
BEFORE_SECONDS: Final = 1.5
"""Load before the directive is given, and after it is lifted."""
FILE = """\
directive: order-{number}
models: [bench]
source: the bench
reason: The bench narrows this model.
effective: 2026-11-20T00:00:00+00:00
only:
  organisations: [nobody-who-calls]
running: cut
"""


class Found(NamedTuple):
    """One round."""

    seconds: float
    """From when the directive was recorded until every worker went by it."""
    command_seconds: float
    """The whole command, its start included."""
    refused: int
    """Requests between the recorded instant of effect and the lifting that were refused."""
    admitted: int
    """Those that were not."""
    a_second: float
    """Requests a second in the whole round."""


def run(console: Console) -> list[Verdict]:
    """Measure, show, and hold against the promises."""
    gateway = Stillwatch(workers=WORKERS)
    gateway.prepare()
    with Upstream() as port, running(gateway, port) as started:
        found = [_round(started.target, number) for number in range(ROUNDS)]
    table = Table(title=f"A directive on {WORKERS} workers under load, {ROUNDS} times")
    for column in ("in force after", "whole command", "requests/s", "refused while in force", "let in"):
        table.add_column(column, justify="right")
    for one in found:
        table.add_row(
            f"{one.seconds * 1e3:.0f} ms",
            f"{one.command_seconds:.2f} s",
            f"{one.a_second:.0f}",
            str(one.refused),
            str(one.admitted),
        )
    console.print(table)
    return judge(found)


def judge(found: list[Found]) -> list[Verdict]:
    """Hold the rounds against the promises."""
    slowest, admitted = max(one.seconds for one in found), sum(one.admitted for one in found)
    rate = min(one.a_second for one in found)
    return [
        Verdict(
            promise=f"A directive is in force on {WORKERS} workers: under {LIMIT_SECONDS:g} s",
            found=f"{slowest:.2f} s at most, {median(one.seconds for one in found):.2f} s in the median",
            is_kept=slowest < LIMIT_SECONDS,
        ),
        Verdict(
            promise="Requests let in after the recorded instant of effect: none",
            found=f"{admitted}, of {admitted + sum(one.refused for one in found)}",
            is_kept=admitted == 0 and all(one.refused > 0 for one in found),
        ),
        Verdict(
            promise=f"Measured at a load of at least {A_SECOND:.0f} requests a second",
            found=f"{rate:.0f}",
            is_kept=rate >= A_SECOND,
        ),
    ]


def _round(target: Any, number: int) -> Found:
    config = WORK / "stillwatch-run" / "stillwatch.toml"
    outcome: list[Outcome] = []
    seconds = 2 * BEFORE_SECONDS + 4.0
    began = time.monotonic()
    load = threading.Thread(
        target=lambda: outcome.append(put_load(target, connections=CONNECTIONS, seconds=seconds)), daemon=True
    )
    load.start()
    time.sleep(BEFORE_SECONDS)
    file = WORK / f"order-{number}.yaml"
    file.write_text(FILE.format(number=number))
    before = time.monotonic()
    order = _say("directive", "apply", str(file), config=config)
    command_seconds = time.monotonic() - before
    time.sleep(1.0)
    lifted = _say("directive", "lift", f"order-{number}", "--reason", "the round is over", config=config)
    load.join()
    lasted = time.monotonic() - began
    # What was answered last is on record by now; a reader learns so with the next mark.
    time.sleep(0.2)
    from_us, until_us = order["in_force_us"], lifted["directive"]["lifted_us"]
    rows = open_reader(load_settings(config)).exchanges(from_us=from_us, until_us=until_us)
    refusals = [row.outcome is Ended.REFUSED for row in rows]
    (ended,) = outcome
    return Found(
        seconds=(order["in_force_us"] - order["applied_us"]) / 1e6,
        command_seconds=command_seconds,
        refused=sum(refusals),
        admitted=len(refusals) - sum(refusals),
        a_second=(ended.good + ended.failed) / lasted,
    )


def _say(*words: str, config: Path) -> dict[str, Any]:
    program = Stillwatch.program()
    done = subprocess.run(
        [program, *words, "--config", config, "--by", "bench", "--json"], capture_output=True, check=True
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said
