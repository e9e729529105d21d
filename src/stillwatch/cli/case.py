# SPDX-License-Identifier: Apache-2.0
"""``stillwatch case``: campaigns that people look at, and the decisions taken in them."""

from typing import Annotated

import msgspec
import typer

from stillwatch.cli.explanations import print_samples
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.errors import BadInput, IntegrityError, SettingsError
from stillwatch.records.case import Case, CaseState, Decision
from stillwatch.records.finding import Sample
from stillwatch.records.standing import Rung
from stillwatch.remediation.interface import CaseFile
from stillwatch.service.log_room import sample_prompts
from stillwatch.service.offices import open_cases, open_clock_of
from stillwatch.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Cases: list, show, act, undo.")


class ShownCase(msgspec.Struct, frozen=True, kw_only=True):
    """What ``show --json`` gives."""

    case: Case
    decisions: tuple[Decision, ...]
    samples: tuple[Sample, ...]


RUNGS = [rung.name.lower() for rung in Rung if rung is not Rung.GOOD]
"""The rungs that can be decided, as one writes them."""

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's id.", show_default=False)]
AccountsOption = Annotated[
    list[str] | None, typer.Option("--account", help="Only this account; repeat for more. Default: all of them.")
]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why, in words that the customer may be told.", show_default=False)
]


@app.command("list")
def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    every: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
    json: JsonOption = False,
) -> None:
    """List cases, the last one found first.

    Example: stillwatch case list --all
    """
    found = open_cases(load(config)).cases(state=None if every else CaseState.OPEN)
    if json:
        print_json(found)
        return
    print_rows(
        "No case." if every else "No open case.",
        ("case", "state", "accounts", "exchanges", "log10 e", "opened", "last found", "summary"),
        [
            (
                case.case_id,
                case.state.value,
                f"{len(case.accounts):,}",
                f"{case.exchanges:,}",
                f"{case.log10_e:.1f}",
                shown_day(case.opened_us),
                shown_day(case.updated_us),
                case.summary,
            )
            for case in found
        ],
    )


@app.command()
def show(
    case: CaseArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    samples: Annotated[bool, typer.Option("--samples/--no-samples", help="Show up to three of its prompts.")] = True,
    json: JsonOption = False,
) -> None:
    """Show one case: its evidence, its accounts, sample prompts and every decision taken in it.

    Sample prompts are personal data. They are read from the exchange log, and are there only where it holds text.

    Example: stillwatch case show case-0123456789ab
    """
    settings = load(config)
    found = open_cases(settings).case(case)
    sampled, trouble = _sampled(settings, found) if samples else ((), "")
    if json:
        print_json(ShownCase(case=found.case, decisions=found.decisions, samples=sampled))
        return
    _print(found, now_us=open_clock_of(settings)())
    if trouble:
        print_details([("samples", trouble)])
    elif samples:
        print_samples(sampled)


@app.command()
def act(
    case: CaseArgument,
    *,
    rung: Annotated[str, typer.Option("--rung", metavar="|".join(RUNGS), help="How far to go.", show_default=False)],
    reason: ReasonOption,
    account: AccountsOption = None,
    hours: Annotated[
        float | None, typer.Option("--hours", help="How long. Default: as long as the ladder's own decisions.")
    ] = None,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Put a whole case, or some of its accounts, on a rung of the ladder. It reaches every worker within a second.

    The most severe decision in force counts: a milder one changes nothing until the others are undone or run out.

    Example: stillwatch case act case-0123456789ab --rung verify --reason "Shared harvest of legal questions" --hours 72
    """
    settings = load(config)
    decision = open_cases(settings).act(
        case,
        rung=_rung(rung),
        accounts=account or None,
        reason=reason,
        by=operator(by),
        hours=hours,
        now_us=open_clock_of(settings)(),
    )
    _print_decision(decision, json=json)


@app.command()
def undo(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's id.", show_default=False)],
    *,
    reason: ReasonOption,
    account: AccountsOption = None,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Undo a decision, or its part about some accounts. What stood before it is in force again within a second.

    The ladder respects it: it decides the same about these accounts again only on far stronger evidence.

    Example: stillwatch case undo dec-0123456789abcdef --reason "Known evaluation team" --account acct-1
    """
    settings = load(config)
    undone = open_cases(settings).undo(
        decision, reason=reason, accounts=account or None, by=operator(by), now_us=open_clock_of(settings)()
    )
    _print_decision(undone, json=json)


def _sampled(settings: Settings, found: CaseFile) -> tuple[tuple[Sample, ...], str]:
    """Sample prompts, or why there are none: a damaged log must not keep anybody from reading a case."""
    try:
        return sample_prompts(settings, found.case), ""
    except (IntegrityError, SettingsError) as error:
        return (), f"They cannot be read: {error}"


def _rung(text: str) -> Rung:
    if text.lower() not in RUNGS:
        raise BadInput(f"There is no rung {text[:80]!a} to put an account on.", hint=f"Say one of {', '.join(RUNGS)}.")
    return Rung[text.upper()]


def _print(found: CaseFile, *, now_us: int) -> None:
    case = found.case
    print_details(
        [
            ("case", case.case_id),
            ("state", case.state.value),
            ("summary", case.summary),
            ("opened", shown_day(case.opened_us)),
            ("last found", shown_day(case.updated_us)),
            ("evidence", f"log10 e = {case.log10_e:.1f}, p = {case.p_value:.1e}"),
            *[("because", facet) for facet in case.facets],
            ("accounts", ", ".join(case.accounts)),
        ]
    )
    print_rows(
        "No decision.",
        ("decision", "rung", "accounts", "state", "made", "by", "reason"),
        [
            (
                decision.decision_id,
                decision.rung.name.lower(),
                f"{len(decision.accounts):,}",
                _state(decision, now_us),
                shown_day(decision.made_us),
                decision.by,
                decision.reason,
            )
            for decision in found.decisions
        ],
    )


def _print_decision(decision: Decision, *, json: bool) -> None:
    if json:
        print_json(decision)
        return
    rows = [
        ("decision", decision.decision_id),
        ("case", decision.case_id),
        ("rung", decision.rung.name.lower()),
        ("accounts", f"{len(decision.accounts):,}"),
        ("until", shown_day(decision.until_us, never="undone")),
        ("by", decision.by),
        ("reason", decision.reason),
    ]
    if decision.undone_us is not None:
        rows += [("undone", f"{shown_day(decision.undone_us)} by {decision.undone_by}: {decision.undone_reason}")]
    print_details(rows)


def _state(decision: Decision, now_us: int) -> str:
    if decision.undone_us is not None:
        return f"undone by {decision.undone_by}: {decision.undone_reason}"
    if decision.until_us is None:
        return "in force"
    return f"until {shown_day(decision.until_us)}" if now_us < decision.until_us else "run out"
