# SPDX-License-Identifier: Apache-2.0
"""``stillwatch org import``, ``export``, ``dossier`` and ``sample``: what is known of organisations."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.access.vetting.dossier_yaml import format_yaml
from stillwatch.access.vetting.sample import sample as made_up
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, load_or_default, print_json
from stillwatch.cli.progress import shown_stages
from stillwatch.cli.tables import print_details
from stillwatch.errors import BadInput
from stillwatch.service.offices import open_clock_of, open_vettings
from stillwatch.service.vetting_office import Form, read_dossiers, write_dossiers

OrgArgument = Annotated[str, typer.Argument(metavar="ORG", help="The organisation's id.", show_default=False)]


class Stage(StrEnum):
    """What takes a while."""

    RECORDING = "recording"
    SCREENING = "screening"


def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="YAML, organisations.csv, or a folder of either.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Record dossiers of organisations: all of the file's, or none.

    Organisations that are new are made, and apply. A dossier that says something new becomes a new version, which may
    take an approval away until it is approved again (access.vetting.after_change).

    Example: stillwatch org import organisations.yaml --dry-run
    """
    settings = load(config)
    dossiers = read_dossiers(path)
    if not dossiers:
        raise BadInput(f"There is no dossier in {path}.", hint="See docs/formats/dossier.md.")
    with shown_stages(Stage) as told:
        done = open_vettings(settings).record(
            dossiers,
            by=operator(by),
            now_us=open_clock_of(settings)(),
            is_dry_run=dry_run,
            progress=partial(told, Stage.RECORDING),
        )
    if json:
        print_json(done)
        return
    verb = "would be " if dry_run else ""
    print_details(
        [
            (f"{verb}added", f"{len(done.added):,}"),
            (f"{verb}changed", f"{len(done.changed):,}"),
            ("unchanged", f"{len(done.unchanged):,}"),
        ]
    )


def export(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file for YAML, a new folder for CSV.")],
    *,
    form: Annotated[Form, typer.Option("--format", help="YAML in one file, or a folder of CSV tables.")] = Form.YAML,
    org: Annotated[list[str] | None, typer.Option("--org", help="Only this organisation; repeat for more.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Write the newest dossiers, so that importing them gives the same again. Names of people stand in them.

    Example: stillwatch org export dossiers --format csv
    """
    office = open_vettings(load(config))
    found = [office.dossier(name) for name in org] if org else office.dossiers()
    write_dossiers(path, [one.dossier for one in found], form=form)
    if json:
        print_json({"path": str(path), "organisations": len(found)})
        return
    print_details([("written", str(path)), ("organisations", f"{len(found):,}")])


def dossier(
    org: OrgArgument,
    *,
    version: Annotated[int | None, typer.Option("--version", min=1, help="An older one. Default: the newest.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Show what is known of an organisation, as YAML.

    Example: stillwatch org dossier acme --version 2
    """
    found = open_vettings(load(config)).dossier(org, version)
    if json:
        print_json(found)
        return
    sys.stdout.write(format_yaml([found.dossier]))


def sample(
    path: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file for YAML, a new folder for CSV.")],
    *,
    count: Annotated[int, typer.Option("--count", min=1, max=999_999, help="How many.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same organisations.")] = 1,
    model: Annotated[list[str] | None, typer.Option("--model", help="A model they may use; repeat for more.")] = None,
    owners: Annotated[
        Path | None,
        typer.Option("--owners", help="Names, one a line, to give to owners: to see screening find listed ones."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="YAML in one file, or a folder of CSV tables.")] = Form.YAML,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Write dossiers of organisations that do not exist, to rehearse vetting with.

    Example: stillwatch org sample sample.yaml --count 200 --model large-1
    """
    now = datetime.fromtimestamp(open_clock_of(load_or_default(config))() / 1_000_000, UTC)
    made = made_up(count, seed=seed, models=model or [], at=now, owners=_lines(owners))
    write_dossiers(path, made, form=form)
    if json:
        print_json({"path": str(path), "organisations": len(made)})
        return
    print_details([("written", str(path)), ("organisations", f"{len(made):,}")])


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"The file of names {path} cannot be read.", hint="Give UTF-8 text, a name a line.") from None
