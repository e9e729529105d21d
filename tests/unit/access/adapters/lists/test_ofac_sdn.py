# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from stillwatch.access.adapters.lists import ofac_sdn
from stillwatch.access.screening.entry import Kind
from stillwatch.errors import BadInput

SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"
NULLS = "-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- "
SDN = (
    f'1,"EXAMPLE WORKS",-0- ,"X",{NULLS},"a.k.a. \'EW\'; Tax ID No. 7700000001 (Russia)."\r\n'
    f'2,"SAMPLE, Name","individual","X",{NULLS},"nationality Iran."\r\n'
    f'3,"EXAMPLE SHIP","vessel","X",{NULLS},-0- \r\n\x1a\r\n'
).encode()
ALT = b'1,10,"aka","EXAMPLE FACTORY",-0- \r\n9,11,"fka","NEWER EXAMPLE",-0- \r\n\x1a'


def test_the_two_files_are_one_list() -> None:
    works, person, ship, newer = ofac_sdn.read(SDN, ALT)
    assert (works.kind, works.names) == (Kind.ORGANISATION, ("EXAMPLE WORKS", "EW", "EXAMPLE FACTORY"))
    assert works.ids == ("7700000001",)
    assert (person.kind, person.countries, person.programme) == (Kind.PERSON, ("ir",), "X")
    assert ship.kind is Kind.THING
    assert (newer.kind, newer.names) == (Kind.UNKNOWN, ("NEWER EXAMPLE",))


def test_a_header_that_somebody_added_is_left_out() -> None:
    header = b"ID,Name,Type,Country,Title,a,b,c,d,e,f,Details\r\n"
    assert ofac_sdn.read(header + SDN) == ofac_sdn.read(SDN)


@pytest.mark.parametrize(
    ("sdn", "alt"),
    [(b"1,EXAMPLE\r\n", None), (SDN[:60], None), (b"x" + SDN + b"y,z\r\n", None), (SDN, b"1,2,aka\r\n"), (SDN, SDN)],
)
def test_what_is_cut_or_of_another_kind_is_refused(sdn: bytes, alt: bytes | None) -> None:
    with pytest.raises(BadInput, match="list"):
        ofac_sdn.read(sdn, alt)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_the_real_lists_are_read_whole() -> None:
    names = ("ofac_sdn_2023-11.csv", "ofac_alt_2025-02.csv")
    found = ofac_sdn.read(*((SHARED / name).read_bytes() for name in names))
    assert sum(entry.kind is Kind.PERSON for entry in found) == 5_890
    assert sum(len(entry.names) for entry in found) > 33_000
