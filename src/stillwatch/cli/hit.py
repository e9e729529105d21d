# SPDX-License-Identifier: Apache-2.0
"""``stillwatch hit``: what screening found, and what people make of it."""

from typing import Annotated

import typer

from stillwatch.access.screening.hit import Hit, HitState
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.service.offices import open_clock_of
from stillwatch.service.screening_offices import open_screening

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Screening hits: list, show, clear, confirm.")

HitArgument = Annotated[str, typer.Argument(metavar="HIT", help="The hit's id.", show_default=False)]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why, in words that the organisation may be told.", show_default=False)
]


@app.command("list")
def list_(
    org: Annotated[str | None, typer.Option("--org", help="Only of this organisation.")] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Also those that were ruled on, and those that are no longer found.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """List hits that nobody has ruled on yet, the surest first.

    Example: stillwatch hit list --org acme --all
    """
    state, is_current = (None, None) if every else (HitState.OPEN, True)
    found = open_screening(load(config)).log.hits(org_id=org, state=state, is_current=is_current)
    if json:
        print_json(found)
        return
    print_rows(
        "No hit." if every else "No open hit.",
        ("hit", "state", "organisation", "role", "name", "list", "listed", "score", "found"),
        [
            (
                hit.hit_id,
                _state(hit),
                hit.org_id,
                hit.role.value,
                hit.subject_name,
                hit.list_name,
                hit.entry_name,
                f"{hit.score:.3f}",
                shown_day(hit.found_us),
            )
            for hit in found
        ],
    )


@app.command()
def show(hit: HitArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Show one hit: why it is one, by which list, and every ruling on it.

    Example: stillwatch hit show hit-0123456789abcdef
    """
    _print(open_screening(load(config)).log.hit(hit), json=json)


@app.command()
def clear(
    hit: HitArgument,
    *,
    reason: ReasonOption,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Say that it is somebody else. The hit does not come back unless the list's entry or the subject changes.

    Example: stillwatch hit clear hit-0123456789abcdef --reason "Another company: registered in Graz since 1911"
    """
    _rule(hit, HitState.CLEARED, reason, by, config, json=json)


@app.command()
def confirm(
    hit: HitArgument,
    *,
    reason: ReasonOption,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Say that it is the one who is listed.

    Example: stillwatch hit confirm hit-0123456789abcdef --reason "The same registration number"
    """
    _rule(hit, HitState.CONFIRMED, reason, by, config, json=json)


def _rule(hit: str, state: HitState, reason: str, by: str | None, config: ConfigOption, *, json: bool) -> None:
    settings = load(config)
    now_us = open_clock_of(settings)()
    ruled = open_screening(settings).log.rule(hit, state=state, by=operator(by), reason=reason, now_us=now_us)
    _print(ruled, json=json)


def _state(hit: Hit) -> str:
    return hit.state.value if hit.is_current else f"{hit.state.value}, no longer found"


def _print(hit: Hit, *, json: bool) -> None:
    if json:
        print_json(hit)
        return
    print_details(
        [
            ("hit", hit.hit_id),
            ("state", _state(hit)),
            ("organisation", hit.org_id),
            ("name", f"{hit.subject_name} ({hit.role.value})"),
            ("listed", f"{hit.entry_name} ({hit.entry_id})"),
            ("list", f"{hit.list_name}, digest {hit.list_digest}"),
            ("score", f"{hit.score:.3f}"),
            *[("because", reason) for reason in hit.why],
            ("found", shown_day(hit.found_us)),
            *[(one.state.value, f"{shown_day(one.at_us)} by {one.by}: {one.reason}") for one in hit.rulings],
        ]
    )
