# SPDX-License-Identifier: Apache-2.0
"""Finds API keys in what should not hold any: dumps, logs, repositories. The form and its check decide."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stillwatch.access.api_key import CRC_LENGTH, ID_LENGTH, LENGTH, PREFIX, SECRET_LENGTH, parse

PATTERN = rf"{PREFIX}[0-9A-Za-z]{{{ID_LENGTH}}}_[0-9A-Za-z]{{{SECRET_LENGTH}}}_[0-9A-Za-z]{{{CRC_LENGTH}}}"
"""What a scanner of leaked secrets looks for; then it holds the check against the rest."""
_PATTERN = re.compile(PATTERN.encode())


class Leak(NamedTuple):
    """A well-formed key, and where it stands."""

    line: int
    """From 1."""
    key_id: str
    text: str
    """The key itself: show it nowhere."""

    def __repr__(self) -> str:
        return f"Leak(line={self.line}, key_id={self.key_id!r})"


def find_keys(pieces: Iterable[bytes]) -> Iterator[Leak]:
    """The well-formed keys in a stream of bytes, each as often as it stands there.

    Args:
        pieces: The bytes in order, cut anywhere.

    Example:
        >>> key = b"swk_live_000000000000_000000000000000000000000000000000_31yXy0"
        >>> list(find_keys([b"a line", bytes([10]), b"KEY=" + key[:30], key[30:]]))
        [Leak(line=2, key_id='000000000000')]
    """
    line, kept = 1, b""
    for piece in pieces:
        window = kept + piece
        done = 0
        for match in _PATTERN.finditer(window):
            text = match[0].decode()
            key_id = parse(text)
            if key_id is not None:
                yield Leak(line + window.count(b"\n", 0, match.start()), key_id, text)
                done = match.end()
        # A key may be cut by the end of the piece; one that was found is not found again.
        cut = max(done, len(window) - LENGTH + 1, 0)
        line += window.count(b"\n", 0, cut)
        kept = window[cut:]
