# SPDX-License-Identifier: Apache-2.0
"""``stillwatch screen``: look for one name on every list."""

from typing import Annotated

import msgspec
import typer

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.hit import Match
from stillwatch.access.screening.subject import Subject
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, load, print_json
from stillwatch.cli.tables import print_details
from stillwatch.errors import BadInput
from stillwatch.service.offices import open_clock_of
from stillwatch.service.screening_offices import open_screening

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Look for one name on every list.")

KINDS = {kind.value: kind for kind in (Kind.ORGANISATION, Kind.PERSON, Kind.UNKNOWN)}


class ShownMatch(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``screen --json``."""

    list_name: str
    list_digest: str
    entry_id: str
    entry: str
    kind: Kind
    programme: str
    score: float
    why: tuple[str, ...]


@app.command()
def screen(
    name: Annotated[str, typer.Argument(metavar="NAME", help="In any script.", show_default=False)],
    *,
    kind: Annotated[
        str, typer.Option("--kind", metavar="|".join(KINDS), help="Whose name it is.")
    ] = Kind.ORGANISATION.value,
    alias: Annotated[list[str] | None, typer.Option("--alias", help="Another name; repeat for more.")] = None,
    country: Annotated[
        list[str] | None, typer.Option("--country", help="ISO 3166-1 code of a country it is of; repeat for more.")
    ] = None,
    number: Annotated[
        list[str] | None, typer.Option("--number", help="A registration number or LEI; repeat for more.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Look for a name on every list, say why each match is one, and record nothing.

    Example: stillwatch screen "Example Dynamics (Singapore) Pte. Ltd." --country SG
    """
    if kind not in KINDS:
        raise BadInput(f"There is no kind {kind[:40]!a}.", hint=f"Say one of {', '.join(KINDS)}.")
    if not any(letter.isalnum() for letter in name):
        raise BadInput("The name holds no letter or digit.", hint="Give the name as it is written.")
    settings = load(config)
    subject = Subject(
        org_id="",
        subject_id="",
        kind=KINDS[kind],
        names=(name, *(alias or ())),
        countries=tuple(country or ()),
        ids=tuple(number or ()),
    )
    found = open_screening(settings).matches([subject], now_us=open_clock_of(settings)())
    if json:
        print_json([_shape(match) for match in found])
        return
    if not found:
        print_details([("no match", name)])
    for match in found:
        entry = match.entry
        print_details(
            [
                (match.list_name, f"{entry.names[0]} ({entry.kind.value}, {entry.entry_id})"),
                ("programme", entry.programme),
                ("score", f"{match.score:.3f}"),
                *[("because", reason) for reason in match.why],
                ("", ""),
            ]
        )


def _shape(match: Match) -> ShownMatch:
    return ShownMatch(
        list_name=match.list_name,
        list_digest=match.list_digest,
        entry_id=match.entry.entry_id,
        entry=match.entry.names[0],
        kind=match.entry.kind,
        programme=match.entry.programme,
        score=match.score,
        why=match.why,
    )
