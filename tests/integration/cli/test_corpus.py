# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from fakes.terminal import Terminal

TEXTS = [f'{{"question": "Which river has {number} bridges in one town?"}}' for number in range(30)]


def test_a_list_is_added_listed_and_removed(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "rivers.jsonl").write_text("\n".join([*TEXTS, TEXTS[0]]))
    added = terminal.json("corpus", "add", "rivers", str(tmp_path / "rivers.jsonl"), "--field", "question")
    assert (added["name"], added["texts"], added["prompts"], added["is_shipped"]) == ("rivers", 31, 30, False)
    listed = terminal.json("corpus", "list")
    assert listed[-1] == added
    assert any(one["is_shipped"] and one["name"] == "gsm8k-train" for one in listed)
    assert "rivers" in terminal.good("corpus", "list")
    assert terminal.json("corpus", "remove", "rivers") == {"removed": "rivers"}
    assert "rivers" not in terminal.good("corpus", "list")


def test_the_counts_are_said_to_people(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "rivers.txt").write_text("\n".join(TEXTS))
    assert "30 kept" in terminal.good("corpus", "add", "rivers", str(tmp_path / "rivers.txt"))
    assert "rivers" in terminal.good("corpus", "remove", "rivers")


def test_what_cannot_be_done_says_how_to_mend_it(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "rivers.jsonl").write_text("\n".join(TEXTS))
    assert "--field" in terminal.refused("corpus", "add", "rivers", str(tmp_path / "rivers.jsonl"))
    assert "ships" in terminal.refused("corpus", "remove", "gsm8k-train")


def test_a_damaged_index_is_one_sentence(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prompts.corpora").write_bytes(b"SWCORP01 and nothing that belongs there")
    shown = terminal.run("corpus", "list")
    assert shown.code == 1
    assert "stillwatch corpus add" in shown.err
    shown = terminal.run("hunt", str(tmp_path / "log.jsonl"))
    assert shown.code == 1
    assert "is damaged" in shown.err
