# SPDX-License-Identifier: Apache-2.0
"""The skeletons of many texts at once: numbers, quotations, names and code become slots, as in ``sketch``.

The texts are joined by a zero byte that no match may cross. Every match begins with a character of one class, so that
the text between matches is passed over at a nanosecond a character.
"""

import re
from collections.abc import Sequence
from zlib import crc32

SKELETON_CHARS = 160
"""What a skeleton of a prompt's head or tail is made of."""
SLOT = re.compile(
    r"""[`"“「\dA-Z](?:(?<=`)(?:``.*?(?:```|\Z)|[^`\n]*`)|(?<=")[^"\n]*"|(?<=“)[^”\n]*”|(?<=「)[^」\n]*」"""
    r"""|(?<=\d)\w*(?:[.,:/-]\d+)*|(?<=[a-z,;] [A-Z])\w+(?: [A-Z]\w+)*)""",
    re.DOTALL,
)
"""Code, quotations, numbers, names. What each begins with stands in front, so that what is between is passed over."""
_IDENTIFIER = re.compile(r"\b[^\W\d]{1,32}\d\w*")
"""A word with a number in it: what tells one copy of a system prompt from the next."""
_CODE = r"(?<=`)(?:``[^\0]*?(?:```|(?=\0))|[^`\n\0]*`)"
_QUOTE = r'(?<=")[^"\n\0]*"'
_CURLY = r"(?<=“)[^”\n\0]*”|(?<=「)[^」\n\0]*」"
_NUMBER = r"(?<=\d)\w*(?:[.,:/-]\d+)*"
_NAME = r"(?<=[a-z,;] [A-Z])\w+(?: [A-Z]\w+)*"
_ANY_SLOT = re.compile(rf'[`"“「\dA-Z](?:{_CODE}|{_QUOTE}|{_CURLY}|{_NUMBER}|{_NAME})')
_ASCII_SLOT = re.compile(rf'[`"0-9A-Z](?:{_CODE}|{_QUOTE}|{_NUMBER}|{_NAME})'.encode())
"""What ``SLOT`` matches, its alternatives' first characters brought to the front."""


_FEW = 8
_HIDDEN = (("“", "”", "\udc80"), ("「", "」", "\udc81"))
"""What opens a quotation, what closes it, and what stands for one that nothing closes: half of a surrogate pair, which
text has not."""


def skeleton(text: str) -> str:
    """Put slots into one text, in time proportional to its length.

    ``SLOT`` alone looks for the end of every quotation up to the end of the line, and so takes a thousand
    times as long for a text of nothing but opening marks. Those that nothing closes are hidden from it.
    """
    shown = text
    for opening, closing, hidden in _HIDDEN:
        if shown.count(opening) > _FEW and hidden not in shown:
            shown = "\n".join(_hide(line, opening, closing, hidden) for line in shown.split("\n"))
    slotted = SLOT.sub("§", shown)
    if shown is not text:
        for opening, _, hidden in _HIDDEN:
            slotted = slotted if hidden in text else slotted.replace(hidden, opening)
    return slotted


def system_skeleton(text: str) -> str:
    """Put slots into a system prompt; words with a number in them are slots too."""
    return skeleton(_IDENTIFIER.sub("§", text))


def _hide(line: str, opening: str, closing: str, hidden: str) -> str:
    end = line.rfind(closing) + 1
    return line[:end] + line[end:].replace(opening, hidden)


def head_hashes(texts: Sequence[str], *, are_ascii: bool) -> list[int]:
    """Hash the skeletons of the texts' first characters.

    Args:
        texts: Of any length.
        are_ascii: True where all are, which is faster.
    """
    heads = [text[:SKELETON_CHARS] for text in texts]
    joined = "\0".join(heads) + "\0"
    if joined.count("\0") != len(heads):
        return [crc32(SLOT.sub("§", head).encode("utf-8", "replace")) for head in heads]
    if are_ascii:
        skeletons = _ASCII_SLOT.sub("§".encode(), joined.encode())
    else:
        skeletons = _ANY_SLOT.sub("§", joined).encode("utf-8", "replace")
    return [crc32(one) for one in skeletons.split(b"\0")[:-1]]
