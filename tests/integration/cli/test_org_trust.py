# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fakes.holder import Holder
from fakes.terminal import Terminal
from stillwatch.service.offices import open_directory
from stillwatch.settings import load_settings

PARTNER = Holder("partner")


@pytest.fixture
def team(terminal: Terminal) -> Terminal:
    terminal.good("org", "create", "Acme", "--id", "acme")
    terminal.good("account", "create", "Team", "--org", "acme", "--id", "team")
    terminal.good("key", "create", "--account", "team")
    return terminal


def trusted(terminal: Terminal, version: int = 0) -> list[tuple[str, ...]]:
    """What the workers are told, for each key whose entry changed since."""
    changes = open_directory(load_settings(terminal.config)).entries_since(version)
    return [entry.trusted for entry in changes.entries]


def jwk(terminal: Terminal, holder: Holder) -> str:
    path = terminal.config.parent / "partner.jwk"
    path.write_text(json.dumps(holder.jwk))
    return str(path)


def test_a_key_is_trusted_listed_and_removed_and_the_workers_are_told(team: Terminal) -> None:
    version = open_directory(load_settings(team.config)).version()
    added = team.json("org", "trust-key", "add", "acme", jwk(team, PARTNER), "--label", "identity")
    assert added["thumbprint"] == PARTNER.jkt
    assert trusted(team, version) == [(PARTNER.canonical,)]
    assert all(word in team.good("org", "trust-key", "list", "acme") for word in (PARTNER.jkt, "identity"))
    version = open_directory(load_settings(team.config)).version()
    team.good("org", "trust-key", "remove", "acme", PARTNER.jkt)
    assert trusted(team, version) == [()]
    assert team.json("org", "trust-key", "list", "acme") == []
    team.good("org", "trust-key", "add", "acme", jwk(team, PARTNER))
    assert trusted(team) == [(PARTNER.canonical,)]


def test_mistakes_are_told(team: Terminal) -> None:
    assert "no such trusted key" in team.run("org", "trust-key", "remove", "acme", "x").err
    assert team.run("org", "trust-key", "add", "nobody", jwk(team, PARTNER)).code == 2
    assert team.run("org", "trust-key", "add", "acme", str(team.config)).code == 2
    for number in range(10):
        team.good("org", "trust-key", "add", "acme", jwk(team, Holder(str(number))))
    assert "already" in team.run("org", "trust-key", "add", "acme", jwk(team, PARTNER)).err
    team.good("org", "trust-key", "add", "acme", jwk(team, Holder("3")), "--label", "again")
