# SPDX-License-Identifier: Apache-2.0
"""From plain values to a dossier, or one sentence that names the place at fault."""

import re
from typing import Any, TypeVar

import msgspec

from stillwatch.access.vetting.consistency import first_contradiction
from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.register import register_of
from stillwatch.errors import BadInput

HINT = "See docs/formats/dossier.md."

T = TypeVar("T")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


class Misread(Exception):  # noqa: N818 - it is caught where the place in the file is known
    """A value that cannot be read.

    Args:
        path: Where in the dossier: ``ownership.stakes[2].percent``; empty for the whole.
        what: The end of a sentence that begins with the place.
    """

    def __init__(self, path: str, what: str) -> None:
        super().__init__(path, what)
        self.path = path
        self.what = what

    def refusal(self, where: str) -> BadInput:
        """The error that is shown, with the place in the file."""
        place = f"{where}: {self.path}" if self.path else where
        return BadInput(f"{place} {self.what}.", hint=HINT)


def read(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """Convert plain values.

    Args:
        value: Of mappings, lists and scalars.
        kind: What it must become.
        strict: Refuse a text where a number is wanted. Formats in which all is text need it off.

    Raises:
        Misread: It is something else.
    """
    try:
        return msgspec.convert(_with_instants(value), kind, strict=strict)
    except msgspec.ValidationError as error:
        found = _PLACE.match(str(error))
        what, path = (found["what"], found["path"] or "") if found else (str(error), "")
        raise Misread(path, _sentence(what)) from None


def read_dossier(value: Any, *, strict: bool = True) -> Dossier:
    """Convert plain values to a dossier that does not contradict itself.

    Args:
        value: See ``read``.
        strict: See ``read``.

    Raises:
        Misread: It is something else, or it does.
    """
    return consistent(read(value, Dossier, strict=strict))


def consistent(dossier: Dossier) -> Dossier:
    """A dossier that does not contradict itself.

    Raises:
        Misread: It does.
    """
    contradiction = first_contradiction(dossier)
    if contradiction is not None:
        raise Misread(*contradiction)
    try:
        register_of(dossier)
    except BadInput as error:
        raise Misread("ownership", f"cannot be: {error.args[0].rstrip('.')}") from None
    return dossier


def _with_instants(value: Any, key: str = "") -> Any:
    """The same with each plain day of a field that is an instant (its name ends in ``_at``) made that day's start."""
    if isinstance(value, dict):
        return {name: _with_instants(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_instants(inner) for inner in value]
    if isinstance(value, str) and key.endswith("_at") and _DAY.fullmatch(value):
        return value + "T00:00:00Z"
    return value


def _sentence(what: str) -> str:
    """What msgspec says, as the end of a sentence about the place."""
    for begin, words in (
        ("Object contains unknown field ", "holds a field that is not known: "),
        ("Object missing required field ", "lacks the field "),
        ("Expected ", "should be "),
        ("Invalid enum value ", "cannot be "),
    ):
        if what.startswith(begin):
            return words + what.removeprefix(begin).replace("`", "").replace("object", "a mapping").rstrip(".")
    return "cannot be read: " + what.replace("`", "").rstrip(".")
