# SPDX-License-Identifier: Apache-2.0
"""The US Treasury's legacy CSVs of Specially Designated Nationals: SDN.CSV, and ALT.CSV with their other names.

No header, twelve and five columns, ``-0-`` for nothing, numbers that join the two.

Specification: https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas (SDN.CSV,
ALT.CSV).
"""

import re
from collections import defaultdict

import msgspec

from stillwatch.access.adapters.lists import reading
from stillwatch.access.screening.entry import Entry, Kind
from stillwatch.errors import BadInput

NOTHING = "-0-"
KINDS = {"individual": Kind.PERSON, "vessel": Kind.THING, "aircraft": Kind.THING, NOTHING: Kind.ORGANISATION}
_NATIONALITY = re.compile(r"(?:nationality|citizen) ([A-Z][A-Za-z ,]*?)(?:;|\.|$)")
_NUMBER = re.compile(r"(?:Registration (?:ID|Number)|Tax ID No\.|NIT #|RIF #|C\.R\. No\.) ([A-Z0-9-]{6,})")
_QUOTED_ALIAS = re.compile(r"\b[afn]\.k\.a\. '([^']+)'")


def read(data: bytes, others: bytes | None = None) -> tuple[Entry, ...]:
    """The entries of the files.

    Args:
        data: SDN.CSV.
        others: ALT.CSV, where it is at hand. A number that SDN.CSV lacks is an entry all the same: the one file may be
            newer than the other, and nobody is to be missed for it.

    Raises:
        BadInput: It is cut short, malformed, or in another encoding.
    """
    entries: dict[str, Entry] = {}
    for line, row in reading.rows_of(reading.text_of(data), columns=12):
        number, name, kind = (cell.strip() for cell in row[:3])
        if not number.strip(reading.DOS_END) or (line == 1 and not number.isdigit()):
            # The end mark, padded by a program that made every row equally long; or a header that one added.
            continue
        if not number.isdigit() or kind not in KINDS:
            raise BadInput(
                f"Line {line} of the list is no row of this format: {','.join(row)[:60]!a}.", hint="Fetch it again."
            )
        remarks = row[11]
        entries[number] = Entry(
            entry_id=number,
            kind=KINDS[kind],
            names=reading.names_of(name, _QUOTED_ALIAS.findall(remarks), line=line),
            countries=reading.countries_of(_NATIONALITY.findall(remarks)),
            ids=tuple(dict.fromkeys(_NUMBER.findall(remarks))),
            programme=row[3].strip().replace(NOTHING, ""),
        )
    for number, names in _other_names(others).items() if others is not None else ():
        entry = entries.get(number, Entry(entry_id=number, kind=Kind.UNKNOWN, names=(), programme="other names"))
        entries[number] = msgspec.structs.replace(entry, names=tuple(dict.fromkeys((*entry.names, *names))))
    return tuple(entries.values())


def _other_names(data: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line, row in reading.rows_of(reading.text_of(data), columns=5):
        number, _, kind, name, _ = (cell.strip() for cell in row)
        if not number.isdigit() or kind not in {"aka", "fka", "nka"}:
            raise BadInput(
                f"Line {line} of the list is no row of this format: {','.join(row)[:60]!a}.", hint="Fetch it again."
            )
        found[number].append(reading.name_of(name, line=line))
    return found
