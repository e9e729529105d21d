# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from stillwatch.access.adapters.lists import section_1286
from stillwatch.access.screening.entry import Kind
from stillwatch.errors import BadInput

SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"
HEAD = ",".join(section_1286.HEADER)


def test_an_entry_keeps_what_is_screened_against() -> None:
    (entry,) = section_1286.read(f"{HEAD}\nCompany,Example Academy,EA; Sample Academy,x,y,z,,2024,,,China,,\n".encode())
    assert (entry.kind, entry.names) == (Kind.ORGANISATION, ("Example Academy", "EA", "Sample Academy"))
    assert (entry.countries, entry.starts, entry.programme) == (("cn",), "2024-01-01", "1286, report of 2024")


def test_what_is_cut_is_refused() -> None:
    with pytest.raises(BadInput, match="cut short"):
        section_1286.read(f"{HEAD}\nCompany,Example\n".encode())


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_the_real_list_is_read_whole() -> None:
    assert len(section_1286.read((SHARED / "section_1286.csv").read_bytes())) == 443
