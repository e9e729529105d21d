# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from stillwatch.access.adapters.lists import dod_1260h
from stillwatch.errors import BadInput

SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"
HEAD = ",".join(dod_1260h.HEADER)


def test_aliases_parents_and_the_end_of_a_listing_are_kept() -> None:
    row = (
        '"Example Works Co., Ltd. (EW)*","Example Works Co., Ltd.",EW,Old Example,Example Group,,2022-10-05,2024-01-31,'
    )
    (entry,) = dod_1260h.read(f"{HEAD}\n{row}\n".encode())
    assert entry.names == ("Example Works Co., Ltd.", "EW", "Old Example")
    assert (entry.countries, entry.ends, entry.programme) == (("cn",), "2024-01-31", "1260H, parent Example Group")


def test_what_is_cut_is_refused() -> None:
    with pytest.raises(BadInput, match="cut short"):
        dod_1260h.read(f"{HEAD}\nExample,Exam\n".encode())


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_the_real_list_is_read_whole() -> None:
    found = dod_1260h.read((SHARED / "dod_1260h_2026-06.csv").read_bytes())
    assert (len(found), len({entry.entry_id for entry in found})) == (397, 397)
