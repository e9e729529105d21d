# SPDX-License-Identifier: Apache-2.0
"""Who gives a command: decisions are signed with a name."""

import getpass
from typing import Annotated

import typer

from stillwatch.errors import BadInput

OperatorOption = Annotated[
    str | None,
    typer.Option(
        "--by", envvar="STILLWATCH_OPERATOR", help="Who decides this. Default: the name you are logged in as."
    ),
]


def operator(given: str | None) -> str:
    """The name a decision is signed with.

    Raises:
        BadInput: None is given, and the machine knows none.
    """
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise BadInput("Nobody knows who you are.", hint="Give your name with --by.") from None
