# SPDX-License-Identifier: Apache-2.0
from fakes.terminal import Terminal


def test_a_token_is_shown_once_listed_without_its_text_and_revoked(terminal: Terminal) -> None:
    made = terminal.json("admin", "create", "Ann Example")
    assert made["token"].startswith("swa_live_")
    assert made["token"] not in terminal.good("admin", "list")
    (listed,) = terminal.json("admin", "list")
    assert (listed["token_id"], listed["revoked_us"]) == (made["token_id"], None)
    assert "Ann Example" in terminal.good("admin", "revoke", made["token_id"])
    assert terminal.json("admin", "list")[0]["revoked_us"] is not None
    assert "swa_live_" in terminal.good("admin", "create", "Ann Example")


def test_what_cannot_be_done_is_one_sentence(terminal: Terminal) -> None:
    assert "admin create" in terminal.good("admin", "list")
    assert "empty" in terminal.refused("admin", "create", " ")
    assert "no token" in terminal.refused("admin", "revoke", "nothing")
    terminal.good("admin", "create", "Ann")
    assert "token already" in terminal.refused("admin", "create", "ann")
