# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.terminal import Terminal


def test_an_organisation_is_created_listed_changed_and_deactivated(terminal: Terminal) -> None:
    made = terminal.json("org", "create", "Acme GmbH", "--id", "acme", "--text-policy", "hash")
    assert (made["org_id"], made["name"], made["text_policy"], made["active"]) == ("acme", "Acme GmbH", "hash", True)
    assert terminal.json("org", "list") == [made]
    assert terminal.json("org", "set", "acme", "--text-policy", "drop")["text_policy"] == "drop"
    assert terminal.json("org", "deactivate", "acme")["active"] is False
    assert terminal.json("org", "activate", "acme")["active"] is True
    assert "Acme GmbH" in terminal.good("org", "show", "acme")


def test_an_empty_list_says_what_to_do_next(terminal: Terminal) -> None:
    assert "stillwatch org create" in terminal.good("org", "list")
    assert terminal.json("org", "list") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", ""),
        ("create", "x", "--id", "not an id"),
        ("create", "a\x1b[31mb"),
        ("show", "nobody"),
        ("show", "'; DROP TABLE organisation; --"),
        ("set", "nobody", "--text-policy", "drop"),
        ("deactivate", "nobody"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal.refused("org", *arguments).isascii()


def test_setting_nothing_is_refused(terminal: Terminal) -> None:
    terminal.good("org", "create", "Acme", "--id", "acme")
    assert "Nothing is to be changed" in terminal.refused("org", "set", "acme")


def test_the_same_id_twice_is_refused(terminal: Terminal) -> None:
    terminal.good("org", "create", "Acme", "--id", "acme")
    assert "exists already" in terminal.refused("org", "create", "Other", "--id", "acme")


def test_an_unknown_text_policy_is_exit_code_2(terminal: Terminal) -> None:
    shown = terminal.run("org", "create", "Acme", "--text-policy", "shred")
    assert shown.code == 2
    assert "shred" in shown.err


def test_bytes_that_are_no_text_are_refused(terminal: Terminal) -> None:
    program: list[str | bytes] = [str(Path(sys.executable).with_name("stillwatch")), "org", "create", b"caf\xe9 \xff"]
    done = subprocess.run(program, capture_output=True, check=False)
    assert done.returncode == 2, done.stderr
    assert b"Traceback" not in done.stderr
    assert terminal.json("org", "list") == []


def test_a_database_that_is_no_database_is_told_without_a_traceback(terminal: Terminal) -> None:
    folder = terminal.config.parent / "data"
    folder.mkdir()
    (folder / "stillwatch.db").write_bytes(b"this is no database at all, whatever its name says" * 30)
    shown = terminal.run("org", "list")
    assert shown.code == 1
    assert "damaged" in shown.err


def test_a_server_that_cannot_be_reached_is_exit_code_3(terminal: Terminal, tmp_path: Path) -> None:
    terminal.config.write_text(f'[database]\nurl = "postgresql+psycopg://u@/x?host={tmp_path}"\n')
    shown = terminal.run("org", "list")
    assert shown.code == 3
    assert shown.err.startswith("stillwatch: The database did not do its work")
