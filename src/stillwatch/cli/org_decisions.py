# SPDX-License-Identifier: Apache-2.0
"""``stillwatch org vetting``, ``history``, ``apply``, ``review``, ``approve``, ``suspend``, ``revoke``."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import msgspec
import typer

from stillwatch.access.vetting.states import Act, Decision, State, Vetting
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.org_dossiers import OrgArgument, Stage
from stillwatch.cli.progress import shown_stages
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.errors import BadInput
from stillwatch.service.offices import open_vettings
from stillwatch.service.screening_offices import open_vetting_office
from stillwatch.settings import Settings

OrgsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[ORG]...", help="The organisations' ids.", show_default=False)
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why. It stays in the history.", show_default=False)]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What ``history --json`` gives."""

    vetting: Vetting
    decisions: tuple[Decision, ...]


def vetting(
    *,
    state: Annotated[State | None, typer.Option("--state", help="Only those in this state.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """List where organisations stand in vetting.

    Example: stillwatch org vetting --state review
    """
    found = [one for one in open_vettings(load(config)).vettings() if state is None or one.state is state]
    if json:
        print_json(found)
        return
    print_rows(
        "No organisation. Record dossiers with `stillwatch org import FILE`.",
        ("organisation", "state", "tier", "since", "until", "votes", "open hits"),
        [
            (
                one.org_id,
                one.state.value,
                str(one.tier or ""),
                shown_day(one.since_us),
                shown_day(one.valid_until_us),
                ", ".join(f"{vote.by} ({vote.tier})" for vote in one.votes),
                ", ".join(one.hits),
            )
            for one in found
        ],
    )


def history(org: OrgArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Show every decision about an organisation: who, when, why.

    Example: stillwatch org history acme
    """
    office = open_vettings(load(config))
    found = History(vetting=office.vetting(org), decisions=office.history(org))
    if json:
        print_json(found)
        return
    _print(found.decisions)


def apply(
    orgs: OrgsArgument = None,
    *,
    reason: ReasonOption,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Let organisations that were turned down apply again. New ones apply when their dossier is imported.

    Example: stillwatch org apply acme --reason "New owners"
    """
    _step(load(config), orgs, Act.APPLY, reason=reason, by=by, json=json)


def review(
    orgs: OrgsArgument = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every organisation that waits.")] = False,
    reason: ReasonOption = "Review.",
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Screen organisations against the lists, and put them before people.

    It is also how a suspension ends, and how an expired organisation is vetted anew. An approved organisation that is
    named here loses its approval until it is approved again.

    Example: stillwatch org review --all
    """
    if every == bool(orgs):
        raise BadInput("It is not clear whom to review.", hint="Give organisations, or --all.")
    office = open_vetting_office(load(config))
    with shown_stages(Stage) as told:
        progress = partial(told, Stage.SCREENING)
        made = office.review(None if every else orgs, by=operator(by), reason=reason, progress=progress)
    _print_last(made, json=json)


def approve(
    orgs: OrgsArgument = None,
    *,
    tier: Annotated[int, typer.Option("--tier", min=1, help="The tier to approve at.", show_default=False)],
    reason: ReasonOption,
    every: Annotated[
        bool, typer.Option("--all", help="Every organisation in review that has no open hit and lacks nothing.")
    ] = False,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Vote for organisations. The last vote needed approves: by different people, and not who recorded the dossier.

    It reaches every worker within a second.

    Example: stillwatch org approve acme --tier 1 --reason "Register and owners checked" --by "A. Reviewer"
    """
    if every == bool(orgs):
        raise BadInput("It is not clear whom to approve.", hint="Give organisations, or --all.")
    settings = load(config)
    if every:
        orgs = list(open_vetting_office(settings).ready(tier=tier))
    _step(settings, orgs, Act.APPROVE, reason=reason, by=by, json=json, tier=tier)


def suspend(
    orgs: OrgsArgument = None,
    *,
    reason: ReasonOption,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Shut organisations out for now, within a second. `stillwatch org review` begins the way back.

    Example: stillwatch org suspend acme --reason "Ownership is being clarified"
    """
    _step(load(config), orgs, Act.SUSPEND, reason=reason, by=by, json=json)


def revoke(
    orgs: OrgsArgument = None,
    *,
    reason: ReasonOption,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Turn organisations down, or take their approval back, within a second. They can apply again.

    Example: stillwatch org revoke acme --reason "The end use was misstated"
    """
    _step(load(config), orgs, Act.REVOKE, reason=reason, by=by, json=json)


def _step(
    settings: Settings, orgs: Sequence[str] | None, act: Act, *, reason: str, by: str | None, json: bool, tier: int = 0
) -> None:
    if not orgs and act is not Act.APPROVE:
        raise BadInput(f"No organisation is named to {act.value}.", hint="Give one id or more.")
    made = open_vetting_office(settings).step(orgs or (), act, by=operator(by), reason=reason, tier=tier)
    _print_last(made, json=json)


def _print_last(made: Sequence[Decision], *, json: bool) -> None:
    """The last decision about each organisation."""
    last = tuple({decision.org_id: decision for decision in made}.values())
    if json:
        print_json(last)
        return
    if len(last) <= 20:
        _print(last)
        return
    states: dict[str, int] = {}
    for decision in last:
        states[decision.state.value] = states.get(decision.state.value, 0) + 1
    print_details([(state, f"{count:,}") for state, count in sorted(states.items())])


def _print(decisions: Sequence[Decision]) -> None:
    print_rows(
        "Nothing was to be decided.",
        ("organisation", "act", "state", "tier", "by", "when", "open hits", "reason"),
        [
            (
                one.org_id,
                one.act.value,
                one.state.value,
                str(one.tier or ""),
                one.by,
                shown_day(one.made_us),
                ", ".join(one.hits),
                one.reason,
            )
            for one in decisions
        ],
    )
