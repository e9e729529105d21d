# SPDX-License-Identifier: Apache-2.0
"""``stillwatch hunt``: find distillation campaigns in access logs."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from stillwatch.cli.explanations import print_campaign
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load_or_default, print_json
from stillwatch.cli.progress import shown_stages
from stillwatch.cli.replaying import check_memory_limit, detection_settings
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.detection.findings_json import findings_document
from stillwatch.errors import BadInput
from stillwatch.records.finding import Recommendation
from stillwatch.service.hunting import DUCKDB, Hunt, Stage, hunt

app = typer.Typer(help="Find distillation campaigns in access logs.")

EXPLAINED = 12
"""Campaigns that are explained in the closing view; the findings hold all."""


@app.command()
def find(
    logs: Annotated[
        list[Path],
        typer.Argument(
            metavar="LOGS...", help="Files or folders of Parquet or JSON Lines (.gz too).", show_default=False
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the findings go.")] = Path("findings.json"),
    cadence: Annotated[
        str | None, typer.Option("--cadence", help="Time between passes, such as 30m or 1h; the settings' otherwise.")
    ] = None,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="Count bad rows and go on.")] = False,
    memory_limit: Annotated[str, typer.Option("--memory-limit", help="Memory for DuckDB, such as 2GB.")] = "2GB",
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that read the log; one a core otherwise.")
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option("--work", help="Folder for sightings, kept: an interrupted hunt goes on from there."),
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="duckdb, or a Spark: sc://HOST:PORT, spark://HOST:PORT or local[CORES].")
    ] = DUCKDB,
    samples: Annotated[
        bool,
        typer.Option("--samples/--no-samples", help="Show and write up to three prompts of each campaign."),
    ] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Replay access logs through detection and write what it would have found, and when.

    Needs no gateway and no settings file; where there is one, its detection settings hold. Sample prompts are personal
    data: they are written only where the log holds text.

    Example: stillwatch hunt june.parquet july/ --out findings.json
    """
    settings = detection_settings(config, cadence)
    check_memory_limit(memory_limit)
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {out.parent} to write the findings to.")
    with shown_stages(Stage) as progress:
        done = hunt(
            logs,
            settings=settings,
            skip_bad_rows=skip_bad_rows,
            memory_limit=memory_limit,
            workers=workers,
            work=work,
            engine=engine,
            corpus_index=load_or_default(config).corpus_index,
            samples=samples,
            progress=progress,
        )
    document = findings_document(done.findings)
    try:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    except OSError as error:
        raise BadInput(f"The findings cannot be written to {out}: {error.strerror}.") from None
    if json:
        print_json(document)
    else:
        _summarise(done, out, samples=samples)


def _summarise(done: Hunt, out: Path, *, samples: bool) -> None:
    actions = Counter(account.action for account in done.findings.accounts)
    print_rows(
        "No campaign was found.",
        ("campaign", "action", "accounts", "exchanges", "flagged", "log10 e", "evidence"),
        [
            (
                one.campaign_id,
                one.action.value,
                str(len(one.accounts)),
                str(one.exchanges),
                shown_day(one.flagged_us),
                f"{one.log10_e:.1f}",
                ", ".join(
                    facet.family for facet in sorted(one.facets, key=lambda f: -f.weight) if facet.weight >= 0.05
                ),
            )
            for one in done.findings.campaigns
        ],
    )
    for one in done.findings.campaigns[:EXPLAINED]:
        print_campaign(one, samples=samples)
    if done.findings.campaigns:
        typer.echo()
    window = done.findings
    details = [
        ("window", f"{shown_day(window.window_from_us)} to {shown_day(window.window_to_us)} UTC, {done.passes} passes"),
        ("seen", f"{done.exchanges} exchanges of {done.accounts} accounts of {done.organisations} organisations"),
        ("accounts", f"{actions[Recommendation.CONTAIN]} to contain, {actions[Recommendation.WATCH]} to watch"),
        ("findings", str(out)),
    ]
    if done.note:
        details.append(("note", done.note))
    if done.bad_rows:
        details.append(("bad rows", f"{done.bad_rows} skipped"))
        details += [("", row) for row in done.bad_rows_named]
    print_details(details)
