# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and how they print."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from stillwatch.errors import BadInput
from stillwatch.settings import Settings, load_settings

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="STILLWATCH_CONFIG", help="The settings file.", show_default=True),
]
MOST_BYTES = 65_536
DEFAULT_CONFIG = Path("stillwatch.toml")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table for people.")]


def load(config: Path) -> Settings:
    """The settings in force for a command."""
    return load_settings(config)


def load_or_default(config: Path) -> Settings:
    """The same for a command that needs no settings file: without one, the defaults."""
    return load(config) if config != DEFAULT_CONFIG or config.exists() else Settings()


def read_small(path: Path) -> bytes:
    """A file that somebody names on the command line: a key, a certificate.

    Raises:
        BadInput: It cannot be read, or is too large to be one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"The file {path} cannot be read: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise BadInput(f"The file {path} has more than {MOST_BYTES} bytes.", hint="Give the file of one key.")
    return content


def print_json(value: Any) -> None:
    """One JSON document on standard output, as programs expect it: indented, with a newline at the end."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
