# SPDX-License-Identifier: Apache-2.0
"""What detection keeps of an exchange's content: some 260 bytes that cannot be read back as text.

A sketch is made inline, before the prompt is hashed or dropped, so it must be cheap, bounded and total: no text makes
it raise, and a prompt of a megabyte costs no more than one of two thousand characters. Every number in it is a hash or
a count:

- the *skeleton* of the prompt's head and tail: numbers, quotations, names and code become slots, so that a template
  shows through its fillings;
- *MinHash bands* over three-word shingles: two prompts that differ by a few words share a band;
- *features*: a consistent sample (bottom-k) of hashed words and word pairs, with single characters for scripts that do
  not put spaces between words, from which the engine builds a content vector;
- the skeleton of the *system prompt*, length, script, and *cues* that ask for reasoning, rubrics or task generation.

Hashes are CRC-32 mixed by multiplication: stable over processes and machines, and not secret. An adversary can make
collisions; a collision makes two prompts look alike, which can only draw attention to him.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from zlib import crc32

import numpy as np
import numpy.typing as npt

from stillwatch.detection.cues import CUE_BITS, CUE_PAIRS
from stillwatch.detection.slots import SKELETON_CHARS, SLOT, system_skeleton
from stillwatch.records.exchange import Exchange

VERSION = 1
FEATURE_LIMIT = 64
"""Features kept of one prompt: those with the smallest hashes, so that two prompts keep the same ones."""
FEATURE_SPACE = 1 << 16
HEAD_CHARS, TAIL_CHARS = 1_536, 512
"""What is read of a prompt: instructions stand at its beginning or its end."""
BANDS, ROWS = 4, 2

HAS_CONTENT, IS_HASHED, SINGLE_TURN, HAS_SYSTEM = 1, 2, 4, 8

_LAYOUT = Struct("<BBBBHBxQQIIII4I")
"""version, flags, script, length class, cues, features, (pad), prompt, system, head, tail, mask, reserved, bands."""

_TOKEN = re.compile(
    rb"[a-z0-9_']+|[\xe3-\xed][\x80-\xbf]{2}|(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xe2\xee\xef][\x80-\xbf]{2})+"
)
_WORD_BYTES = bytes(byte if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789_'" else 32 for byte in range(256))
_PAIR_MIX = np.uint32(0x9E3779B1)
_MIX, _MIX_SHIFT = np.uint32(0x85EBCA6B), np.uint32(15)
_SHINGLE_A, _SHINGLE_B = np.uint32(31), np.uint32(0x01000193)
_ROW_A = np.array(
    [0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0xD3A2646D, 0xFD7046C5, 0xB55A4F09], np.uint32
)
_ROW_B = np.array(
    [0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19, 0x6A09E667, 0xBB67AE85], np.uint32
)
_COLUMN_A, _COLUMN_B = _ROW_A[:, None], _ROW_B[:, None]
_NO_BANDS = (0, 0, 0, 0)
_CUE_KEYS = np.array(sorted(CUE_PAIRS), np.uint32)
# What is greater than every key is looked up past the end, where no cue stands.
_CUE_KEYS_AND_END = np.append(_CUE_KEYS, np.uint32(0))
_CUE_MASKS = np.array([CUE_PAIRS[key] for key in sorted(CUE_PAIRS)] + [0], np.uint16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A decoded sketch."""

    has_content: bool
    """False where the prompt was empty, dropped or only a hash: content features then abstain."""
    is_single_turn: bool
    """True for a first user message; also where the turn is not known."""
    script: str
    """``latin``, ``cjk``, ``cyrillic``, ``other`` or ``none``."""
    length_class: int
    """Binary logarithm of the prompt's length in characters, 0 to 63."""
    cues: frozenset[str]
    """Names of the elicitation cues present."""
    prompt_hash: int
    """64 bits of the prompt with case and spaces folded; 0 where there is none."""
    system_hash: int
    """64 bits of the system prompt's skeleton; 0 where there is no system prompt."""
    head_hash: int
    """Skeleton of the prompt's first 160 characters."""
    tail_hash: int
    """Skeleton of its last 160 characters; 0 where the prompt is shorter than that."""
    bands: tuple[int, ...]
    """MinHash bands; empty where there is too little text."""
    features: npt.NDArray[np.uint16]
    """Hashed words and word pairs, distinct, sorted by a second hash, at most 64. Shape (F,)."""


SCRIPTS = ("none", "latin", "cjk", "cyrillic", "other")


def sketch(exchange: Exchange) -> bytes:
    """Give the sketch of one exchange.

    Args:
        exchange: Only ``prompt``, ``system`` and ``turn`` are read.

    Returns:
        At most 180 bytes, decoded by ``decode``. The same text gives the same bytes on every machine.

    Cost:
        About 40 microseconds for a prompt of 1,000 characters; bounded for any length.
    """
    prompt, system = exchange.prompt, exchange.system
    flags = 0 if exchange.turn else SINGLE_TURN
    system_hash = 0
    if system:
        flags |= HAS_SYSTEM
        system_hash = _skeleton64(system)
    if not prompt:
        return _LAYOUT.pack(VERSION, flags, 0, 0, 0, 0, 0, system_hash, 0, 0, 0, 0, *_NO_BANDS)
    if prompt.startswith("sha256:"):
        return _LAYOUT.pack(
            VERSION, flags | IS_HASHED, 0, 0, 0, 0, _text64(prompt), system_hash, 0, 0, 0, 0, *_NO_BANDS
        )
    length = len(prompt)
    read = prompt if length <= HEAD_CHARS + TAIL_CHARS else prompt[:HEAD_CHARS] + "\n" + prompt[-TAIL_CHARS:]
    data = read.lower().encode("utf-8", "replace")
    # Most traffic is ASCII, where splitting is four times as fast as matching and gives the same words.
    words = data.translate(_WORD_BYTES).split() if data.isascii() else _TOKEN.findall(data)
    hashes = np.fromiter(map(crc32, words), np.uint32, len(words))
    head = crc32(SLOT.sub("§", read[:SKELETON_CHARS]).encode("utf-8", "replace"))
    tail = crc32(SLOT.sub("§", read[-SKELETON_CHARS:]).encode("utf-8", "replace")) if length > SKELETON_CHARS else 0
    pairs = hashes[:-1] * _PAIR_MIX ^ hashes[1:]
    features = _bottom_k(np.concatenate((hashes, pairs)))
    flags |= HAS_CONTENT if len(features) else 0
    return (
        _LAYOUT.pack(
            VERSION,
            flags,
            _script(data),
            min(63, length.bit_length()),
            _cues(pairs),
            len(features),
            crc32(hashes.tobytes()) << 32 | crc32(hashes[::-1].tobytes()) or 1,
            system_hash,
            head,
            tail,
            0,
            0,
            *_bands(hashes),
        )
        + features.tobytes()
    )


def decode(data: bytes) -> Sketch:
    """Read a sketch.

    Raises:
        ValueError: It is not a sketch of a version this code knows, or it is cut short.
    """
    if len(data) < _LAYOUT.size or data[0] != VERSION:
        raise ValueError("these bytes are not a sketch of version 1")
    _, flags, script, length, cues, count, prompt, system, head, tail, _, _, *bands = _LAYOUT.unpack_from(data)
    if len(data) != _LAYOUT.size + 2 * count or script >= len(SCRIPTS):
        raise ValueError("the sketch is cut short or damaged")
    return Sketch(
        has_content=bool(flags & HAS_CONTENT),
        is_single_turn=bool(flags & SINGLE_TURN),
        script=SCRIPTS[script],
        length_class=length,
        cues=frozenset(name for name, bit in CUE_BITS.items() if cues & bit),
        prompt_hash=prompt,
        system_hash=system,
        head_hash=head,
        tail_hash=tail,
        bands=tuple(bands) if any(bands) else (),
        features=np.frombuffer(data, np.uint16, count, _LAYOUT.size),
    )


def _text64(text: str) -> int:
    data = " ".join(text[: HEAD_CHARS + TAIL_CHARS].lower().split()).encode("utf-8", "replace")
    return crc32(data) << 32 | crc32(data, 0x9E3779B1) or 1


@lru_cache(maxsize=4_096)
def _skeleton64_of(head: str) -> int:
    return _text64(system_skeleton(head))


def _skeleton64(text: str) -> int:
    """A few system prompts are most of the traffic, so their skeletons are kept."""
    return _skeleton64_of(text[:HEAD_CHARS])


def _bottom_k(hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
    """Keep a consistent sample: the distinct hashes that a second hash puts first."""
    mixed = hashes * _MIX
    mixed ^= mixed >> _MIX_SHIFT
    mixed.sort()
    mixed = mixed[: 2 * FEATURE_LIMIT]
    is_first = np.ones(len(mixed), np.bool_)
    np.not_equal(mixed[1:], mixed[:-1], out=is_first[1:])
    kept: npt.NDArray[np.uint16] = mixed[is_first][:FEATURE_LIMIT].astype(np.uint16)
    return kept


def _bands(hashes: npt.NDArray[np.uint32]) -> tuple[int, ...]:
    """Fold eight MinHash rows over three-word shingles into four bands."""
    if len(hashes) < 3:
        return _NO_BANDS
    shingles = (hashes[:-2] * _SHINGLE_A ^ hashes[1:-1]) * _SHINGLE_B ^ hashes[2:]
    rows = _COLUMN_A * shingles[:160]
    rows += _COLUMN_B
    least = np.minimum.reduce(rows, axis=1).tolist()
    return tuple([low * 0x9E3779B1 & 0xFFFFFFFF ^ high | 1 for low, high in zip(least[::2], least[1::2], strict=True)])


def _cues(pairs: npt.NDArray[np.uint32]) -> int:
    at = _CUE_KEYS.searchsorted(pairs)
    found = at[_CUE_KEYS_AND_END[at] == pairs]
    return int(np.bitwise_or.reduce(_CUE_MASKS[found])) if len(found) else 0


def _script(data: bytes) -> int:
    """The script most of the letters are in, told by the first bytes of their UTF-8."""
    if data.isascii():
        return 1
    lead = np.bincount(np.frombuffer(data[:512], np.uint8), minlength=256)
    counts = (0, int(lead[97:123].sum()), 3 * int(lead[0xE3:0xEE].sum()), 2 * int(lead[0xD0:0xD2].sum()))
    other = 2 * int(lead[0xC2:0xD0].sum() + lead[0xD2:0xE3].sum())
    best = max(range(4), key=counts.__getitem__)
    return 4 if other > counts[best] else best
