# SPDX-License-Identifier: Apache-2.0
r"""Edits JSON text where it stands: what is not edited keeps its every byte.

msgspec checks the whole text and measures each value; a walk over the names then finds where they stand. So the walk
costs by the number of members, not by the size of their values.

Example:
    >>> text = b'{ "model": "a",\n  "n": 1e0 }'
    >>> apply(text, [replacement(member, b'"b"') for member in members(text) if member.name == "model"])
    b'{ "model": "b",\n  "n": 1e0 }'
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from stillwatch.errors import BadInput

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_NAME = re.compile(rb'[ \t\r\n]*+"((?:[^"\\]++|\\.)*+)"[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)
_COMMA_OR_END = re.compile(rb"[ \t\r\n]*+([,}\]])")
_SPACE = re.compile(rb"[ \t\r\n]*+")


class Member(NamedTuple):
    """Where one member of an object stands, in offsets into the text."""

    name: str
    """Its name, escapes undone."""
    start: int
    """Where its name's opening quote, or an array's item, begins."""
    value: int
    """Where its value begins."""
    end: int
    """Just past its value."""


class Edit(NamedTuple):
    """Put ``text`` in the place of ``start`` to ``end``."""

    start: int
    end: int
    text: bytes


def members(text: bytes, start: int = 0, end: int | None = None) -> list[Member]:
    """Find the members of the object that stands at ``text[start:end]``.

    Raises:
        BadInput: It is not a JSON object, or one of its names stands twice: readers differ on which of the two counts.
    """
    part = text[start:end] if start or end is not None else text
    try:
        values = _OBJECT.decode(part)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The JSON cannot be read: {error}") from None
    found: list[Member] = []
    if not values:
        return found
    seen = set()
    at = text.index(b"{", start) + 1
    while True:
        match = _NAME.match(text, at)
        if match is None:
            raise _repeated()
        name = _name(match[1])
        value = values.get(name)
        # The decoder keeps the last of two values, so an earlier one does not match, or its name comes again.
        if value is None or name in seen or not text.startswith(bytes(value), match.end()):
            raise _repeated(name)
        seen.add(name)
        at = match.end() + len(value)
        found.append(Member(name, match.start(1) - 1, match.end(), at))
        follows = _COMMA_OR_END.match(text, at)
        if follows is None:
            raise _repeated(name)
        at = follows.end()
        if follows[1] != b",":
            return found


def expect_no_repetition(text: bytes) -> None:
    """See to it that no name stands twice in the object that the text is.

    Cost: a third of ``members`` for JSON without space between its tokens, which is what the official clients send.

    Raises:
        BadInput: As ``members``.
    """
    try:
        values = _OBJECT.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The JSON cannot be read: {error}") from None
    # Each member takes two quotes, a colon, and a comma or the last brace. If that is all there is, there is no room
    # for a second member of the same name, of which the decoder keeps one.
    if sum(map(len, values)) + sum(map(len, values.values())) + 4 * len(values) + 1 != len(text):
        members(text)


def items(text: bytes, start: int, end: int) -> list[Member]:
    """Find the items of the array that stands at ``text[start:end]``; their names are empty.

    Raises:
        BadInput: It is not a JSON array.
    """
    try:
        values = _ARRAY.decode(text[start:end])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The JSON cannot be read: {error}") from None
    found = []
    at = text.index(b"[", start) + 1
    for value in values:
        space = _SPACE.match(text, at)
        begins = space.end() if space is not None else at
        ends = begins + len(value)
        found.append(Member("", begins, begins, ends))
        follows = _COMMA_OR_END.match(text, ends)
        at = follows.end() if follows is not None else ends
    return found


def replacement(member: Member, value: bytes) -> Edit:
    """Give a member another value."""
    return Edit(member.value, member.end, value)


def insertion(siblings: Sequence[Member], name: bytes, value: bytes) -> Edit:
    """Add a member after the last of an object's members, of which there is at least one."""
    end = siblings[-1].end
    return Edit(end, end, b',"' + name + b'":' + value)


def removals(siblings: Sequence[Member], unwanted: Callable[[Member], bool]) -> list[Edit]:
    """Take members out, with the comma that belongs to each."""
    edits = []
    is_any_kept = False
    for at, member in enumerate(siblings):
        if not unwanted(member):
            is_any_kept = True
        elif is_any_kept:
            edits.append(Edit(siblings[at - 1].end, member.end, b""))
        else:
            end = siblings[at + 1].start if at + 1 < len(siblings) else member.end
            edits.append(Edit(member.start, end, b""))
    return edits


def apply(text: bytes, edits: Sequence[Edit]) -> bytes:
    """Make edits that do not overlap."""
    if not edits:
        return text
    parts = []
    at = 0
    for edit in sorted(edits):
        parts.append(text[at : edit.start])
        parts.append(edit.text)
        at = edit.end
    parts.append(text[at:])
    return b"".join(parts)


def _name(raw: bytes) -> str:
    if b"\\" in raw:
        return msgspec.json.decode(b'"' + raw + b'"', type=str)
    return raw.decode()


def _repeated(name: str | None = None) -> BadInput:
    which = f"The field '{name}' stands" if name is not None else "A field stands"
    return BadInput(f"{which} more than once in one object.", hint="Send each field once.")
