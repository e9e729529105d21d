# SPDX-License-Identifier: Apache-2.0
import csv
import io
import os
from pathlib import Path

import pytest

from stillwatch.access.adapters.lists import csl_csv
from stillwatch.access.screening.entry import Kind
from stillwatch.errors import BadInput

SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"


def file_of(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, csl_csv.HEADER, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


EXAMPLE = {
    "_id": "1",
    "source": "Entity List (EL) - Bureau of Industry and Security",
    "name": "Example Works",
    "alt_names": "EW; Example Factory",
    "addresses": "1 Example Road, Beijing, 100000, CN; 2 Example Road, HK",
    "start_date": "2024-01-01",
    "end_date": "2026-01-01",
    "ids": "Registration ID, 9100000000EXAMPLE, CN; Target Type, Public Company",
    "programs": "X",
}


def test_an_entry_keeps_what_is_screened_against() -> None:
    (entry,) = csl_csv.read(file_of(EXAMPLE))
    assert entry.names == ("Example Works", "EW", "Example Factory")
    assert (entry.kind, entry.countries, entry.ids) == (Kind.UNKNOWN, ("cn", "hk"), ("9100000000EXAMPLE",))
    assert (entry.starts, entry.ends) == ("2024-01-01", "2026-01-01")
    assert entry.programme.startswith("Entity List")


@pytest.mark.parametrize(
    ("given", "kind"), [("Individual", Kind.PERSON), ("Entity", Kind.ORGANISATION), ("Vessel", Kind.THING)]
)
def test_the_kinds_are_told_apart(given: str, kind: Kind) -> None:
    (entry,) = csl_csv.read(file_of(EXAMPLE | {"type": given}))
    assert entry.kind is kind


def test_wherever_the_file_is_cut_it_is_refused_or_lacks_whole_rows() -> None:
    data = file_of(EXAMPLE, EXAMPLE | {"_id": "2"})
    for end in range(data.index(b"\n") + 2, len(data)):
        if data[end - 1 : end] == b"\n":
            continue
        with pytest.raises(BadInput, match="cut short"):
            csl_csv.read(data[:end])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_the_real_list_that_is_cut_short_is_refused() -> None:
    data = (SHARED / "consolidated_screening_list_2023-11.csv").read_bytes()
    with pytest.raises(BadInput, match="cut short"):
        csl_csv.read(data)
    assert len(csl_csv.read(data[: data.rfind(b"\n") + 1])) == 4_226
