# SPDX-License-Identifier: Apache-2.0
"""Blanks reasoning and log-probabilities where they stand in an answer, and leaves its shape as clients expect it.

Misses: reasoning that a model server leaves in the ordinary text (``<think>`` tags). Run the server with its reasoning
parser on.
"""

import re
from collections.abc import Sequence

import msgspec

from stillwatch.gateway.dialects.splice import Edit, Member, items, members, replacement

EACH = "*"
"""In a path: every item of an array."""
_NOTHING = (b"null", b"[]", b'""')
_GIVES_AWAY = re.compile(
    rb'"(?:[^"\\]*logprobs|(?:reasoning|thinking)[^"\\]*)"[ \t\r\n]*+:[ \t\r\n]*+(?!null\b|\[\]|"")|\\u'
)
"""A name with something after it, or an escape that could hide one. A quotation within a text has a backslash there."""


class Tagged(msgspec.Struct, gc=False):
    """Anything that says its own type."""

    type: str = ""


def what_is_withheld(name: str) -> str | None:
    """What a field of an answer gives away: ``reasoning``, ``logprobs`` or nothing.

    Example:
        >>> what_is_withheld("reasoning_content"), what_is_withheld("top_logprobs"), what_is_withheld("content")
        ('reasoning', 'logprobs', None)
    """
    if name.endswith("logprobs"):
        return "logprobs"
    if name.startswith(("reasoning", "thinking")):
        return "reasoning"
    return None


def may_give_away(text: bytes) -> bool:
    r"""Whether JSON text could hold something to blank: a cheap look that never says no where there is.

    Example:
        >>> may_give_away(b'{"logprobs":null,"content":"the \\\\"logprobs\\\\": 1"}'), may_give_away(b'{"logprobs":{}}')
        (False, True)
    """
    return _GIVES_AWAY.search(text) is not None


def blanks(
    text: bytes, path: Sequence[str], withheld: set[str], *, start: int = 0, end: int | None = None
) -> list[Edit]:
    """Blank the fields of the object at ``path`` that give something away, and note in ``withheld`` what was.

    Args:
        text: JSON text.
        path: Names of members, ``EACH`` for the items of an array. Where it leads nowhere there is nothing to blank.
        withheld: Grows by what was blanked.
        start: Where the object or array begins.
        end: Just past its end.

    Raises:
        BadInput: The text is not JSON.
    """
    if not path:
        return [edit for member in _members(text, start, end) if (edit := _blank(text, member, withheld)) is not None]
    edits: list[Edit] = []
    for member in _children(text, path[0], start, end):
        edits += blanks(text, path[1:], withheld, start=member.value, end=member.end)
    return edits


def empty(text: bytes, member: Member) -> Edit | None:
    """Put nothing in the place of a value: an empty array for an array, else null."""
    if text[member.value : member.end] in _NOTHING:
        return None
    return replacement(member, b"[]" if text[member.value] == ord("[") else b"null")


def _blank(text: bytes, member: Member, withheld: set[str]) -> Edit | None:
    what = what_is_withheld(member.name)
    edit = empty(text, member) if what is not None else None
    if what is not None and edit is not None:
        withheld.add(what)
    return edit


def _children(text: bytes, step: str, start: int, end: int | None) -> list[Member]:
    if step != EACH:
        return [member for member in _members(text, start, end) if member.name == step]
    stop = len(text) if end is None else end
    return items(text, start, stop) if text[start:stop].lstrip()[:1] == b"[" else []


def _members(text: bytes, start: int, end: int | None) -> list[Member]:
    part = text if end is None else text[start:end]
    return members(text, start, end) if part.lstrip()[:1] == b"{" else []
