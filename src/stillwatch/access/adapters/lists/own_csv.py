# SPDX-License-Identifier: Apache-2.0
"""The generic CSV for own and shared lists. The format is docs/formats/list-csv.md."""

from stillwatch.access.adapters.lists import reading
from stillwatch.access.screening.entry import Entry, Kind, made_id
from stillwatch.errors import BadInput

HEADER = ("name", "kind", "aliases", "countries", "ids", "programme", "starts", "ends")
KINDS = {"": Kind.UNKNOWN, **{kind.value: kind for kind in Kind}}


def read(data: bytes) -> tuple[Entry, ...]:
    """The entries of the file.

    Raises:
        BadInput: It is cut short, malformed, or in another encoding; a kind or a country is unknown; an entry repeats.
    """
    entries: dict[str, Entry] = {}
    for line, row in reading.table_of(reading.text_of(data), header=HEADER):
        if row["kind"] not in KINDS:
            raise BadInput(
                f"Line {line} of the list has the kind {row['kind'][:40]!a}.",
                hint="Write organisation, person, thing or nothing.",
            )
        said = reading.split(row["countries"])
        if strange := [one for one in said if not reading.country_code(one)]:
            raise BadInput(
                f"Line {line} of the list has the country {strange[0][:40]!a}.", hint="Write codes such as CN;HK."
            )
        entry = Entry(
            entry_id=made_id(" ".join(row["name"].split()), row["starts"]),
            kind=KINDS[row["kind"]],
            names=reading.names_of(row["name"], reading.split(row["aliases"]), line=line),
            countries=reading.countries_of(said),
            ids=tuple(dict.fromkeys(reading.split(row["ids"]))),
            programme=row["programme"],
            starts=reading.day_of(row["starts"], line=line),
            ends=reading.day_of(row["ends"], line=line),
        )
        if entry.entry_id in entries:
            raise BadInput(f"Line {line} of the list repeats an entry: {row['name'][:60]!a}.", hint="Keep one of them.")
        entries[entry.entry_id] = entry
    return tuple(entries.values())
