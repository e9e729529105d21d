# SPDX-License-Identifier: Apache-2.0
"""``stillwatch calibrate``: how often would detection be wrong about this traffic, and has the traffic changed?"""

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json
from stillwatch.cli.progress import shown_stages
from stillwatch.cli.replaying import check_memory_limit, detection_settings
from stillwatch.cli.tables import print_details, print_rows
from stillwatch.detection.calibration.baseline import Alarms, Baseline, settings_digest
from stillwatch.detection.calibration.baseline_json import baseline_bytes, read_baseline
from stillwatch.detection.calibration.comparison import BOUND_BITS, LEVEL, Difference, compare
from stillwatch.detection.calibration.words import described
from stillwatch.errors import BadInput
from stillwatch.service.calibrating import Calibration, Step, calibrate

app = typer.Typer(help="Measure false alarms on your own traffic, without labels, and whether it has drifted.")

SHOWN = 12
"""Differences that are shown."""


@app.command()
def measure(
    logs: Annotated[
        list[Path],
        typer.Argument(
            metavar="LOGS...", help="Files or folders of Parquet or JSON Lines (.gz too).", show_default=False
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the baseline goes.")] = Path("baseline.json"),
    against: Annotated[
        Path | None, typer.Option("--against", help="A baseline: report drift since then, and write none.")
    ] = None,
    drift_bound: Annotated[
        float,
        typer.Option("--drift-bound", min=0.001, max=1.0, help="Jensen-Shannon bits from which a change is drift."),
    ] = BOUND_BITS,
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=1_000, help="How often accounts are moved anew.")] = 8,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the moves.")] = 0,
    cadence: Annotated[
        str | None, typer.Option("--cadence", help="Time between passes, such as 30m or 1h; the settings' otherwise.")
    ] = None,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="Count bad rows and go on.")] = False,
    memory_limit: Annotated[str, typer.Option("--memory-limit", help="Memory for DuckDB, such as 2GB.")] = "2GB",
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that read the log; one a core otherwise.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option("--work", help="Folder for sightings, kept; may be that of a hunt.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Replay access logs with their accounts moved in time, and count what is found although nothing coincides.

    Writes a baseline. With --against, compares with one instead, and exits with 1 where the traffic has drifted.

    Example: stillwatch calibrate june.parquet --out june.json
    """
    settings = detection_settings(config, cadence)
    check_memory_limit(memory_limit)
    before = None
    if against is not None:
        before = read_baseline(_read(against), name=str(against), settings=settings_digest(settings))
    elif not out.parent.is_dir():
        raise BadInput(f"There is no folder {out.parent} to write the baseline to.")
    with shown_stages(Step) as progress:
        done = calibrate(
            logs,
            settings=settings,
            repeats=repeats,
            seed=seed,
            skip_bad_rows=skip_bad_rows,
            memory_limit=memory_limit,
            workers=workers,
            work=work,
            progress=progress,
        )
    if before is not None:
        _report_drift(before, done.baseline, bound_bits=drift_bound, json=json)
        return
    try:
        out.write_bytes(baseline_bytes(done.baseline))
    except OSError as error:
        raise BadInput(f"The baseline cannot be written to {out}: {error.strerror}.") from None
    if json:
        print_json(done.baseline)
    else:
        _summarise(done, out)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"The baseline {path} cannot be read: {error.strerror}.") from None


def _report_drift(before: Baseline, now: Baseline, *, bound_bits: float, json: bool) -> None:
    """Print what differs, and exit with 1 where something has drifted."""
    differences = compare(before, now, bound_bits=bound_bits)
    drifted = [one for one in differences if one.is_drift]
    if json:
        print_json({"drift": bool(drifted), "bound_bits": bound_bits, "level": LEVEL, "differences": differences})
    else:
        _print_differences(differences[: max(SHOWN, len(drifted))])
        print_details(
            [
                ("compared", f"{len(differences)} quantities of cohorts that are worth 20 observations on both sides"),
                ("drift", f"{len(drifted)} beyond {bound_bits:g} bits and a chance of {LEVEL:g} (Benjamini-Hochberg)"),
            ]
        )
    if drifted:
        raise typer.Exit(1)


def _print_differences(differences: tuple[Difference, ...]) -> None:
    print_rows(
        "There is nothing to compare: too few accounts on one side.",
        ("quantity", "cohort", "divergence", "distance", "p", "drift"),
        [
            (
                one.quantity,
                one.cohort,
                f"{one.divergence_bits:.3f}",
                f"{one.distance:.2f}",
                f"{one.p_value:.2g}",
                "yes" if one.is_drift else "",
            )
            for one in differences
        ],
    )


def _summarise(done: Calibration, out: Path) -> None:
    print_rows(
        "No account was seen.",
        ("accounts", "number", "independent", "contained", "at most", "apart", "at most", "named", "at most"),
        [
            (
                one.cohort,
                str(one.accounts),
                f"{one.worth:.0f}",
                *(cell for alarms in (one.contained, one.apart, one.named) for cell in _shown(alarms)),
            )
            for one in done.baseline.rates
        ],
    )
    print_details([*described(done.baseline), ("baseline", str(out))])
    if done.bad_rows:
        print_details([("bad rows", f"{done.bad_rows} skipped"), *(("", row) for row in done.bad_rows_named)])


def _shown(alarms: Alarms) -> tuple[str, str]:
    return f"{alarms.mean:.1f}", f"{alarms.at_most_together:.2%}"
