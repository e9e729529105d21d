# SPDX-License-Identifier: Apache-2.0
"""Dossiers as tables of CSV: one row an organisation, and a table for each list of records that it may have.

``organisations.csv`` has a column for each field of each group (``identity.legal_name``, ``ownership.proof.source``).
Texts of a list stand in one cell, separated by ``|``. The other tables have ``org_id`` and a column for each field of a
record. An empty cell is a field that is not there.
"""

import csv
import io
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from stillwatch.access.vetting import dossier as records
from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.dossier_yaml import shown_instant
from stillwatch.access.vetting.reading import Misread, read, read_dossier
from stillwatch.errors import BadInput

ORGANISATIONS = "organisations.csv"
LISTS: dict[str, tuple[str, type[Struct]]] = {
    "owners.csv": ("ownership.owners", records.Owner),
    "stakes.csv": ("ownership.stakes", records.Stake),
    "persons.csv": ("people.persons", records.Person),
    "resellers.csv": ("channel.resellers", records.Reseller),
    "credentials.csv": ("assurance.credentials", records.Credential),
}
"""The table of each list of records, and where the list is."""

SEPARATOR = "|"
_FORMULA = re.compile(r"'*[=+@\t\r-]")
_GUARDED = re.compile(r"'+[=+@\t\r-]")
CELL = 65_536
"""Characters that one cell may have: a signed credential fits."""


class _Column(NamedTuple):
    path: str
    is_list: bool


def parse_csv(tables: Mapping[str, str]) -> tuple[Dossier, ...]:
    """Read the tables of a folder.

    Args:
        tables: The text of each table by its name. ``organisations.csv`` must be there.

    Raises:
        BadInput: A table is missing, not known or not CSV, or a row is at fault; the message names table, line, field.
    """
    unknown = sorted(tables.keys() - LISTS.keys() - {ORGANISATIONS})
    if unknown or ORGANISATIONS not in tables:
        what = f"The table {unknown[0]} is not known" if unknown else f"There is no table {ORGANISATIONS}"
        raise BadInput(f"{what}.", hint=f"The tables are {ORGANISATIONS}, {', '.join(LISTS)}.")
    rows: dict[str, tuple[str, dict[str, Any]]] = {}
    for place, row in _rows(ORGANISATIONS, tables[ORGANISATIONS], _columns(Dossier)):
        org_id = row.get("org_id")
        if org_id is None or org_id in rows:
            what = "has no org_id" if org_id is None else f"has the org_id {org_id[:80]!a} a second time"
            raise BadInput(f"{place}: the row {what}.", hint="Give each organisation one row.")
        rows[org_id] = place, row
    for name, (path, kind) in LISTS.items():
        _add_list(rows, name, tables.get(name), path, kind)
    return tuple(_dossier(place, row) for place, row in rows.values())


def format_csv(dossiers: Iterable[Dossier]) -> dict[str, str]:
    """Write dossiers as tables: ``organisations.csv``, and those of the others that have a row."""
    found = [msgspec.to_builtins(dossier, builtin_types=(datetime,)) for dossier in dossiers]
    columns = _columns(Dossier)
    tables = {ORGANISATIONS: _table(columns, found)}
    for name, (path, kind) in LISTS.items():
        items = [
            {"org_id": dossier["org_id"]} | item for dossier in found for item in _value_at(dossier, path, default=())
        ]
        if items:
            tables[name] = _table([_Column("org_id", is_list=False), *_columns(kind)], items)
    return tables


def _dossier(place: str, row: dict[str, Any]) -> Dossier:
    try:
        return read_dossier(row, strict=False)
    except Misread as misread:
        raise misread.refusal(place) from None


def _add_list(
    rows: Mapping[str, tuple[str, dict[str, Any]]], name: str, text: str | None, path: str, kind: type[Struct]
) -> None:
    """Put each row of a list's table where it belongs."""
    group, _, field = path.partition(".")
    for place, item in _rows(name, text or "", [_Column("org_id", is_list=False), *_columns(kind)]) if text else ():
        org_id = item.pop("org_id", None)
        if org_id not in rows:
            raise BadInput(
                f"{place}: the row belongs to {str(org_id)[:80]!a}, which {ORGANISATIONS} does not have.",
                hint="Give its org_id.",
            )
        try:
            read(item, kind, strict=False)
        except Misread as misread:
            raise misread.refusal(place) from None
        rows[org_id][1].setdefault(group, {}).setdefault(field, []).append(item)


def _rows(name: str, text: str, columns: Iterable[_Column]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row of a table, as nested values, with its place."""
    by_name = {column.path: column for column in columns}
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for column in header:
            if column not in by_name or header.count(column) > 1:
                what = "appears twice" if column in by_name else "is not known"
                raise BadInput(
                    f"{name}, line 1: the column {column[:80]!a} {what}.", hint="See docs/formats/dossier.md."
                )
        for cells in reader:
            place = f"{name}, line {reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(header):
                raise BadInput(f"{place} has {len(cells)} cells, its header {len(header)}.", hint="Quote commas.")
            yield place, _nested({by_name[at]: cell for at, cell in zip(header, cells, strict=True)}, place)
    except csv.Error as error:
        raise BadInput(f"{name}, line {reader.line_num} is not CSV: {error}.", hint="Check the quotes.") from None


def _nested(cells: Mapping[_Column, str], place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, cell in cells.items():
        if len(cell) > CELL:
            raise BadInput(f"{place}: {column.path} has {len(cell)} characters.", hint=f"Use at most {CELL}.")
        if not cell:
            continue
        *groups, field = column.path.split(".")
        inside = found
        for group in groups:
            inside = inside.setdefault(group, {})
        text = cell[1:] if _GUARDED.match(cell) else cell
        inside[field] = [part.strip() for part in text.split(SEPARATOR)] if column.is_list else text
    return found


def _columns(kind: type[Struct], prefix: str = "") -> list[_Column]:
    """A column for each field of a record and of the records in it, but for lists of records."""
    columns: list[_Column] = []
    for field in msgspec.structs.fields(kind):
        path = prefix + field.name
        inner = _plain_type(field.type)
        if isinstance(inner, type) and issubclass(inner, Struct):
            columns += _columns(inner, path + ".")
        elif typing.get_origin(inner) is tuple:
            item = _plain_type(typing.get_args(inner)[0])
            if not (isinstance(item, type) and issubclass(item, Struct)):
                columns.append(_Column(path, is_list=True))
        else:
            columns.append(_Column(path, is_list=False))
    return columns


def _plain_type(annotation: Any) -> Any:
    """A type without ``Annotated`` and without ``None``."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain_type(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {types.UnionType, typing.Union}:
        return _plain_type(next(kind for kind in typing.get_args(annotation) if kind is not type(None)))
    return annotation


def _table(columns: list[_Column], rows: Iterable[Mapping[str, Any]]) -> str:
    """The columns that any row has a value for; the first one always."""
    filled = [[_cell(row, column) for column in columns] for row in rows]
    used = [at for at in range(len(columns)) if at == 0 or any(cells[at] for cells in filled)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([columns[at].path for at in used])
    writer.writerows([cells[at] for at in used] for cells in filled)
    return out.getvalue()


def _cell(row: Mapping[str, Any], column: _Column) -> str:
    value = _value_at(row, column.path, default=None)
    if value is None:
        return ""
    if column.is_list:
        if any(SEPARATOR in part for part in value):
            raise BadInput(
                f"{column.path} holds a {SEPARATOR!r}, which separates texts in a table.", hint="Export it as YAML."
            )
        return _guard(SEPARATOR.join(value))
    if isinstance(value, datetime):
        return shown_instant(value)
    return _guard(value) if isinstance(value, str) else str(value).removesuffix(".0")


def _guard(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: names come from outside."""
    return "'" + text if _FORMULA.match(text) else text


def _value_at(value: Any, path: str, *, default: Any) -> Any:
    for name in path.split("."):
        if name not in value:
            return default
        value = value[name]
    return value
