# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.terminal import Terminal

HEAD = "name,kind,aliases,countries,ids,programme,starts,ends\n"
ROW = "Example Harvest Ltd,organisation,,CN,,model extraction,,\n"


@pytest.fixture
def found(terminal: Terminal, tmp_path: Path) -> str:
    (tmp_path / "own.csv").write_text(HEAD + ROW)
    terminal.good("org", "create", "Example Harvest Limited", "--id", "harvest")
    terminal.good("list", "load", "own", str(tmp_path / "own.csv"))
    (hit,) = terminal.json("hit", "list", "--org", "harvest")
    return str(hit["hit_id"])


def test_a_hit_says_why_and_by_which_list(terminal: Terminal, found: str) -> None:
    shown = terminal.good("hit", "show", found)
    assert "because" in shown
    assert "own, digest " in shown
    assert "open" in shown


def test_a_cleared_hit_stays_cleared_until_the_entry_changes(terminal: Terminal, found: str, tmp_path: Path) -> None:
    ruled = terminal.json("hit", "clear", found, "--reason", "registered in Graz since 1911", "--by", "ann")
    assert (ruled["state"], ruled["rulings"][0]["by"]) == ("cleared", "ann")
    (tmp_path / "own.csv").write_text(HEAD + ROW + "Example Other Ltd,,,,,,,\n")
    terminal.good("list", "load", "own", str(tmp_path / "own.csv"))
    assert terminal.json("hit", "list") == []
    (tmp_path / "own.csv").write_text(HEAD + ROW.replace("CN", "CN;HK") + "Example Other Ltd,,,,,,,\n")
    terminal.good("list", "load", "own", str(tmp_path / "own.csv"))
    (anew,) = terminal.json("hit", "list")
    assert anew["hit_id"] != found
    assert "registered in Graz since 1911" in terminal.good("hit", "show", found)


def test_a_hit_is_confirmed_with_a_reason(terminal: Terminal, found: str) -> None:
    assert terminal.json("hit", "confirm", found, "--reason", "the same owners")["state"] == "confirmed"
    assert terminal.json("hit", "list") == []
    assert "confirmed" in terminal.good("hit", "list", "--all")


def test_a_ruling_without_a_hit_or_a_reason_is_refused(terminal: Terminal, found: str) -> None:
    assert "no hit hit-0" in terminal.refused("hit", "clear", "hit-0", "--reason", "r")
    assert "reason is empty" in terminal.refused("hit", "clear", found, "--reason", " ")
    assert "No open hit" not in terminal.good("hit", "list")
