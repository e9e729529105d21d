# SPDX-License-Identifier: Apache-2.0
"""The public lists that training and measuring go by, from the folder that STILLWATCH_SHARED names."""

import csv
import os
from functools import cache
from pathlib import Path

from stillwatch.access.adapters.lists.catalog import FORMATS
from stillwatch.access.screening.entry import Entry

FILES = {
    "csl": ("csl-csv", ("consolidated_screening_list_2023-11.csv",)),
    "ofac": ("ofac", ("ofac_sdn_2023-11.csv", "ofac_alt_2025-02.csv")),
    "un": ("un-xml", ("un_consolidated_2026-02-27.xml",)),
    "1260h": ("dod-1260h", ("dod_1260h_2026-06.csv",)),
    "1286": ("section-1286", ("section_1286.csv",)),
}


def folder() -> Path:
    """Where the lists are."""
    return Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data" / "screening"


@cache
def entries() -> dict[str, tuple[Entry, ...]]:
    """Every list's entries. The one list that is cut short is read up to its last whole row."""
    found = {}
    for name, (form, files) in FILES.items():
        data = [(folder() / file).read_bytes() for file in files]
        if name == "csl":
            data = [one[: one.rfind(b"\n") + 1] for one in data]
        found[name] = FORMATS[form].read(*data)
    return found


def cased() -> list[tuple[str, str, str]]:
    """The labelled cases of name_bench as they stand: schema and the two names."""
    with (folder() / "name_bench_cases.csv").open(newline="") as file:
        return [(row["schema"], row["name1"], row["name2"]) for row in csv.DictReader(file)]
