# SPDX-License-Identifier: Apache-2.0
"""Tables of sightings: written out row by row, or drawn by the thousand."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.detection.sightings import SIGHTINGS

START_US = 1_780_272_000_000_000
"""A whole hour."""
MINUTE_US = 60_000_000
HOSTILE = ("'; DROP TABLE sightings; --", '"a" "b"', "a\nb\\", "", "Ω≈ç√", "\U0001f40d", "ﬀ", "%s{0}", "\x00", "NULL")
"""Names that are data, whatever an engine might take them for."""

_PLAIN: dict[str, Any] = {
    "ts_us": START_US,
    "account": "a",
    "org": "o",
    "is_first": False,
    "is_second": False,
    "signup_us": None,
    "payment": None,
    "network": None,
    "client": None,
    "asn": None,
    "claim": None,
    "model": None,
    "has_content": True,
    "prompt_hash": 0,
    "system_hash": 0,
    "head_hash": 0,
    "band_0": 0,
    "band_1": 0,
    "band_2": 0,
    "band_3": 0,
    "cues": 0,
    "worth": None,
    "features": b"",
}


def sightings(*rows: dict[str, Any]) -> pa.Table:
    """Rows of which only what matters is said; each is another exchange unless it says its hash."""
    whole = [{**_PLAIN, "exchange_hash": place, **row} for place, row in enumerate(rows)]
    return pa.Table.from_pylist(whole, SIGHTINGS)


def drawn(seed: int, *, rows: int = 2_000, accounts: int = 12, hours: int = 6, step_us: int = 100_000_000) -> pa.Table:
    """A log with all that is awkward in it.

    Instants lie on a coarse grid, so that many tie and many fall on a window's boundary; a third of the rows are one
    account's; some rows are given twice, and some of those with other contents; every nullable column has nulls; hashes
    take the whole range of 64 bits, and 0.
    """
    chance = np.random.default_rng(seed)
    names = np.array([*HOSTILE, *(f"acct-{place}" for place in range(len(HOSTILE), accounts))][:accounts], object)
    who = np.where(chance.random(rows) < 1 / 3, 0, chance.integers(0, accounts, rows))
    # A few accounts are seen under two organisations.
    org = (who + (chance.random(rows) < 0.02)) // 2
    columns = {
        "exchange_hash": _hashes(chance, rows, distinct=2**62),
        "ts_us": START_US + chance.integers(0, hours * 3_600_000_000 // step_us, rows) * step_us,
        "account": names[who],
        "org": np.array([f"org-{place}" for place in range(accounts)], object)[org],
        "is_first": chance.random(rows) < 0.5,
        "is_second": chance.random(rows) < 0.3,
        "signup_us": START_US - who * MINUTE_US,
        "payment": who // 3,
        # Four accounts share three networks.
        "network": _spread(who // 4 * 3 + chance.integers(0, 3, rows)),
        "client": _hashes(chance, rows, distinct=5),
        "asn": chance.integers(0, 9, rows),
        "claim": _hashes(chance, rows, distinct=7),
        "model": _hashes(chance, rows, distinct=3),
        "has_content": chance.random(rows) < 0.8,
        "prompt_hash": _hashes(chance, rows, distinct=max(rows // 4, 200)),
        "system_hash": _hashes(chance, rows, distinct=20),
        "cues": np.where(chance.random(rows) < 0.5, 0, chance.integers(0, 64, rows)).astype(np.int16),
        "worth": chance.integers(-(2**15), 2**15, rows).astype(np.int16),
        **{
            name: _hashes(chance, rows, distinct=1_000)
            for name in ("head_hash", *(f"band_{band}" for band in range(4)))
        },
    }
    nulls = {
        name: chance.random(rows) < 0.2
        for name in ("signup_us", "payment", "network", "client", "asn", "claim", "model", "worth")
    }
    arrays = {name: pa.array(values, mask=nulls.get(name)) for name, values in columns.items()}
    arrays["features"] = _features(chance, rows)
    table = pa.table([arrays[name] for name in SIGHTINGS.names], SIGHTINGS)
    again = table.take(chance.integers(0, rows, rows // 20))
    changed = table.take(chance.integers(0, rows, rows // 100))
    for name, values in (("cues", pa.array(np.arange(len(changed)) % 7, pa.int16())), ("asn", pa.nulls(len(changed)))):
        changed = changed.set_column(
            SIGHTINGS.get_field_index(name), SIGHTINGS.field(name), values.cast(SIGHTINGS.field(name).type)
        )
    together = pa.concat_tables([table, again, changed])
    return together.take(chance.permutation(len(together)))


def _hashes(chance: np.random.Generator, rows: int, *, distinct: int) -> npt.NDArray[np.int64]:
    """Values of the whole range, each many times where few are distinct; a twentieth are 0."""
    return np.where(chance.random(rows) < 0.05, 0, _spread(chance.integers(0, distinct, rows)))


def _spread(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return (numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)).view(np.int64)


def _features(chance: np.random.Generator, rows: int) -> pa.Array:
    """Bytes of every value, 0 to 128 of them a row."""
    ends = np.concatenate([[0], np.cumsum(2 * chance.integers(0, 65, rows))]).astype(np.int32)
    return pa.Array.from_buffers(
        pa.binary(), rows, [None, pa.py_buffer(ends), pa.py_buffer(chance.bytes(int(ends[-1])))]
    )
