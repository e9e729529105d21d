# SPDX-License-Identifier: Apache-2.0
"""``stillwatch account``: what belongs to an organisation, owns API keys and has a standing."""

from typing import Annotated

import typer

from stillwatch.access.interface import Account
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.records.standing import Rung
from stillwatch.service.offices import open_cases, open_clock_of, open_directory

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Accounts: create, list, show, verify, activate, deactivate."
)

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.", show_default=False)]


@app.command()
def create(
    *,
    org: Annotated[str, typer.Option("--org", help="The organisation that is billed.", show_default=False)],
    name: Annotated[str, typer.Argument(help="What to call it.", show_default=False)],
    account_id: Annotated[str | None, typer.Option("--id", help="An id of your own; one is made up otherwise.")] = None,
    payment_fp: Annotated[
        str | None, typer.Option("--payment-fp", help="Opaque fingerprint of the means of payment.")
    ] = None,
    route: Annotated[
        str | None, typer.Option("--route", help="'direct', or the reseller or cloud through which it came.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Add an account to an organisation.

    Example: stillwatch account create "Search team" --org acme --route direct
    """
    settings = load(config)
    made = open_directory(settings).create_account(
        org_id=org,
        name=name,
        account_id=account_id,
        payment_fp=payment_fp,
        route=route,
        now_us=open_clock_of(settings)(),
    )
    _print(made, now_us=made.created_us, json=json)


@app.command("list")
def list_(
    org: Annotated[str | None, typer.Option("--org", help="Only this organisation's.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """List accounts with their standing.

    Example: stillwatch account list --org acme
    """
    settings = load(config)
    found = open_directory(settings).accounts(org_id=org)
    if json:
        print_json(found)
        return
    now_us = open_clock_of(settings)()
    print_rows(
        "No account yet. Make one with `stillwatch account create NAME --org ORG`.",
        ("account", "organisation", "name", "active", "standing", "created"),
        [
            (
                account.account_id,
                account.org_id,
                account.name,
                "yes" if account.active else "no",
                _rung(account, now_us),
                shown_day(account.created_us),
            )
            for account in found
        ],
    )


@app.command()
def show(account: AccountArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Show one account, its standing and the reason for it.

    Example: stillwatch account show acct-0123456789abcdef
    """
    settings = load(config)
    _print(open_directory(settings).account(account), now_us=open_clock_of(settings)(), json=json)


@app.command()
def verify(
    account: AccountArgument,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Note that the holder of an account has verified who they are.

    The demand to verify is undone for this account, and reaches every worker within a second. A suspension stays: undo
    it with `stillwatch case undo`.

    Example: stillwatch account verify acct-0123456789abcdef --by "A. Analyst"
    """
    settings = load(config)
    now_us = open_clock_of(settings)()
    open_cases(settings).verify_account(account, by=operator(by), now_us=now_us)
    _print(open_directory(settings).account(account), now_us=now_us, json=json)


@app.command()
def deactivate(account: AccountArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Close an account: every key of it is refused, within a second, until it is activated again.

    Example: stillwatch account deactivate acct-0123456789abcdef
    """
    settings = load(config)
    changed = open_directory(settings).set_account(account, active=False)
    _print(changed, now_us=open_clock_of(settings)(), json=json)


@app.command()
def activate(account: AccountArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Reopen an account. Its standing is as it was.

    Example: stillwatch account activate acct-0123456789abcdef
    """
    settings = load(config)
    changed = open_directory(settings).set_account(account, active=True)
    _print(changed, now_us=open_clock_of(settings)(), json=json)


def _rung(account: Account, now_us: int) -> str:
    return account.standing.at(now_us).name.lower()


def _print(account: Account, *, now_us: int, json: bool) -> None:
    if json:
        print_json(account)
        return
    rows = [
        ("account", account.account_id),
        ("organisation", account.org_id),
        ("name", account.name),
        ("active", "yes" if account.active else "no"),
        ("payment", account.payment_fp or "not known"),
        ("route", account.route or "not known"),
        ("created", shown_day(account.created_us)),
        ("standing", _rung(account, now_us)),
    ]
    if account.standing.at(now_us) > Rung.GOOD:
        rows += [
            ("until", shown_day(account.standing.until_us, never="undone")),
            ("reason", account.standing.reason),
            ("decision", account.standing.decision_id or ""),
        ]
    if account.verified_us is not None:
        rows.append(("verified", f"{shown_day(account.verified_us)} by {account.verified_by}"))
    print_details(rows)
