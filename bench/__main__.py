# SPDX-License-Identifier: Apache-2.0
"""``python -m bench``: measure, print, and end with 1 where a promise is broken."""

import argparse
import dataclasses
import json
import platform
import random
import sys
from pathlib import Path

from rich.console import Console

from bench.candidates import CANDIDATES, Candidate
from bench.load import LoadError, Upstream
from bench.promises import OURS, Verdict, judge
from bench.rounds import Findings, measure_memory, measure_round, measure_streams
from bench.table import show
from bench.workplace import MissingError, check_machine, compiled

MEMORY_REQUESTS = 200_000
STREAMS = 500


def main() -> int:
    """Run the bench; return the exit code: 0 kept, 1 broken or incomplete, 2 it cannot run here."""
    options = _options()
    # A file or a pipe has no width of its own, and a table that wraps is hard to read.
    console = Console() if sys.stdout.isatty() else Console(width=110)
    try:
        check_machine()
        for program in ("load", "upstream"):
            compiled(program)
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    missing: dict[str, str] = dict.fromkeys(options.skip, "left out")
    present: list[Candidate] = []
    for candidate in CANDIDATES:
        if candidate.name not in missing:
            console.print(f"[dim]preparing {candidate.title}[/]")
            try:
                candidate.prepare()
                present.append(candidate)
            except MissingError as error:
                missing[candidate.name] = str(error)
    findings = Findings()
    try:
        _measure(options, console, present, findings)
    except (MissingError, LoadError) as error:
        console.print(f"[red]{error}[/]")
        return 1
    verdicts = judge(findings, streams=STREAMS, requests=MEMORY_REQUESTS)
    show(console, findings, CANDIDATES, verdicts, missing)
    if options.json is not None:
        options.json.write_text(_as_json(findings, verdicts, missing))
    return 0 if _holds(verdicts, findings, missing, skipped=set(options.skip)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds whose median counts (default 3)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement (default 3)")
    parser.add_argument("--skip", action="append", default=[], choices=[each.name for each in CANDIDATES],
                        help="leave a proxy out, and do not fail for it; may be repeated")  # fmt: skip
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    parser.add_argument("--seed", type=int, default=0, help="of the order of turns")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return options


def _measure(options: argparse.Namespace, console: Console, present: list[Candidate], findings: Findings) -> None:
    order = random.Random(options.seed)
    with Upstream() as port:
        for number in range(options.rounds):

            def say(what: str, number: int = number) -> None:
                console.print(f"[dim]round {number + 1} of {options.rounds}: {what}[/]")

            measure_round(present, findings, upstream_port=port, seconds=options.seconds, order=order, say=say)
        for candidate in present:
            if candidate.name == OURS:
                for measure, amount in ((measure_memory, MEMORY_REQUESTS), (measure_streams, STREAMS)):
                    measure(findings, candidate, port, amount, lambda what: console.print(f"[dim]{what}[/]"))


def _holds(verdicts: list[Verdict], findings: Findings, missing: dict[str, str], *, skipped: set[str]) -> bool:
    """Every promise kept that could be judged, every answer right, and nothing missing that was not left out."""
    broken = [verdict for verdict in verdicts if verdict.is_kept is False]
    unjudged = [verdict for verdict in verdicts if verdict.is_kept is None] if not skipped else []
    wanting = set(missing) - skipped
    for verdict in broken:
        print(f"Broken: {verdict.promise}; found {verdict.found}.", file=sys.stderr)
    for name in sorted(wanting):
        print(f"Missing: {name}: {missing[name]} Leave it out with --skip {name}.", file=sys.stderr)
    return not (broken or unjudged or wanting or findings.complaints)


def _as_json(findings: Findings, verdicts: list[Verdict], missing: dict[str, str]) -> str:
    return json.dumps(
        {
            "machine": {"platform": platform.platform(), "python": platform.python_version()},
            "direct": findings.direct,
            "proxies": findings.by_name,
            "missing": missing,
            "memory_bytes": findings.memory_bytes,
            "streams": dataclasses.asdict(findings.streams) if findings.streams is not None else None,
            "foreign_cores": findings.foreign_cores,
            "complaints": findings.complaints,
            "verdicts": [dataclasses.asdict(verdict) for verdict in verdicts],
        },
        indent=1,
    )


if __name__ == "__main__":
    sys.exit(main())
