# SPDX-License-Identifier: Apache-2.0
"""``stillwatch admin``: who may sign in to the operators' HTTP API."""

import sys
from typing import Annotated

import typer

from stillwatch.access.interface import Administrator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.service.offices import open_administrators, open_clock_of

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Administrators: create, list, revoke.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who: decisions are signed with it.", show_default=False)],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Let somebody sign in to the operators' HTTP API. The token is printed once.

    Example: stillwatch admin create "A. Reviewer"
    """
    settings = load(config)
    made, token = open_administrators(settings).create(name, now_us=open_clock_of(settings)())
    if json:
        print_json({"token_id": made.token_id, "name": made.name, "token": token})
        return
    sys.stdout.write(f"The token of {made.name}, shown this once:\n\n    {token}\n")


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List who may sign in, and who may no more.

    Example: stillwatch admin list
    """
    found = open_administrators(load(config)).all()
    if json:
        print_json(found)
        return
    print_rows(
        "Nobody may sign in. Make a token with `stillwatch admin create NAME`.",
        ("token", "name", "created", "revoked"),
        [(one.token_id, one.name, shown_day(one.created_us), shown_day(one.revoked_us)) for one in found],
    )


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token's id, as `list` shows it.")],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Refuse a token from now on, for good.

    Example: stillwatch admin revoke 0123456789ab
    """
    settings = load(config)
    _print(open_administrators(settings).revoke(token, now_us=open_clock_of(settings)()), json=json)


def _print(one: Administrator, *, json: bool) -> None:
    if json:
        print_json(one)
        return
    print_details(
        [
            ("token", one.token_id),
            ("name", one.name),
            ("created", shown_day(one.created_us)),
            ("revoked", shown_day(one.revoked_us)),
        ]
    )
