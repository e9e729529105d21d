# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

from fakes.terminal import Terminal
from stillwatch.records.grant import Grant
from stillwatch.service.offices import open_directory, open_keyring
from stillwatch.settings import load_settings

WANTED = ("--upstream", "http://127.0.0.1:8000/v1", "--model", 'large "1"')


def test_it_makes_settings_that_load_and_a_key_that_is_good(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    done = terminal.run("init", *WANTED, "--dir", str(folder), "--json")
    assert done.code == 0, done.err
    made = json.loads(done.out)
    settings = load_settings(folder / "stillwatch.toml")
    assert settings.models['large "1"'].upstream == "main"
    changes = open_directory(settings).entries_since(0)
    keyring = open_keyring(settings).with_delta(changes.entries, version=changes.version)
    assert isinstance(keyring.authorize(made["api_key"], client_ip=None, model='large "1"', now_us=0), Grant)


def test_the_key_is_shown_once_and_stored_nowhere_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    made = json.loads(terminal.run("init", *WANTED, "--dir", str(folder), "--json").out)
    secret = made["api_key"].encode()
    assert not [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


def test_an_existing_settings_file_is_never_overwritten(terminal: Terminal, tmp_path: Path) -> None:
    before = terminal.config.read_text()
    done = terminal.run("init", *WANTED, "--dir", str(tmp_path))
    assert done.code == 2
    assert "already there" in done.err
    assert terminal.config.read_text() == before


def test_a_mistake_leaves_no_file_behind(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("init", "--upstream", "not-a-url", "--model", "m", "--dir", str(tmp_path / "new"))
    assert done.code == 2
    assert "base_url" in done.err
    assert not (tmp_path / "new" / "stillwatch.toml").exists()


def test_people_are_told_what_to_do_next(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("init", *WANTED, "--dir", str(tmp_path / "new"), "--dialect", "anthropic")
    assert "swk_live_" in done.out
    assert "stillwatch serve --config" in done.out
    assert done.out.rstrip().endswith("http://127.0.0.1:8080")
