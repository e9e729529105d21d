# SPDX-License-Identifier: Apache-2.0
"""Words as numbers, without loss: frequent pieces as one token, anything else as its bytes.

A token is a piece of text with the space before it, so joining the pieces of a text gives the text back.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_PIECE = re.compile(r" ?[^\W\d_]+| ?\d|\n| ?[^\w\s]|\s|_")

BEGIN = 0
"""Stands before the text."""
QUESTION = 1
"""Opens what the caller says."""
REASONING = 2
"""Opens the reasoning."""
ANSWER = 3
"""Opens the answer, and so closes the reasoning."""
END = 4
"""Closes the answer."""
_MARKS = 5
_BYTES = 256
_COMMON = 3e-4
"""A piece of this share among all pieces counts half of what a very rare one does."""
_DULL = 0.02
"""How much a mark or a single byte says about a question's subject."""


class Vocabulary:
    """The tokens that the teacher knows.

    Args:
        pieces: The frequent pieces, most frequent first.
        frequencies: The share of each among all pieces of the text they were learned from.
    """

    def __init__(self, pieces: Sequence[str], frequencies: Sequence[float] = ()) -> None:
        rare = [_COMMON / (_COMMON + frequency) for frequency in frequencies or [0.0] * len(pieces)]
        self._saliences = np.array([_DULL] * (_MARKS + _BYTES) + rare, np.float32)
        self._pieces = tuple(pieces)
        self._ids = {piece: _MARKS + _BYTES + index for index, piece in enumerate(pieces)}

    def __len__(self) -> int:
        return _MARKS + _BYTES + len(self._pieces)

    @classmethod
    def learned_from(cls, texts: Iterable[str], *, size: int) -> "Vocabulary":
        """The vocabulary of at most ``size`` tokens that covers the texts best."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(_PIECE.findall(text))
        # Ties are broken by the piece itself, so that the same text gives the same vocabulary on every machine.
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        total = sum(counts.values())
        kept = ranked[: size - _MARKS - _BYTES]
        return cls([piece for piece, _ in kept], [times / total for _, times in kept])

    def encode(self, text: str) -> list[int]:
        """The tokens of a text.

        Example:
            >>> Vocabulary([" the", "cat"]).encode("cat the x")[:2]
            [262, 261]
        """
        ids: list[int] = []
        known = self._ids
        for piece in _PIECE.findall(text):
            token = known.get(piece)
            if token is None:
                ids.extend(_MARKS + byte for byte in piece.encode())
            else:
                ids.append(token)
        return ids

    def shares(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """How much each token of a question counts: rare words say what it is about. The squares add up to 1.

        Source:
            The weights a / (a + frequency) of Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence
            Embeddings", ICLR 2017, algorithm 1.
        """
        weights = self._saliences[np.asarray(tokens, np.int64)]
        shares: NDArray[np.float32] = (weights / np.sqrt((weights * weights).sum() + 1e-9)).astype(np.float32)
        return shares

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; empty for the marks between parts of a text."""
        if token < _MARKS:
            return b""
        if token < _MARKS + _BYTES:
            return bytes([token - _MARKS])
        return self._pieces[token - _MARKS - _BYTES].encode()

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of some tokens; bytes that are no UTF-8 become the replacement character."""
        return b"".join(self.piece(token) for token in tokens).decode(errors="replace")
