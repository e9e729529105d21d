# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.terminal import Terminal

HEAD = "name,kind,aliases,countries,ids,programme,starts,ends\n"


@pytest.fixture
def listed(terminal: Terminal, tmp_path: Path) -> Terminal:
    path = tmp_path / "own.csv"
    path.write_text(
        f"{HEAD}Example Quorvex Ltd,organisation,EQX Works,CN,12345678,extraction,,\nAnselm Vorbeckson,person,,,,,,\n"
    )
    terminal.good("list", "load", "own", str(path))
    return terminal


def test_a_name_is_found_with_its_reasons_and_nothing_is_recorded(listed: Terminal) -> None:
    (match,) = listed.json("screen", "Example Quorvex (Singapore) Pte. Ltd.", "--country", "SG")
    assert (match["list_name"], match["entry"], match["programme"]) == ("own", "Example Quorvex Ltd", "extraction")
    assert match["why"][-1] == "listed in CN, not in SG"
    assert "because" in listed.good("screen", "EQX Works")
    assert listed.json("hit", "list", "--all") == []


def test_a_kind_an_alias_and_a_number_are_asked_for(listed: Terminal) -> None:
    assert listed.json("screen", "Vorbeckson, Anselm", "--kind", "person")
    assert not listed.json("screen", "Vorbeckson, Anselm")
    assert listed.json("screen", "Alderwood Foods", "--number", "1234-5678")
    assert listed.json("screen", "Alderwood Foods", "--alias", "Example Quorvex")
    assert "no match" in listed.good("screen", "Alderwood Foods")


def test_what_cannot_be_screened_is_told(terminal: Terminal) -> None:
    assert "no list to screen against" in terminal.refused("screen", "Example")
    assert "no kind" in terminal.refused("screen", "Example", "--kind", "ship")
    assert "no letter" in terminal.refused("screen", "...")
