# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from fakes.terminal import Terminal

HEAD = "name,kind,aliases,countries,ids,programme,starts,ends\n"
SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"


@pytest.fixture
def attackers(tmp_path: Path) -> Path:
    path = tmp_path / "attackers.csv"
    path.write_text(f"{HEAD}Example Harvest Ltd,organisation,,CN,,model extraction,,\n")
    return path


def test_an_own_list_takes_one_command_and_finds_at_once(terminal: Terminal, attackers: Path) -> None:
    terminal.good("org", "create", "Example Harvest Limited", "--id", "harvest")
    terminal.good("org", "create", "Alderwood Foods", "--id", "alder")
    made = terminal.json("list", "load", "model-extraction-attackers", str(attackers), "--by", "ann")
    assert (made["loaded"]["count"], made["loaded"]["loaded_by"]) == (1, "ann")
    assert made["screened"] == {"organisations": 2, "hits": 1, "new": 1, "gone": 0}
    assert [hit["org_id"] for hit in terminal.json("hit", "list")] == ["harvest"]
    assert terminal.json("list", "show") == [made["loaded"]]
    assert "attackers.csv" in terminal.good("list", "show", "model-extraction-attackers")


def test_removing_a_list_keeps_its_hits_on_record(terminal: Terminal, attackers: Path) -> None:
    terminal.good("org", "create", "Example Harvest Limited", "--id", "harvest")
    terminal.good("list", "load", "own", str(attackers))
    gone = terminal.json("list", "remove", "own")
    assert gone["screened"] == {"organisations": 1, "hits": 0, "new": 0, "gone": 1}
    assert terminal.json("hit", "list") == []
    assert len(terminal.json("hit", "list", "--all")) == 1
    assert "No list is loaded" in terminal.good("list", "show")
    assert "no list 'own'" in terminal.refused("list", "remove", "own")


def test_a_refused_list_changes_nothing_and_says_how_to_mend_it(
    terminal: Terminal, attackers: Path, tmp_path: Path
) -> None:
    before = terminal.json("list", "load", "own", str(attackers))["loaded"]
    cut = tmp_path / "cut.csv"
    cut.write_text(f"{HEAD}Example Har")
    assert "cut short" in terminal.refused("list", "load", "own", str(cut))
    assert "There is no format" in terminal.refused("list", "load", "own", str(attackers), "--format", "xlsx")
    assert terminal.json("list", "show") == [before]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_the_real_list_that_is_cut_short_is_refused_and_its_whole_rows_need_a_reason(
    terminal: Terminal, tmp_path: Path
) -> None:
    real = SHARED / "consolidated_screening_list_2023-11.csv"
    assert "cut short" in terminal.refused("list", "load", "csl", str(real), "--format", "csl-csv")
    rows = tmp_path / "rows.csv"
    rows.write_bytes(real.read_bytes()[: real.read_bytes().rfind(b"\n") + 1])
    command = ("list", "load", "csl", str(rows), "--format", "csl-csv", "--date", "2023-11-01")
    assert "15,000 entries or more" in terminal.refused(*command)
    assert terminal.json(*command, "--allow-shrink", "the copy at hand is cut")["loaded"]["count"] == 4_219
