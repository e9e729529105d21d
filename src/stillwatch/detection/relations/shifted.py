# SPDX-License-Identifier: Apache-2.0
"""The reduced tables with each account's whole life moved in time.

An account is moved by a whole number of windows, so a row only changes its window: no table need be reduced again.
"""

import pyarrow as pa

from stillwatch.detection.relations.interface import OFFSETS, SCHEMAS
from stillwatch.detection.relations.tables import Table, table

INSTANTS = ("window_us", "first_us", "last_us", "signup_us", "ts_us")
"""Columns that move with their account, where a table has them. An account's sign-up does too."""


def shifted(name: str) -> Table:
    """Give one of the reduced tables, moved as ``account_offsets`` says, or ``org_offsets`` where it has no account.

    Args:
        name: The table's. Rows whose account or organisation has no offset are left out.
    """
    schema: pa.Schema = SCHEMAS[name]
    by = "account" if "account" in schema.names else "org"
    rows, offsets = table(name, schema), table(f"{by}_offsets", OFFSETS)
    joined = rows.join(offsets, rows[by] == offsets.name)
    return joined.select(
        **{column: rows[column] + offsets.offset_us if column in INSTANTS else rows[column] for column in schema.names}
    )
