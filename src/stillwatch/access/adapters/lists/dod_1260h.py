# SPDX-License-Identifier: Apache-2.0
"""The US Department of Defense's list of Chinese military companies (section 1260H of the NDAA 2021) as CSV."""

from stillwatch.access.adapters.lists import reading
from stillwatch.access.screening.entry import Entry, Kind, made_id

HEADER = (
    "Name", "Clean Name", "Alias", "Previous Name", "Parent Name", "Note", "Start date", "End date", "Source Url",
)  # fmt: skip


def read(data: bytes) -> tuple[Entry, ...]:
    """The entries of the file. A parent is named in the programme; it is screened only where it is listed itself.

    Raises:
        BadInput: It is cut short, malformed, or in another encoding.
    """
    entries = []
    for line, row in reading.table_of(reading.text_of(data), header=HEADER):
        aliases = [*reading.split(row["Alias"]), *reading.split(row["Previous Name"])]
        parent = f", parent {row['Parent Name']}" if row["Parent Name"] else ""
        entries.append(
            Entry(
                entry_id=made_id(row["Clean Name"], row["Start date"]),
                kind=Kind.ORGANISATION,
                names=reading.names_of(row["Clean Name"] or row["Name"], aliases, line=line),
                countries=("cn",),
                programme=f"1260H{parent}",
                starts=reading.day_of(row["Start date"], line=line),
                ends=reading.day_of(row["End date"], line=line),
            )
        )
    return tuple(entries)
