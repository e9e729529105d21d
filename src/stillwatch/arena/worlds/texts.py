# SPDX-License-Identifier: Apache-2.0
"""Texts held once and compactly, so that millions of rows carry an integer each."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_CHUNK = 65_536


class Texts:
    """A growing pool of texts. A text's number is its position."""

    def __init__(self) -> None:
        self._chunks: list[pa.Array] = []
        self._open: list[str] = []
        self._known: dict[str, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Append texts and give their numbers, without looking whether they are there already."""
        self._open += texts
        first, self._count = self._count, self._count + len(texts)
        if len(self._open) >= _CHUNK:
            self._close()
        return np.arange(first, self._count, dtype=np.int32)

    def intern(self, text: str) -> int:
        """The number of a text that many rows carry, added once."""
        if text not in self._known:
            self._known[text] = int(self.add([text])[0])
        return self._known[text]

    def column(self) -> pa.Array:
        """All texts, by number."""
        self._close()
        whole = pa.concat_arrays(self._chunks) if self._chunks else pa.array([], pa.large_string())
        self._chunks = [whole]
        return whole

    def _close(self) -> None:
        if self._open:
            self._chunks.append(pa.array(self._open, pa.large_string()))
            self._open = []
