# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.detection``: measure what detection costs, print, and end with 1 where it is more than promised."""

import argparse
import dataclasses
import json
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.detection.logs import log_of
from bench.detection.measures import filled_with, hunt_in, live_in
from bench.detection.promises import CENSUS_ACCOUNTS, HUNT_EXCHANGES, Findings, exponent, judge
from bench.promises import Verdict
from bench.table import show_verdicts
from bench.workplace import MissingError, check_machine

SIZES = (HUNT_EXCHANGES // 10, HUNT_EXCHANGES * 16 // 50, HUNT_EXCHANGES)
PARTS = ("live", "census", "hunt")


def main() -> int:
    """Run the bench; return the exit code: 0 kept, 1 broken or incomplete, 2 it cannot run here."""
    options = _options()
    console = Console() if sys.stdout.isatty() else Console(width=110)

    def say(what: str) -> None:
        console.print(f"[dim]{what}[/]")

    try:
        check_machine()
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    tenth = 10 if options.quick else 1
    findings = Findings()
    try:
        if "live" in options.only:
            log = log_of(HUNT_EXCHANGES // tenth, say=say)
            say(f"half a day of {log.exchanges:,} exchanges, live")
            findings.live = live_in(log)
        if "census" in options.only:
            say(f"{CENSUS_ACCOUNTS // tenth:,} accounts in a census")
            findings.census = filled_with(CENSUS_ACCOUNTS // tenth)
        for size in SIZES if "hunt" in options.only else ():
            log = log_of(size // tenth, say=say)
            prompts = f"{log.prompt_bytes / 1e9:.2f} GB of prompts"
            say(f"a hunt in {log.exchanges:,} exchanges of {log.accounts:,} accounts, {prompts}")
            findings.hunts.append(hunt_in(log, limit_seconds=60 * options.minutes))
    except MissingError as error:
        console.print(f"[red]{error}[/]")
        return 1
    verdicts = judge(findings)
    _show(console, findings)
    show_verdicts(console, verdicts)
    if options.json is not None:
        options.json.write_text(_as_json(findings, verdicts))
    for verdict in verdicts:
        if verdict.is_kept is False:
            print(f"Broken: {verdict.promise}; found {verdict.found}.", file=sys.stderr)
    may_miss = options.quick or set(options.only) < set(PARTS)
    return 0 if all(one.is_kept or (one.is_kept is None and may_miss) for one in verdicts) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything; some promises are not judged then")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="a hunt that takes longer is broken off (default 30)"
    )
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    options = parser.parse_args()
    options.only = options.only or list(PARTS)
    if options.minutes <= 0:
        parser.error("--minutes must be positive")
    return options


def _show(console: Console, findings: Findings) -> None:
    """Print a line a hunt, with what its stages took."""
    if not findings.hunts:
        return
    table = Table(title="Hunts on two cores, each with two gigabytes for DuckDB", title_justify="left")
    for column in (
        "exchanges",
        "accounts",
        "seconds",
        "CPU s",
        "µs CPU each",
        "peak GB",
        "stages, seconds",
        "others' cores",
    ):
        table.add_column(column, justify="left" if column.startswith("stages") else "right")
    for one in findings.hunts:
        stages = ", ".join(f"{name} {seconds:.0f}" for name, seconds in one.stages.items()) or "broken off"
        table.add_row(
            f"{one.exchanges:,}", f"{one.accounts:,}", f"{one.seconds:.0f}", f"{one.cpu_seconds:.0f}",
            f"{one.cpu_seconds / one.exchanges * 1e6:.0f}", f"{one.peak_bytes / 1e9:.2f}", stages,
            f"{one.foreign_cores:.1f}",
        )  # fmt: skip
    console.print(table)


def _as_json(findings: Findings, verdicts: list[Verdict]) -> str:
    sizes = {one.exchanges for one in findings.hunts}
    return json.dumps(
        {
            "machine": {"platform": platform.platform(), "python": platform.python_version()},
            **dataclasses.asdict(findings),
            "exponent": exponent(findings.hunts) if len(sizes) > 1 else None,
            "verdicts": [dataclasses.asdict(verdict) for verdict in verdicts],
        },
        indent=1,
    )


if __name__ == "__main__":
    sys.exit(main())
