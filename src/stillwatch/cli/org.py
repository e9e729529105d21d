# SPDX-License-Identifier: Apache-2.0
"""``stillwatch org``: the organisations that are billed and own accounts. Vetting them is in files of its own."""

from typing import Annotated

import typer

from stillwatch.access.interface import Organisation
from stillwatch.access.vetting.states import Vetting
from stillwatch.cli import org_decisions, org_dossiers, org_trust
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.records.grant import TextPolicy
from stillwatch.service.offices import open_clock_of, open_directory, open_vettings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Organisations: create, list, show, set, and vet.")

OrgArgument = Annotated[str, typer.Argument(metavar="ORG", help="The organisation's id.", show_default=False)]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="The organisation's legal name.", show_default=False)],
    org_id: Annotated[str | None, typer.Option("--id", help="An id of your own; one is made up otherwise.")] = None,
    text_policy: Annotated[
        TextPolicy, typer.Option("--text-policy", help="What is kept of its prompts and answers.")
    ] = TextPolicy.KEEP,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Add an organisation.

    Example: stillwatch org create "Acme GmbH" --id acme --text-policy hash
    """
    settings = load(config)
    made = open_directory(settings).create_organisation(
        name=name, org_id=org_id, text_policy=text_policy, now_us=open_clock_of(settings)()
    )
    _print(made, json=json)


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """List every organisation.

    Example: stillwatch org list --json
    """
    found = open_directory(load(config)).organisations()
    if json:
        print_json(found)
        return
    print_rows(
        "No organisation yet. Make one with `stillwatch org create NAME`.",
        ("organisation", "name", "active", "text", "created"),
        [(org.org_id, org.name, _active(org), org.text_policy.value, shown_day(org.created_us)) for org in found],
    )


@app.command()
def show(org: OrgArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Show one organisation, and where it stands in vetting.

    Example: stillwatch org show acme
    """
    settings = load(config)
    found = open_directory(settings).organisation(org)
    standing = {one.org_id: one for one in open_vettings(settings).vettings()}.get(found.org_id)
    _print(found, standing, json=json)


@app.command("set")
def set_(
    org: OrgArgument,
    text_policy: Annotated[
        TextPolicy | None,
        typer.Option("--text-policy", help="What is kept of its prompts and answers from now on."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="A new legal name.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Change an organisation. What is already recorded stays as it is.

    Example: stillwatch org set acme --text-policy drop
    """
    _print(open_directory(load(config)).set_organisation(org, name=name, text_policy=text_policy), json=json)


@app.command()
def deactivate(org: OrgArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Refuse every key of an organisation, within a second, until it is activated again.

    Example: stillwatch org deactivate acme
    """
    _print(open_directory(load(config)).set_organisation(org, active=False), json=json)


@app.command()
def activate(org: OrgArgument, config: ConfigOption = DEFAULT_CONFIG, *, json: JsonOption = False) -> None:
    """Let an organisation's keys work again.

    Example: stillwatch org activate acme
    """
    _print(open_directory(load(config)).set_organisation(org, active=True), json=json)


app.add_typer(org_trust.app, name="trust-key")
app.command("import")(org_dossiers.import_)
app.command()(org_dossiers.export)
app.command()(org_dossiers.dossier)
app.command()(org_dossiers.sample)
app.command()(org_decisions.vetting)
app.command()(org_decisions.review)
app.command()(org_decisions.approve)
app.command()(org_decisions.suspend)
app.command()(org_decisions.revoke)
app.command()(org_decisions.apply)
app.command()(org_decisions.history)


def _active(org: Organisation) -> str:
    return "yes" if org.active else "no"


def _print(org: Organisation, standing: Vetting | None = None, *, json: bool) -> None:
    if json:
        print_json(org)
        return
    rows = [
        ("organisation", org.org_id),
        ("name", org.name),
        ("active", _active(org)),
        ("text kept", org.text_policy.value),
        ("created", shown_day(org.created_us)),
    ]
    if standing is not None:
        rows.append(("vetting", standing.state.value))
    if standing is not None and standing.tier:
        rows.append(("tier", f"{standing.tier}, until {shown_day(standing.valid_until_us, never='taken back')}"))
    print_details(rows)
