# SPDX-License-Identifier: Apache-2.0
"""The US Consolidated Screening List as CSV, 29 columns: https://www.trade.gov/consolidated-screening-list."""

from stillwatch.access.adapters.lists import reading
from stillwatch.access.screening.entry import Entry, Kind

HEADER = (
    "_id", "source", "entity_number", "type", "programs", "name", "title", "addresses", "federal_register_notice",
    "start_date", "end_date", "standard_order", "license_requirement", "license_policy", "call_sign", "vessel_type",
    "gross_tonnage", "gross_registered_tonnage", "vessel_flag", "vessel_owner", "remarks", "source_list_url",
    "alt_names", "citizenships", "dates_of_birth", "nationalities", "places_of_birth", "source_information_url", "ids",
)  # fmt: skip
KINDS = {
    "Individual": Kind.PERSON,
    "Entity": Kind.ORGANISATION,
    "Vessel": Kind.THING,
    "Aircraft": Kind.THING,
    "": Kind.UNKNOWN,
}


def read(data: bytes) -> tuple[Entry, ...]:
    """The entries of the file.

    Raises:
        BadInput: It is cut short, malformed, or in another encoding.
    """
    return tuple(_entry(row, line) for line, row in reading.table_of(reading.text_of(data), header=HEADER))


def _entry(row: dict[str, str], line: int) -> Entry:
    addresses = [address.rpartition(",")[2] for address in reading.split(row["addresses"])]
    said = [*addresses, *reading.split(row["citizenships"]), *reading.split(row["nationalities"])]
    return Entry(
        entry_id=row["_id"] or reading.name_of(row["entity_number"], line=line),
        kind=KINDS.get(row["type"], Kind.UNKNOWN),
        names=reading.names_of(row["name"], reading.split(row["alt_names"]), line=line),
        countries=reading.countries_of(said),
        ids=numbers_of(row["ids"]),
        programme=": ".join(part for part in (row["source"], row["programs"]) if part),
        starts=reading.day_of(row["start_date"], line=line),
        ends=reading.day_of(row["end_date"], line=line),
    )


def numbers_of(text: str) -> tuple[str, ...]:
    """The registration numbers among ``Kind, number, country; ...``."""
    found = []
    for part in reading.split(text):
        kind, _, rest = part.partition(",")
        if any(word in kind for word in ("Registration", "Tax ID", "USCC", "D-U-N-S", "LEI", "Government Gazette")):
            found.append(rest.partition(",")[0].strip())
    return tuple(dict.fromkeys(number for number in found if len(number) >= 6))
