# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fakes.terminal import Terminal
from stillwatch.access.adapters.signing_key import open_signing_key, signer
from stillwatch.service.offices import open_directives
from stillwatch.settings import load_settings

FILE = """
directive: order-1
models: [frontier]
source: an example order, 21 November 2026
reason: An order reserves this model.
effective: 2026-11-20T00:00:00+00:00
only:
  organisations: [annex-a]
"""
NO_WAIT = ("--wait", "0", "--by", "Ann")


@pytest.fixture
def order(tmp_path: Path) -> str:
    path = tmp_path / "order.yaml"
    path.write_text(FILE)
    return str(path)


def confirm(terminal: Terminal) -> None:
    """What the control process does once every worker has a directive."""
    settings = load_settings(terminal.config)
    sign = signer(open_signing_key(settings.access.signing_key_file))
    open_directives(settings).confirm(10**6, workers=4, now_us=1_800_000_000_000_000, sign=sign)


def test_it_is_given_lifted_and_given_again(terminal: Terminal, order: str) -> None:
    made = terminal.json("directive", "apply", order, *NO_WAIT)
    assert (made["directive"]["directive_id"], made["applied_by"], made["in_force_us"]) == ("order-1", "Ann", None)
    confirm(terminal)
    assert "on 4 workers" in terminal.good("directive", "show", "order-1")
    lifted = terminal.json("directive", "lift", "order-1", "--reason", "withdrawn", *NO_WAIT)
    assert lifted["lift_reason"] == "withdrawn"
    again = terminal.json("directive", "replay", "order-1", *NO_WAIT)
    assert (again["number"], again["directive"]["lifted_us"]) == (2, None)
    assert len(terminal.json("directive", "list")) == 2
    assert "order-1" in terminal.good("directive", "list")


def test_a_statement_can_be_checked_by_whoever_has_the_key(terminal: Terminal, order: str, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    terminal.good("directive", "apply", order, *NO_WAIT)
    unsigned = terminal.run("directive", "show", "order-1", "--statement", str(proof))
    assert (unsigned.code, "Nothing is signed yet" in unsigned.err) == (3, True)
    confirm(terminal)
    terminal.good("directive", "show", "order-1", "--statement", str(proof))
    key = terminal.json("directive", "key")["public_key"]
    said = json.loads(terminal.good("directive", "verify", str(proof), "--key", key, "--json"))
    assert (said["event"], said["workers"]) == ("applied", 4)
    proof.write_text(proof.read_text().replace("Ann", "Eve"))
    changed = terminal.run("directive", "verify", str(proof), "--key", key)
    assert (changed.code, "changed since" in changed.err) == (1, True)


def test_without_a_gateway_it_says_so_and_the_directive_stands(terminal: Terminal, order: str) -> None:
    told = terminal.run("directive", "apply", order, "--wait", "0.1", "--by", "Ann")
    assert (told.code, "recorded" in told.err) == (3, True)
    assert terminal.json("directive", "list")[0]["in_force_us"] is None


def test_bad_files_change_nothing(terminal: Terminal, order: str, tmp_path: Path) -> None:
    assert "cannot be read" in terminal.refused("directive", "apply", str(tmp_path / "none.yaml"), *NO_WAIT)
    broken = tmp_path / "broken.yaml"
    broken.write_text(FILE.replace("models", "model"))
    assert "broken.yaml" in terminal.refused("directive", "apply", str(broken), *NO_WAIT)
    terminal.good("directive", "apply", order, *NO_WAIT)
    assert "stands already" in terminal.refused("directive", "apply", order, *NO_WAIT)
    assert len(terminal.json("directive", "list")) == 1


def test_a_dry_run_lists_who_would_lose_access_and_changes_nothing(terminal: Terminal, order: str) -> None:
    for org in ("annex-a", "other"):
        terminal.good("org", "create", org, "--id", org)
        account = terminal.json("account", "create", "one", "--org", org)["account_id"]
        terminal.json("key", "create", "--account", account)
    (loss,) = terminal.json("directive", "apply", order, "--dry-run")
    assert loss == {"org_id": "other", "accounts": 1, "keys": 1, "requests": 0, "last_us": None}
    assert "other" in terminal.good("directive", "apply", order, "--dry-run")
    assert terminal.json("directive", "list") == []
