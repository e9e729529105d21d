# SPDX-License-Identifier: Apache-2.0
"""Many small composed populations at once: written, taken in and reduced together, and given back one by one.

To reduce 40 logs costs as much as to reduce 5, so the populations' accounts and organisations get the population's
number before their names, and no row is shared by two.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fakes.replayed import tables
from stillwatch.arena.worlds.compose import Composition
from stillwatch.arena.worlds.writing import write_log
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import SCHEMAS
from stillwatch.detection.relations.reduction import Reduced, reduce
from stillwatch.detection.replay import replay, windows
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sightings import sightings_of
from stillwatch.records.finding import Findings

TOGETHER = 40
"""Populations that are reduced at once."""


def replayed_each(
    compositions: Sequence[Composition], folder: Path, *, settings: DetectionSettings
) -> Iterator[Findings]:
    """Give what an engine of its own finds in each population, with a pass at the end of every window.

    Args:
        compositions: The populations.
        folder: For the logs.
        settings: Every engine's.
    """
    cadence_us = settings.cadence_seconds * 1_000_000
    for begin in range(0, len(compositions), TOGETHER):
        batches = [_sightings(one, folder, at) for at, one in enumerate(compositions[begin : begin + TOGETHER])]
        engine = tables()
        reduced = reduce(engine, pa.Table.from_batches(batches), cadence_us=cadence_us)
        whole = {name: pa.Table.from_batches(getattr(reduced, name), SCHEMAS[name]) for name in Reduced.__slots__}
        engine.close()
        for at in range(len(batches)):
            own = Reduced(**{name: iter(_own(table, at).to_batches()) for name, table in whole.items()})
            yield replay(Engine(settings), windows(own, cadence_us=cadence_us))[0]


def _sightings(composition: Composition, folder: Path, number: int) -> pa.RecordBatch:
    write_log(composition, folder)
    (batch,) = pq.read_table(folder / "log.parquet").combine_chunks().to_batches()
    made = pa.Table.from_batches([sightings_of(batch)])
    for name in ("account", "org"):
        marked = pc.binary_join_element_wise(f"{number}/", made[name], "")
        made = made.set_column(made.schema.get_field_index(name), made.schema.field(name), marked)
    return made.combine_chunks().to_batches()[0]


def _own(table: pa.Table, number: int) -> pa.Table:
    """One population's rows. Every table has the account or the organisation."""
    name = "account" if "account" in table.schema.names else "org"
    return table.filter(pc.starts_with(table[name], f"{number}/"))
