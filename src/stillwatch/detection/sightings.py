# SPDX-License-Identifier: Apache-2.0
"""A sighting: one exchange as detection sees it, a row of hashes and counts from which no text can be read back.

Everything that needs a hash is hashed here, at ingest, and never by a query engine, so that every engine gives the same
answer. Sightings are columns, because live and batch alike take them in by the thousand.
"""

import pyarrow as pa

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
        pa.field("has_content", pa.bool_(), nullable=False),
        pa.field("prompt_hash", pa.int64(), nullable=False),
        pa.field("system_hash", pa.int64(), nullable=False),
        pa.field("head_hash", pa.int64(), nullable=False),
        pa.field("band_0", pa.int64(), nullable=False),
        pa.field("band_1", pa.int64(), nullable=False),
        pa.field("band_2", pa.int64(), nullable=False),
        pa.field("band_3", pa.int64(), nullable=False),
        pa.field("cues", pa.int16(), nullable=False),
        pa.field("features", pa.binary(), nullable=False),
    ]
)
"""The columns. Instants are microseconds since the epoch.

- ``exchange_hash``: of the exchange's id; breaks ties of time, and tells a row given twice.
- ``is_first``, ``is_second``: a conversation's first or second user message; where the turn is not known, the first.
- ``payment``, ``network`` (/24 or /48), ``client`` (JA4), ``asn``: hashes; null where not known.
- ``prompt_hash``, ``system_hash``, ``head_hash``, ``band_0`` to ``band_3``, ``cues``: as in a ``Sketch``, 64-bit values
  taken as signed; 0 where there is none.
- ``features``: a ``Sketch``'s features as little-endian 16-bit numbers.
"""
