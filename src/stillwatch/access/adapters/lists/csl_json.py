# SPDX-License-Identifier: Apache-2.0
"""The US Consolidated Screening List as JSON: an object whose ``results`` are the entries."""

import msgspec

from stillwatch.access.adapters.lists import reading
from stillwatch.access.adapters.lists.csl_csv import KINDS
from stillwatch.access.screening.entry import Entry, Kind
from stillwatch.errors import BadInput


class _Address(msgspec.Struct):
    country: str | None = None


class _Number(msgspec.Struct):
    number: str | None = None
    type: str | None = None


class _Result(msgspec.Struct):
    id: str
    name: str
    source: str = ""
    type: str | None = None
    programs: list[str] | None = None
    alt_names: list[str] | None = None
    addresses: list[_Address] | None = None
    citizenships: list[str] | None = None
    nationalities: list[str] | None = None
    ids: list[_Number] | None = None
    start_date: str | None = None
    end_date: str | None = None


class _File(msgspec.Struct):
    results: list[_Result]


def read(data: bytes) -> tuple[Entry, ...]:
    """The entries of the file.

    Raises:
        BadInput: It is cut short, malformed, or in another encoding.
    """
    try:
        file = msgspec.json.decode(reading.text_of(data), type=_File)
    except msgspec.DecodeError as error:
        raise BadInput(f"The list is no such JSON: {error}.", hint="It may be cut short: fetch it again.") from None
    return tuple(_entry(result, number) for number, result in enumerate(file.results, start=1))


def _entry(result: _Result, number: int) -> Entry:
    said = [one.country or "" for one in result.addresses or ()]
    said += [*(result.citizenships or ()), *(result.nationalities or ())]
    return Entry(
        entry_id=result.id,
        kind=KINDS.get(result.type or "", Kind.UNKNOWN),
        names=reading.names_of(result.name, result.alt_names or (), line=number),
        countries=reading.countries_of(said),
        ids=tuple(dict.fromkeys(one.number for one in result.ids or () if one.number and len(one.number) >= 6)),
        programme=": ".join(part for part in (result.source, ", ".join(result.programs or ())) if part),
        starts=reading.day_of(result.start_date or "", line=number),
        ends=reading.day_of(result.end_date or "", line=number),
    )
