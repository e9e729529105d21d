# SPDX-License-Identifier: Apache-2.0
"""``stillwatch list``: the lists that organisations and persons are looked for on."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlalchemy import Engine

from stillwatch.access.screening.entry import ListInfo
from stillwatch.cli.operator import OperatorOption, operator
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.progress import shown_progress
from stillwatch.cli.tables import print_details, print_rows, shown_day
from stillwatch.service.offices import open_clock_of, open_database, open_directory, open_vettings
from stillwatch.service.screening_offices import open_screening, open_vetting_office
from stillwatch.service.screening_room import ScreeningRoom, forms, subjects_of
from stillwatch.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Lists to screen against: load, show, remove.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The list's name.", show_default=False)]


class Screened(msgspec.Struct, frozen=True, kw_only=True):
    """What screening everybody anew came to."""

    organisations: int
    hits: int
    """That are current now."""
    new: int
    gone: int


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What ``load --json`` and ``remove --json`` give."""

    loaded: ListInfo
    screened: Screened


@app.command("load")
def load_(
    name: NameArgument,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILES...", help="Its file; of ofac, SDN.CSV and ALT.CSV.", show_default=False),
    ],
    *,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"How it is written: {', '.join(forms())}.")
    ] = "csv",
    date: Annotated[
        str | None, typer.Option("--date", help="The day it is of. Default: what the file says, else today.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Where it is from. Default: the files' names.")] = None,
    allow_shrink: Annotated[
        str,
        typer.Option(
            "--allow-shrink", metavar="REASON", help="Accept a list that is far shorter, or older, and say why."
        ),
    ] = "",
    by: OperatorOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Load a list, in place of the one of its name, and screen every organisation anew.

    A list that is cut short, malformed, in another encoding or far shorter than before is refused; the old one stays.

    Example: stillwatch list load model-extraction-attackers attackers.csv
    """
    settings = load(config)
    engine = open_database(settings)
    room = open_screening(settings, engine=engine)
    who = operator(by)
    info = room.load(
        name,
        paths,
        form=form,
        day=date,
        source=source,
        by=who,
        now_us=open_clock_of(settings)(),
        reason=allow_shrink.strip(),
    )
    reason = f"the list {info.name} of {info.date} was loaded"
    _print_loaded(info, _rescreened(settings, engine, room, by=who, reason=reason), json=json)


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this list.", show_default=False)] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    json: JsonOption = False,
) -> None:
    """Show the lists in force: what identifies each, who loaded it, and when.

    Example: stillwatch list show --json
    """
    found = [info for info in open_screening(load(config)).log.lists() if name in {None, info.name}]
    if json:
        print_json(found)
        return
    print_rows(
        "No such list."
        if name
        else "No list is loaded. Load one with `stillwatch list load NAME FILE --format FORMAT`.",
        ("list", "entries", "of", "format", "digest", "loaded", "by", "source"),
        [
            (
                info.name,
                f"{info.count:,}",
                info.date,
                info.form,
                info.digest[:16],
                shown_day(info.loaded_us),
                info.loaded_by,
                info.source + (f" (accepted: {info.reason})" if info.reason else ""),
            )
            for info in found
        ],
    )


@app.command()
def remove(
    name: NameArgument, *, by: OperatorOption = None, config: ConfigOption = DEFAULT_CONFIG, json: JsonOption = False
) -> None:
    """Take a list out of force, and screen every organisation anew. Its hits stay on record.

    Example: stillwatch list remove model-extraction-attackers
    """
    settings = load(config)
    engine = open_database(settings)
    room = open_screening(settings, engine=engine)
    who, gone = operator(by), room.remove(name)
    reason = f"the list {gone.name} was removed"
    _print_loaded(gone, _rescreened(settings, engine, room, by=who, reason=reason), json=json)


def _rescreened(settings: Settings, engine: Engine, room: ScreeningRoom, *, by: str, reason: str) -> Screened:
    """Screen every organisation anew, those with a dossier with everybody it names.

    What vetting makes of it is decided at once: who was approved and now resembles somebody listed is no longer.
    """
    before = {hit.hit_id for hit in room.log.hits()}
    vetted = {one.dossier.org_id for one in open_vettings(settings, engine=engine).dossiers()}
    plain = subjects_of(
        one for one in open_directory(settings, engine=engine).organisations() if one.org_id not in vetted
    )
    now_us = open_clock_of(settings)()
    if room.log.lists():
        with shown_progress("screening") as progress:
            room.rescreen(plain, now_us=now_us, progress=progress)
            if settings.access.vetting.needs_screening:
                open_vetting_office(settings, engine=engine, room=room).rescreen(
                    by=by, reason=reason, progress=progress
                )
    else:
        # Without any list, nothing is found; approvals rest on the last screening until the next review.
        room.log.record([*vetted, *(subject.org_id for subject in plain)], [], now_us=now_us)
    after = {hit.hit_id for hit in room.log.hits()}
    return Screened(
        organisations=len(vetted) + len(plain), hits=len(after), new=len(after - before), gone=len(before - after)
    )


def _print_loaded(info: ListInfo, screened: Screened, *, json: bool) -> None:
    if json:
        print_json(Loaded(loaded=info, screened=screened))
        return
    print_details(
        [
            ("list", info.name),
            ("entries", f"{info.count:,}"),
            ("of", info.date),
            ("digest", info.digest),
            ("screened", f"{screened.organisations:,} organisations"),
            ("hits", f"{screened.hits:,}, {screened.new:,} of them new; {screened.gone:,} gone"),
        ]
    )
