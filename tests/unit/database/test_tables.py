# SPDX-License-Identifier: Apache-2.0
import pytest
from sqlalchemy import BigInteger, Integer, SmallInteger

from stillwatch.database.tables import METADATA, SNAPSHOT_VERSION, STANDING

every_table = pytest.mark.parametrize("name", sorted(METADATA.tables))


@every_table
def test_every_instant_and_version_has_64_bits(name: str) -> None:
    for column in METADATA.tables[name].columns:
        if column.name.endswith("_us") or column.name in {"version", "value"}:
            assert isinstance(column.type, BigInteger), column


@every_table
def test_every_version_is_indexed_so_that_a_delta_reads_no_whole_table(name: str) -> None:
    table = METADATA.tables[name]
    if "version" in table.columns:
        assert any([column.name for column in index.columns] == ["version"] for index in table.indexes)


@every_table
def test_every_table_has_a_primary_key_and_names_all_its_constraints(name: str) -> None:
    table = METADATA.tables[name]
    assert table.primary_key.columns
    assert all(constraint.name for constraint in table.constraints)


def test_the_counter_is_one_row_and_a_standing_is_one_per_account() -> None:
    assert isinstance(SNAPSHOT_VERSION.c.id.type, Integer)
    assert [column.name for column in STANDING.primary_key.columns] == ["account_id"]
    assert isinstance(STANDING.c.rung.type, SmallInteger)
