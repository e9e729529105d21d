# SPDX-License-Identifier: Apache-2.0
"""Dossiers in files: YAML, tables of CSV, or a folder of either."""

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.dossier_csv import LISTS, ORGANISATIONS, format_csv, parse_csv
from stillwatch.access.vetting.dossier_yaml import format_yaml, parse_yaml
from stillwatch.errors import BadInput, Unavailable

MAX_BYTES = 64 * 1024 * 1024
"""Of one file."""

_YAML = (".yaml", ".yml")


class Form(StrEnum):
    """How dossiers are written."""

    YAML = "yaml"
    """One file, a document for each."""
    CSV = "csv"
    """A folder of tables."""


def read_dossiers(path: Path) -> tuple[Dossier, ...]:
    """Read the dossiers of a file or a folder.

    Args:
        path: A YAML file, ``organisations.csv``, or a folder that holds YAML files or the tables, not both.

    Raises:
        BadInput: Something in it is at fault; the message names the file, the line and the field.
        Unavailable: It cannot be read.
    """
    if path.is_dir():
        return _read_folder(path)
    if path.suffix in _YAML:
        return parse_yaml(_text(path), name=path.name)
    if path.suffix == ".csv":
        return parse_csv({path.name: _text(path)})
    raise BadInput(f"The file {path} is neither YAML nor CSV.", hint="Its name has to end in .yaml, .yml or .csv.")


def write_dossiers(path: Path, dossiers: Iterable[Dossier], *, form: Form) -> None:
    """Write dossiers where nothing is yet.

    Args:
        path: A file for YAML, a folder for CSV.
        dossiers: What to write.
        form: Which of the two.

    Raises:
        BadInput: Something is there already, or a text cannot stand in a table.
        Unavailable: It cannot be written.
    """
    if path.exists():
        raise BadInput(f"{path} is already there.", hint="Name another place; nothing is overwritten.")
    found = tuple(dossiers)
    try:
        if form is Form.YAML:
            _write(path, format_yaml(found))
            return
        tables = format_csv(found)
        path.mkdir(parents=True, mode=0o700)
        for name, text in tables.items():
            _write(path / name, text)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}.", hint="Check the folder.") from error


def _read_folder(path: Path) -> tuple[Dossier, ...]:
    try:
        found = sorted(entry for entry in path.iterdir() if entry.suffix in {*_YAML, ".csv"})
    except OSError as error:
        raise Unavailable(f"The folder {path} cannot be read: {error.strerror}.") from error
    tables = [entry for entry in found if entry.suffix == ".csv"]
    if not found or (tables and len(tables) != len(found)):
        what = "both YAML and CSV" if found else "neither YAML nor CSV"
        raise BadInput(
            f"The folder {path} holds {what}.",
            hint=f"Give YAML files, or the tables {ORGANISATIONS}, {', '.join(LISTS)}.",
        )
    if tables:
        return parse_csv({entry.name: _text(entry) for entry in tables})
    return tuple(dossier for entry in found for dossier in parse_yaml(_text(entry), name=entry.name))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"The file {path} is larger than {MAX_BYTES // 1024 // 1024} MB.", hint="Split it.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The file {path} is not UTF-8: its byte {error.start} cannot be read.", hint="Save it as UTF-8."
        ) from None
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}.", hint="Check the path.") from None
    except OSError as error:
        raise Unavailable(f"The file {path} cannot be read: {error.strerror}.") from error


def _write(path: Path, text: str) -> None:
    """Write a file for its owner alone: names of people stand in it."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
