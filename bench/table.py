# SPDX-License-Identifier: Apache-2.0
"""What is printed."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.candidates import Candidate
from bench.promises import Verdict
from bench.rounds import Findings

ROWS = (
    ("CPU µs a request", "cpu_us", 1),
    ("  times nginx", "cpu_us/nginx", 1),
    ("requests a second, 64 connections", "per_second", 0),
    ("added p50 ms, 64 connections", "c64_p50_us-direct", 2),
    ("added p99 ms, 64 connections", "c64_p99_us-direct", 2),
    ("added p50 ms, 1 connection", "c1_p50_us-direct", 3),
    ("CPU µs a streamed chunk", "cpu_us_chunk", 1),
    ("  times nginx", "cpu_us_chunk/nginx", 1),
    ("chunks a second, 64 streams", "chunks_per_second", 0),
    ("added p50 ms to the first event", "first_event_p50_us-direct", 2),
    ("added p50 ms to a stream of 0.5 s", "stream_p50_us-direct", 2),
    ("added p99 ms to a stream of 0.5 s", "stream_p99_us-direct", 2),
    ("CPU µs to refuse an invalid key", "flood_cpu_us", 1),
    ("refusals a second", "flood_per_second", 0),
)
"""What is said, what it is made of, and with how many places."""


def show(
    console: Console,
    findings: Findings,
    candidates: Sequence[Candidate],
    verdicts: Sequence[Verdict],
    missing: dict[str, str],
) -> None:
    """Print the table of costs, the table of promises, and what to think of them."""
    table = Table(title="Medians over the rounds; each proxy alone on one core", title_justify="left")
    table.add_column("")
    measured = [candidate for candidate in candidates if candidate.name not in missing]
    for candidate in measured:
        table.add_column(candidate.title.replace(", ", "\n").replace(" + ", "\n+ "), justify="right")
    for words, what, places in ROWS:
        table.add_row(words, *(_cell(findings, candidate.name, what, places) for candidate in measured))
    console.print(table)
    for candidate in candidates:
        if candidate.name in missing:
            console.print(f"[yellow]{candidate.title}: {missing[candidate.name]}[/]")
    show_verdicts(console, verdicts)
    foreign = sorted(findings.foreign_cores)[len(findings.foreign_cores) // 2] if findings.foreign_cores else 0.0
    if foreign > 0.1:
        console.print(
            f"[yellow]Others kept {foreign:.1f} cores busy meanwhile (median). Ratios of CPU still hold; "
            "rates and latencies are worse than they would be alone.[/]"
        )
    for complaint in findings.complaints:
        console.print(f"[red]{complaint}[/]")


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Print the table of promises."""
    promises = Table(title="Promises", title_justify="left")
    for column in ("promise", "found", ""):
        promises.add_column(column)
    for verdict in verdicts:
        mark = {True: "[green]kept[/]", False: "[red]broken[/]", None: "[yellow]not judged[/]"}[verdict.is_kept]
        promises.add_row(verdict.promise, verdict.found, mark)
    console.print(promises)


def _cell(findings: Findings, name: str, what: str, places: int) -> str:
    value = findings.median(name, what.partition("/")[0].partition("-")[0])
    if value is None:
        return ""
    if what.endswith("/nginx"):
        limit = findings.median("nginx", what.removesuffix("/nginx"))
        return f"{value / limit:,.{places}f}" if limit else ""
    if what.endswith("-direct"):
        direct = findings.median("direct", what.removesuffix("-direct"))
        return f"{(value - direct) / 1e3:,.{places}f}" if direct is not None else ""
    return f"{value:,.{places}f}"
