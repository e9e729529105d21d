# SPDX-License-Identifier: Apache-2.0
"""What may stand in each field of the directory. Each function gives the value as it is stored, or refuses it."""

import re
from collections.abc import Iterable
from ipaddress import ip_network

from stillwatch.access.policy.facts import Action
from stillwatch.errors import BadInput

MAX_ID_LENGTH = 64
MAX_TEXT_LENGTH = 200
MAX_LIST_LENGTH = 100
"""Models or networks of one key: they are looked through for every request."""
LAST_US = 253_402_300_799_000_000
"""The end of the year 9999, where calendars end."""

_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:-]{{0,{MAX_ID_LENGTH - 1}}}")


def checked_id(value: str, *, what: str) -> str:
    """An id: letters, digits, dot, colon, dash and underscore, at most 64, the first a letter or digit.

    Raises:
        BadInput: It is something else.
    """
    if _ID.fullmatch(value) is None:
        raise BadInput(
            f"The {what} id {_shown(value)} cannot be used.",
            hint=f"Use 1 to {MAX_ID_LENGTH} letters, digits, dots, colons, dashes and underscores.",
        )
    return value


def checked_text(value: str, *, what: str, may_be_empty: bool = False) -> str:
    """One line of printable text in any script, without spaces around it.

    Raises:
        BadInput: It is empty, too long, or holds what cannot be printed (control characters, broken Unicode).
    """
    value = value.strip()
    if not value and not may_be_empty:
        raise BadInput(f"The {what} is empty.", hint="Give at least one character.")
    if len(value) > MAX_TEXT_LENGTH:
        raise BadInput(f"The {what} has {len(value)} characters.", hint=f"Use at most {MAX_TEXT_LENGTH}.")
    if not value.isprintable():
        raise BadInput(
            f"The {what} {_shown(value)} holds characters that cannot be printed.", hint="Use one line of plain text."
        )
    return value


def checked_models(models: Iterable[str] | None) -> tuple[str, ...] | None:
    """The models a key may name, each once, in order; None for every model.

    Raises:
        BadInput: The list is empty or too long, or a name cannot be one.
    """
    if models is None:
        return None
    names = tuple(sorted({checked_text(name, what="model name") for name in models}))
    _check_count(names, what="models")
    return names


def checked_scopes(scopes: Iterable[str] | None) -> tuple[str, ...] | None:
    """What a key may be used for, each once, in order; None for everything.

    Raises:
        BadInput: The list is empty, or a name is no action of access policies.
    """
    if scopes is None:
        return None
    names = tuple(sorted(set(scopes)))
    for name in names:
        if name not in set(Action):
            raise BadInput(f"The scope {_shown(name)} is not known.", hint=f"Use some of: {', '.join(Action)}.")
    _check_count(names, what="scopes")
    return names


def checked_cidrs(cidrs: Iterable[str] | None) -> tuple[str, ...] | None:
    """The networks a key may be used from, each once, in order; None for everywhere. An address is a network of one.

    Raises:
        BadInput: The list is empty or too long, or a network cannot be read.
    """
    if cidrs is None:
        return None
    networks = tuple(sorted({_network(cidr) for cidr in cidrs}))
    _check_count(networks, what="networks")
    return networks


def checked_instant(instant_us: int, *, what: str, after_us: int = 0) -> int:
    """An instant later than another, within the calendar.

    Raises:
        BadInput: It is not.
    """
    if not after_us < instant_us <= LAST_US:
        raise BadInput(
            f"The {what} does not lie in the future.", hint="Give a date later than now, up to the year 9999."
        )
    return instant_us


def _network(cidr: str) -> str:
    try:
        return str(ip_network(cidr.strip()))
    except ValueError as error:
        hint = "Write it like 203.0.113.0/24 or 2001:db8::/32."
        if "host bits" in str(error):
            hint = f"Its network is {ip_network(cidr.strip(), strict=False)}."
        raise BadInput(f"The network {_shown(cidr)} cannot be used.", hint=hint) from None


def _check_count(values: tuple[str, ...], *, what: str) -> None:
    if not values:
        raise BadInput(f"The list of {what} is empty, which would allow nothing.", hint="Leave it out to allow all.")
    if len(values) > MAX_LIST_LENGTH:
        raise BadInput(f"{len(values)} {what} are too many for one key.", hint=f"Give at most {MAX_LIST_LENGTH}.")


def _shown(value: str) -> str:
    """A value as it may stand in a message: short, and with nothing that a terminal would obey."""
    return ascii(value if len(value) <= 80 else value[:77] + "...")
