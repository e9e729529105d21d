# SPDX-License-Identifier: Apache-2.0
"""Dossiers as YAML: one document each, written so that reading gives the same again."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import yaml

from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.reading import Misread, read_dossier
from stillwatch.access.vetting.strict_yaml import Document, documents


def parse_yaml(text: str, *, name: str) -> tuple[Dossier, ...]:
    """Read every document of a text.

    Args:
        text: YAML, documents separated by ``---``.
        name: Of the file, for messages.

    Raises:
        BadInput: It is not YAML, or a document is not a dossier; the message names file, line and field.
    """
    return tuple(_dossier(document) for document in documents(text, name=name))


def format_yaml(dossiers: Iterable[Dossier]) -> str:
    """Write dossiers, a document each, in the order of the fields."""
    plain = [_plain(msgspec.to_builtins(dossier, builtin_types=(datetime,))) for dossier in dossiers]
    return yaml.dump_all(
        plain, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, explicit_start=True, width=120
    )


def _dossier(document: Document) -> Dossier:
    try:
        return read_dossier(document.value, strict=False)
    except Misread as misread:
        raise misread.refusal(document.place_of(misread.path)) from None


def _plain(value: Any) -> Any:
    """What the writer takes: an instant at midnight, UTC, is written as its day."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return shown_instant(value)
    return value


def shown_instant(instant: datetime) -> str:
    """An instant as a dossier's file has it: a day where it is the start of one in UTC, else to the second or finer."""
    there = instant.astimezone(UTC)
    if there.time() == datetime.min.time():
        return there.date().isoformat()
    return there.isoformat().replace("+00:00", "Z")
