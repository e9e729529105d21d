# SPDX-License-Identifier: Apache-2.0
"""The US Department of Defense's list of foreign institutions (section 1286 of the NDAA 2019) as CSV."""

from stillwatch.access.adapters.lists import reading
from stillwatch.access.screening.entry import Entry, Kind, made_id

HEADER = (
    "schema", "name", "aliases", "topics", "program", "authority", "reason", "report-date", "start-date", "end-date",
    "country", "notes", "source_url",
)  # fmt: skip
KINDS = {"Person": Kind.PERSON}


def read(data: bytes) -> tuple[Entry, ...]:
    """The entries of the file.

    Raises:
        BadInput: It is cut short, malformed, or in another encoding.
    """
    return tuple(
        Entry(
            entry_id=made_id(row["name"], row["report-date"]),
            kind=KINDS.get(row["schema"], Kind.ORGANISATION),
            names=reading.names_of(row["name"], reading.split(row["aliases"]), line=line),
            countries=reading.countries_of(reading.split(row["country"])),
            programme=f"1286, report of {row['report-date']}",
            starts=reading.day_of(row["start-date"] or row["report-date"], line=line),
            ends=reading.day_of(row["end-date"], line=line),
        )
        for line, row in reading.table_of(reading.text_of(data), header=HEADER)
    )
