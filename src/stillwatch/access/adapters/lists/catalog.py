# SPDX-License-Identifier: Apache-2.0
"""Every format of a list that can be read."""

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

from stillwatch.access.adapters.lists import (
    csl_csv,
    csl_json,
    dod_1260h,
    ofac_sdn,
    own_csv,
    section_1286,
    un_xml,
)
from stillwatch.access.screening.entry import Entry


class Format(NamedTuple):
    """A format: what it is, and its reader."""

    what: str
    read: Callable[..., tuple[Entry, ...]]
    """Takes the bytes of one file, or of up to ``most``."""
    date_of: Callable[[bytes], str] = lambda _data: ""
    """The day a file says it is of, empty where it does not."""
    most: int = 1
    """Files that make up the list."""
    least: int = 1
    """Entries that a whole list of this format has at the very least: half or more of what it had in 2026. What a
    broken
    download leaves is refused by it even the first time."""


FORMATS = MappingProxyType(
    {
        "csl-csv": Format("US Consolidated Screening List, CSV", csl_csv.read, least=15_000),
        "csl-json": Format("US Consolidated Screening List, JSON", csl_json.read, least=15_000),
        "ofac": Format(
            "US Treasury, Specially Designated Nationals, legacy SDN.CSV and ALT.CSV",
            ofac_sdn.read,
            most=2,
            least=10_000,
        ),
        "un-xml": Format("United Nations Security Council, consolidated XML", un_xml.read, un_xml.date_of, least=600),
        "dod-1260h": Format("US Department of Defense, section 1260H, CSV", dod_1260h.read, least=100),
        "section-1286": Format("US Department of Defense, section 1286, CSV", section_1286.read, least=150),
        "csv": Format("Own and shared lists, the generic CSV", own_csv.read),
    }
)
