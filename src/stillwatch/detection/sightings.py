# SPDX-License-Identifier: Apache-2.0
"""A sighting: one exchange as detection sees it, a row of hashes and counts from which no text can be read back.

Everything that needs a hash is hashed here, at ingest, and never by a query engine, so that every engine gives the same
answer. Sightings are columns, because live and batch alike take them in by the thousand.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.detection.claims import claim_token
from stillwatch.detection.network import network_of
from stillwatch.detection.sketching import Sketches, merge, read_many, sketch_many
from stillwatch.records.exchange import Exchange, Outcome

SIGHTINGS = pa.schema(
    [
        pa.field("exchange_hash", pa.int64(), nullable=False),
        pa.field("ts_us", pa.int64(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("org", pa.string(), nullable=False),
        pa.field("is_first", pa.bool_(), nullable=False),
        pa.field("is_second", pa.bool_(), nullable=False),
        pa.field("signup_us", pa.int64()),
        pa.field("payment", pa.int64()),
        pa.field("network", pa.int64()),
        pa.field("client", pa.int64()),
        pa.field("asn", pa.int64()),
        pa.field("claim", pa.int64()),
        pa.field("model", pa.int64()),
        pa.field("has_content", pa.bool_(), nullable=False),
        pa.field("prompt_hash", pa.int64(), nullable=False),
        pa.field("system_hash", pa.int64(), nullable=False),
        pa.field("head_hash", pa.int64(), nullable=False),
        pa.field("band_0", pa.int64(), nullable=False),
        pa.field("band_1", pa.int64(), nullable=False),
        pa.field("band_2", pa.int64(), nullable=False),
        pa.field("band_3", pa.int64(), nullable=False),
        pa.field("cues", pa.int16(), nullable=False),
        pa.field("worth", pa.int16()),
        pa.field("features", pa.binary(), nullable=False),
    ]
)
"""The columns. Instants are microseconds since the epoch.

- ``exchange_hash``: of the exchange's id; breaks ties of time, and tells a row given twice.
- ``is_first``, ``is_second``: a conversation's first or second user message; where the turn is not known, the first.
- ``payment``, ``network`` (/24 or /48), ``client`` (JA4), ``asn``, ``model``: hashes; null where not known.
- ``claim``: of the client that the user agent names, and the JA4 shown with it; null where either is not known.
- ``prompt_hash``, ``system_hash``, ``head_hash``, ``band_0`` to ``band_3``, ``cues``: as in a ``Sketch``, 64-bit values
  taken as signed; 0 where there is none.
- ``worth``: binary logarithm of the answer's tokens, reasoning included, and one, times ``WORTH_SCALE``; null where
  they are not known or there are none.
- ``features``: a ``Sketch``'s features as little-endian 16-bit numbers.
"""

_INSTANT = pa.timestamp("us", tz="UTC")
_READ: tuple[tuple[str, str, pa.DataType], ...] = (
    ("exchange_id", "exchange_id", pa.large_string()),
    ("ts", "ts_us", _INSTANT),
    ("org_id", "org_id", pa.string()),
    ("account_id", "account_id", pa.string()),
    ("prompt", "prompt", pa.large_string()),
    ("system", "system", pa.large_string()),
    ("client_ip", "client_ip", pa.large_string()),
    ("asn", "asn", pa.int64()),
    ("ja4", "ja4", pa.large_string()),
    ("user_agent", "user_agent", pa.large_string()),
    ("model", "model", pa.large_string()),
    ("payment_fp", "payment_fp", pa.large_string()),
    ("signup_ts", "signup_ts_us", _INSTANT),
    ("turn", "turn", pa.int64()),
    ("output_tokens", "output_tokens", pa.int64()),
    ("outcome", "outcome", pa.string()),
    ("sketch", "sketch", pa.large_binary()),
)
"""Column of the log, field of an ``Exchange``, and type."""
COLUMNS_READ = tuple(name for name, _, _ in _READ)
"""The log's columns that a sighting is made from; those after ``output_tokens`` are the gateway's own."""
WORTH_SCALE = 256
"""Steps of a sighting's ``worth`` in which an answer doubles: whole numbers, which every engine adds up alike."""
CACHED_CHARS = 256
"""Longest text of which the hash is kept in memory."""


def sightings_of(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give the sightings of a log's rows, refused exchanges left out: they brought their caller nothing.

    Args:
        batch: Columns of the exchange log, required ones without nulls, instants within the years 1 to 9999. The
            columns ``outcome`` and ``sketch`` are taken as the gateway's own where they are there.

    Returns:
        Rows in the order of the log's, of the schema ``SIGHTINGS``.
    """
    if "outcome" in batch.schema.names:
        refused = pc.equal(batch["outcome"].cast(pa.string()), Outcome.REFUSED.value)
        if pc.any(refused).as_py():
            batch = batch.filter(pc.invert(pc.fill_null(refused, fill_value=False)))
    turn = _column(batch, "turn", pa.int64())
    sketches = _sketches(batch)
    columns = {
        "exchange_hash": _exchange_hashes(_column(batch, "exchange_id", pa.large_binary())),
        "ts_us": batch["ts"].cast(_INSTANT, safe=False).cast(pa.int64()),
        "account": _column(batch, "account_id", pa.string()),
        "org": _column(batch, "org_id", pa.string()),
        "is_first": pc.fill_null(pc.equal(turn, 0), fill_value=True),
        "is_second": pc.fill_null(pc.equal(turn, 1), fill_value=False),
        "signup_us": _column(batch, "signup_ts", _INSTANT).cast(pa.int64()),
        "payment": _tokens(batch, "payment_fp", "payment", str),
        "network": _tokens(batch, "client_ip", "network", network_of),
        "client": _tokens(batch, "ja4", "client", str),
        "asn": _tokens(batch, "asn", "asn", str),
        "claim": _claims(batch),
        "model": _tokens(batch, "model", "model", str),
        "has_content": pa.array(sketches.has_content),
        "prompt_hash": pa.array(sketches.prompt_hash.view(np.int64)),
        "system_hash": pa.array(sketches.system_hash.view(np.int64)),
        "head_hash": pa.array(sketches.head_hash.astype(np.int64)),
        **{f"band_{at}": pa.array(sketches.bands[:, at].astype(np.int64)) for at in range(sketches.bands.shape[1])},
        "cues": pa.array(sketches.cues.astype(np.int16)),
        "worth": _worth(_column(batch, "output_tokens", pa.int64())),
        "features": _feature_column(sketches),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SIGHTINGS.names], schema=SIGHTINGS)


def sightings_of_exchanges(exchanges: Sequence[Exchange]) -> pa.RecordBatch:
    """Give the sightings of exchanges as they come: what ``sightings_of`` gives of the log that they become."""
    columns = [_array([getattr(one, field) for one in exchanges], kind) for _, field, kind in _READ]
    return sightings_of(pa.RecordBatch.from_arrays(columns, names=list(COLUMNS_READ)))


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        # Half of a surrogate pair is no text to Arrow; a sketch takes it for a question mark too.
        return pa.array([one and one.encode("utf-8", "replace").decode() for one in values], kind)


def _column(batch: pa.RecordBatch, name: str, kind: pa.DataType) -> pa.Array:
    """Give a column in a type that does not depend on the file; all null where the log has none."""
    at = batch.schema.get_field_index(name)
    return pa.nulls(batch.num_rows, kind) if at < 0 else batch.column(at).cast(kind, safe=False)


def _sketches(batch: pa.RecordBatch) -> Sketches:
    """Read the log's own sketches, and make those that are not there or of another version."""
    prompts, systems = _texts(batch, "prompt"), _texts(batch, "system")
    at = batch.schema.get_field_index("sketch")
    if at < 0 or batch.column(at).null_count == batch.num_rows:
        return sketch_many(prompts, systems)
    own, is_read = read_many(batch.column(at).to_pylist())
    if is_read.all():
        return own
    missing = np.flatnonzero(~is_read).tolist()
    return merge(own, sketch_many([prompts[at] for at in missing], [systems[at] for at in missing]), ~is_read)


def _texts(batch: pa.RecordBatch, name: str) -> list[Any]:
    column = _column(batch, name, pa.large_string())
    texts: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
    return texts


def _worth(tokens: pa.Array) -> pa.Array:
    answered = pc.fill_null(pc.greater(tokens, 0), fill_value=False).to_numpy(zero_copy_only=False)
    counts = pc.fill_null(tokens, 0).to_numpy().astype(np.float64)
    worth = np.rint(WORTH_SCALE * np.log2(1.0 + np.where(answered, counts, 0.0))).astype(np.int16)
    return pa.array(worth, mask=~answered)


def _exchange_hashes(ids: pa.Array) -> pa.Array:
    """Two CRCs, of the bytes and of their reverse: one alone would make two of some hundred thousand ids the same."""
    hashes = [crc32(one) << 32 | crc32(one[::-1]) for one in ids.to_numpy(zero_copy_only=False).tolist()]
    return pa.array(np.array(hashes, np.uint64).view(np.int64))


def _tokens(batch: pa.RecordBatch, name: str, kind: str, shorten: Callable[[Any], str]) -> pa.Array:
    """Hash each distinct value once; what is not known, or empty, is null."""
    at = batch.schema.get_field_index(name)
    if at < 0 or batch.column(at).null_count == batch.num_rows:
        return pa.nulls(batch.num_rows, pa.int64())
    coded = batch.column(at)
    if not pa.types.is_dictionary(coded.type):
        coded = coded.dictionary_encode()
    hashes = [_token(kind, shorten(one)) for one in coded.dictionary.to_pylist()]
    return pc.take(pa.array(hashes, pa.int64()), coded.indices)


def _claims(batch: pa.RecordBatch) -> pa.Array:
    """Hash each distinct pair of user agent and fingerprint once."""
    agents, prints = (_column(batch, name, pa.large_string()).dictionary_encode() for name in ("user_agent", "ja4"))
    if not len(agents.dictionary) or not len(prints.dictionary):
        return pa.nulls(batch.num_rows, pa.int64())
    is_known = pc.and_(agents.is_valid(), prints.is_valid())
    codes = [pc.fill_null(one.indices, 0).to_numpy().astype(np.int64) for one in (agents, prints)]
    pairs, at = np.unique(codes[0] * len(prints.dictionary) + codes[1], return_inverse=True)
    names, shown = agents.dictionary.to_pylist(), prints.dictionary.to_pylist()
    hashes = [claim_token(names[one // len(shown)], shown[one % len(shown)]) for one in pairs.tolist()]
    return pc.if_else(is_known, pc.take(pa.array(hashes, pa.int64()), pa.array(at)), None)


def _token(kind: str, text: str) -> int | None:
    if not text:
        return None
    return _short_token(kind, text) if len(text) <= CACHED_CHARS else _hash64(kind, text)


@lru_cache(maxsize=262_144)
def _short_token(kind: str, text: str) -> int:
    return _hash64(kind, text)


def _hash64(kind: str, text: str) -> int:
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8, person=kind.encode()).digest()
    return int.from_bytes(digest, "little", signed=True)


def _feature_column(sketches: Sketches) -> pa.Array:
    offsets: npt.NDArray[np.int32] = (2 * sketches.ends).astype(np.int32)
    data = sketches.features.astype("<u2", copy=False)
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
