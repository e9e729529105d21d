# SPDX-License-Identifier: Apache-2.0
"""Long texts cut to what a sketch reads of them, on the bytes, before anything else is done with them.

A sketch reads a prompt's first and last characters, and a system prompt's first. What stands between is not decoded,
checked or copied, so that a prompt of a megabyte costs little more than one of a few kilobytes.
"""

import numpy as np
import pyarrow as pa

from stillwatch.detection.sketch import HEAD_CHARS, TAIL_CHARS

HEAD_BYTES, TAIL_BYTES = 4 * HEAD_CHARS, 4 * TAIL_CHARS
"""Bytes that hold so many characters, four bytes being the longest."""


def shorten(texts: pa.Array) -> pa.Array:
    """Cut those texts that are surely longer than a sketch reads.

    Args:
        texts: Text of any of Arrow's types, not necessarily valid UTF-8.

    Returns:
        Large strings of which the sketches are the same, none longer than ``HEAD_BYTES + TAIL_BYTES + 1``.
    """
    texts = texts.cast(pa.large_string())
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64, len(texts) + 1, 8 * texts.offset) if len(texts) else np.zeros(1, np.int64)
    if np.diff(ends).max(initial=0) <= HEAD_BYTES + TAIL_BYTES:
        return texts
    view = memoryview(data)
    starts, stops, valid = ends[:-1].tolist(), ends[1:].tolist(), texts.is_valid().to_pylist()
    cut = [
        _cut(view, start, stop) if is_there else None
        for start, stop, is_there in zip(starts, stops, valid, strict=True)
    ]
    array = pa.array(cut, pa.large_binary())
    return pa.Array.from_buffers(pa.large_string(), len(array), array.buffers())


def _cut(data: memoryview, start: int, stop: int) -> bytes:
    """Give a text's ends, cut between characters. The line between makes it longer than is read whole."""
    if stop - start <= HEAD_BYTES + TAIL_BYTES:
        return data[start:stop].tobytes()
    head, tail = start + HEAD_BYTES, stop - TAIL_BYTES
    while head > start + HEAD_BYTES - 3 and data[head] & 0xC0 == 0x80:
        head -= 1
    while tail < stop - TAIL_BYTES + 3 and data[tail] & 0xC0 == 0x80:
        tail += 1
    return data[start:head].tobytes() + b"\n" + data[tail:stop].tobytes()
