# SPDX-License-Identifier: Apache-2.0
"""Exchanges to Arrow and back."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.exchanges import an_exchange, any_exchange
from stillwatch.ledger.adapters.arrow_rows import CONTRACT_SCHEMA, SCHEMA, from_batch, to_table
from stillwatch.records.exchange import Exchange


def back(rows: list[Exchange]) -> list[Exchange]:
    return [row for batch in to_table(rows).to_batches() for row in from_batch(batch)]


@settings(max_examples=50)
@given(st.lists(any_exchange(), max_size=5))
def test_exchanges_come_back_as_they_went_in(rows: list[Exchange]) -> None:
    assert back(rows) == rows


def test_instants_are_microseconds_in_utc() -> None:
    assert str(SCHEMA.field("ts").type) == "timestamp[us, tz=UTC]"
    assert str(SCHEMA.field("signup_ts").type) == "timestamp[us, tz=UTC]"


def test_the_contracts_columns_come_first() -> None:
    assert SCHEMA.names[: len(CONTRACT_SCHEMA)] == CONTRACT_SCHEMA.names


def test_an_integer_that_no_column_holds_becomes_the_nearest_and_spoils_no_other_row() -> None:
    odd = msgspec.structs.replace(an_exchange(1), max_tokens=2**64 - 1)
    assert back([odd, an_exchange(2)]) == [msgspec.structs.replace(odd, max_tokens=2**63 - 1), an_exchange(2)]


def test_columns_are_found_by_name_whatever_their_order() -> None:
    table = to_table([an_exchange(1)])
    turned = table.select(list(reversed(table.column_names)))
    assert list(from_batch(turned.to_batches()[0])) == [an_exchange(1)]
