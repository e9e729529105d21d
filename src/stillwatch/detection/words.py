# SPDX-License-Identifier: Apache-2.0
"""The words of many texts as hashes: what ``sketch`` makes of each alone, in a few steps for all.

Texts are joined and their words found where the class of characters changes. Most traffic is ASCII, where a class is a
byte's own and one table folds case and tells words from what is between them; other text is first folded text by text.

Symbols: N texts, T words in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.detection.crc import PADDING, Hashes, Ints, crc32_many

_WORD = b"abcdefghijklmnopqrstuvwxyz0123456789_'"
_BETWEEN, _LATIN, _SIGN, _LETTER, _INSIDE = range(5)
"""Classes of a character's first byte: no word, ASCII word, a word by itself, a letter of other scripts; and of any
further byte."""


def _fold() -> bytes:
    """A table that folds ASCII's case and makes all that is no word 0."""
    return bytes(byte if byte in _WORD else byte + 32 if 65 <= byte <= 90 else 0 for byte in range(256))


def _classes() -> bytes:
    classes = bytearray(256)
    for byte in _WORD:
        classes[byte] = _LATIN
    for byte in range(0x80, 0xC0):
        classes[byte] = _INSIDE
    for byte in range(0xC2, 0xF0):
        classes[byte] = _SIGN if 0xE3 <= byte <= 0xED else _LETTER
    return bytes(classes)


_FOLDED, _CLASSES = _fold(), _classes()


@dataclass(frozen=True, slots=True)
class Words:
    """Hashed words of many texts."""

    hashes: Hashes
    """Those of the first text, then those of the second, and so on. Shape (T,)."""
    ends: Ints
    """Where each text's words begin, and the last one's end. Shape (N + 1,)."""


def words_of_ascii(texts: Sequence[str]) -> Words:
    """Give the words of ASCII texts: runs of letters, digits, ``_`` and ``'``, in lower case."""
    data = PADDING + "\0".join(texts).encode().translate(_FOLDED) + b"\0"
    is_word = np.frombuffer(data, np.uint8) != 0
    edges = np.flatnonzero(is_word[1:] ^ is_word[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    return Words(crc32_many(data, starts, ends), _counted(starts, [len(text) for text in texts]))


def words_of_any(texts: Sequence[str]) -> Words:
    """Give the words of any texts: as in ASCII, and single characters of scripts without spaces, runs of others."""
    folded = [text.lower().encode("utf-8", "replace") for text in texts]
    data = PADDING + b"\0".join(folded) + b"\0"
    every = np.frombuffer(data.translate(_CLASSES), np.uint8)
    firsts = np.flatnonzero(every != _INSIDE)
    classes = every.take(firsts)
    is_edge = classes == _SIGN
    is_edge[1:] |= classes[1:] != classes[:-1]
    edges = np.flatnonzero(is_edge)
    at = firsts.take(edges)
    is_word = classes.take(edges)[:-1] != _BETWEEN
    starts, ends = np.compress(is_word, at[:-1]), np.compress(is_word, at[1:])
    return Words(crc32_many(data, starts, ends), _counted(starts, [len(text) for text in folded]))


def join(one: Words, other: Words) -> Words:
    """Put the other's texts after the one's."""
    return Words(np.append(one.hashes, other.hashes), np.append(one.ends, one.ends[-1] + other.ends[1:]))


def _counted(starts: Ints, sizes: list[int]) -> Ints:
    """Say which words are whose, by where the texts stand with one byte between them."""
    stops = len(PADDING) + np.cumsum(np.array([0, *sizes], np.int64) + 1) - 1
    ends: Ints = np.searchsorted(starts, stops)
    return ends
