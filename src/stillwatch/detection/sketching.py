# SPDX-License-Identifier: Apache-2.0
"""The sketches of many exchanges at once, as columns: what ``sketch`` gives, at a fraction of its cost each.

Symbols: N exchanges, F features in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.sketch import _LAYOUT, BANDS, HAS_CONTENT, SCRIPTS, VERSION, sketch
from stillwatch.records.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketches:
    """The fields of many sketches that a sighting keeps; each means what it means in ``Sketch``, 0 where empty."""

    has_content: npt.NDArray[np.bool_]
    """Shape (N,), as the next four."""
    cues: npt.NDArray[np.uint16]
    """Bits of ``CUE_BITS``."""
    prompt_hash: npt.NDArray[np.uint64]
    system_hash: npt.NDArray[np.uint64]
    head_hash: npt.NDArray[np.uint32]
    bands: npt.NDArray[np.uint32]
    """Shape (N, 4)."""
    features: npt.NDArray[np.uint16]
    """Those of the first exchange, then those of the second, and so on. Shape (F,)."""
    ends: npt.NDArray[np.int64]
    """Where each exchange's features begin, and the last one's end. Shape (N + 1,)."""


def sketch_many(prompts: Sequence[str], systems: Sequence[str | None]) -> Sketches:
    """Give the sketches of many exchanges.

    Args:
        prompts: One an exchange.
        systems: Their system prompts.
    """
    made = [
        sketch(Exchange(exchange_id="", ts_us=0, org_id="", account_id="", model="", prompt=prompt, system=system))
        for prompt, system in zip(prompts, systems, strict=True)
    ]
    return read_many(made)[0]


def read_many(sketches: Sequence[bytes | None]) -> tuple[Sketches, npt.NDArray[np.bool_]]:
    """Decode many sketches at once.

    Returns:
        Their fields, and which of them could be read; what could not has all fields 0. Shape (N,).
    """
    whole = [one if one is not None and _is_readable(one) else _BLANK for one in sketches]
    data = np.frombuffer(b"".join(whole), np.uint8)
    sizes = np.fromiter(map(len, whole), np.int64, len(whole))
    starts = np.cumsum(sizes) - sizes
    heads = data[starts[:, None] + np.arange(_LAYOUT.size)].view(_HEAD)[:, 0] if whole else np.zeros(0, _HEAD)
    counts = (sizes - _LAYOUT.size) // 2
    ends = np.append(0, np.cumsum(counts))
    is_feature = np.ones(len(data), np.bool_)
    is_feature[(starts[:, None] + np.arange(_LAYOUT.size)).ravel()] = False
    fields = Sketches(
        has_content=(heads["flags"] & HAS_CONTENT).astype(np.bool_),
        cues=heads["cues"].astype(np.uint16),
        prompt_hash=heads["prompt"].astype(np.uint64),
        system_hash=heads["system"].astype(np.uint64),
        head_hash=heads["head"].astype(np.uint32),
        bands=heads["bands"].astype(np.uint32),
        features=data[is_feature].view("<u2").astype(np.uint16),
        ends=ends,
    )
    return fields, np.array([one is not _BLANK for one in whole], np.bool_)


_BLANK = bytes((VERSION,)) + bytes(_LAYOUT.size - 1)
_HEAD = np.dtype(
    [
        ("version", "u1"),
        ("flags", "u1"),
        ("script", "u1"),
        ("length", "u1"),
        ("cues", "<u2"),
        ("count", "u1"),
        ("pad", "u1"),
        ("prompt", "<u8"),
        ("system", "<u8"),
        ("head", "<u4"),
        ("tail", "<u4"),
        ("reserved", "<u4", 2),
        ("bands", "<u4", BANDS),
    ]
)


def _is_readable(data: bytes) -> bool:
    return (
        len(data) >= _LAYOUT.size
        and data[0] == VERSION
        and data[2] < len(SCRIPTS)
        and len(data) == _LAYOUT.size + 2 * data[6]
    )


def merge(one: Sketches, other: Sketches, is_other: npt.NDArray[np.bool_]) -> Sketches:
    """Put the other's sketches in the places where the mask is true. The other has as many as are true."""
    order = np.arange(len(is_other))
    order[is_other] = len(is_other) + np.arange(int(is_other.sum()))
    sizes = np.append(np.diff(one.ends), np.diff(other.ends))[order]
    begins = np.append(one.ends[:-1], other.ends[:-1] + one.ends[-1])[order]
    ends = np.append(0, np.cumsum(sizes))
    at = np.arange(ends[-1]) + np.repeat(begins - ends[:-1], sizes)
    return Sketches(
        has_content=np.append(one.has_content, other.has_content)[order],
        cues=np.append(one.cues, other.cues)[order],
        prompt_hash=np.append(one.prompt_hash, other.prompt_hash)[order],
        system_hash=np.append(one.system_hash, other.system_hash)[order],
        head_hash=np.append(one.head_hash, other.head_hash)[order],
        bands=np.concatenate((one.bands, other.bands))[order],
        features=np.append(one.features, other.features)[at],
        ends=ends,
    )
