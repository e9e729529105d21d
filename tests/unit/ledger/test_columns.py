# SPDX-License-Identifier: Apache-2.0
"""The log's columns are the record's fields."""

from stillwatch.ledger.columns import COLUMNS, CONTRACT, OWN, REQUIRED, field_of
from stillwatch.records.exchange import Exchange


def test_every_field_of_an_exchange_is_a_column_and_every_column_a_field() -> None:
    fields = [field_of(column) for column in COLUMNS]
    assert sorted(fields) == sorted(Exchange.__struct_fields__)


def test_the_contracts_columns_end_with_the_latency_and_ours_come_after() -> None:
    assert list(CONTRACT)[-1] == "latency_ms"
    assert list(COLUMNS) == [*CONTRACT, *OWN]


def test_instants_are_integers_inside_and_named_for_it() -> None:
    assert field_of("ts") == "ts_us"
    assert field_of("signup_ts") == "signup_ts_us"
    assert field_of("model") == "model"


def test_what_is_required_is_in_the_contract() -> None:
    assert set(REQUIRED) <= set(CONTRACT)
