# SPDX-License-Identifier: Apache-2.0
"""Claims as they must be: texts that are short, times that are numbers."""

from collections.abc import Mapping
from typing import Any

LONGEST_TOKEN = 8_192
"""Characters of a proof or an assertion: more than one with all it may say has."""
LONGEST_TEXT = 256
_LATEST_SECONDS = 253_402_300_799
"""The end of the year 9999."""


def text_in(claims: Mapping[str, Any], name: str, *, longest: int = LONGEST_TEXT) -> str:
    """A claim that is a printable text.

    Raises:
        ValueError: It is not there, or something else. The message ends a sentence, as those of ``jws`` do.
    """
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise ValueError(f"does not say its {name}")
    return value


def instant_in(claims: Mapping[str, Any], name: str) -> int:
    """A claim that is a time, in microseconds since the epoch.

    Raises:
        ValueError: See ``text_in``.
    """
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LATEST_SECONDS:
        raise ValueError(f"does not say its {name}")
    return int(value * 1_000_000)
