# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from fakes.reduced_reference import Rows
from fakes.relational import CADENCE_US, whole
from fakes.sighting_tables import drawn
from stillwatch.detection.adapters.duckdb_tables import DuckDbTables
from stillwatch.detection.relations.interface import OFFSETS, ORDER
from stillwatch.detection.relations.reduction import Reduced, held, lives_of, reduce, shift
from stillwatch.detection.relations.shifted import INSTANTS


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDbTables]:
    engine = DuckDbTables(scratch=tmp_path, threads=1)
    yield engine
    engine.close()


def _tables(reduced: Reduced) -> dict[str, Rows]:
    return {name: whole(name, getattr(reduced, name)) for name in Reduced.__slots__}


def _offsets(moved: dict[str, int]) -> pa.Table:
    return pa.table([list(moved), [CADENCE_US * windows for windows in moved.values()]], schema=OFFSETS)


def test_every_instant_of_an_account_moves_with_it_and_nothing_else_changes(engine: DuckDbTables) -> None:
    before = _tables(reduce(engine, drawn(3), cadence_us=CADENCE_US))
    accounts = {name: at * 3 - 4 for at, name in enumerate(sorted({row["account"] for row in before["activity"]}))}
    orgs = {name: 7 - at for at, name in enumerate(sorted({row["org"] for row in before["systems"]}))}
    after = _tables(shift(engine, accounts=_offsets(accounts), organisations=_offsets(orgs)))
    for name, rows in before.items():
        moved = [
            {
                column: value + CADENCE_US * (accounts[row["account"]] if "account" in row else orgs[row["org"]])
                if column in INSTANTS and value is not None
                else value
                for column, value in row.items()
            }
            for row in rows
        ]
        assert after[name] == sorted(moved, key=lambda row, order=ORDER[name]: [row[one] for one in order]), name  # type: ignore[misc]
        assert rows, name


def test_moving_leaves_the_tables_as_they_were(engine: DuckDbTables) -> None:
    before = _tables(reduce(engine, drawn(4), cadence_us=CADENCE_US))
    names = {row["account"] for row in before["activity"]}
    still = _offsets(dict.fromkeys(sorted(names), 0))
    orgs = _offsets(dict.fromkeys(sorted({row["org"] for row in whole("lives", lives_of(engine))}), 0))
    assert _tables(shift(engine, accounts=still, organisations=orgs)) == before
    assert whole("postings", held(engine)) == before["postings"]
