# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.campaigns import campaign, findings
from fakes.terminal import Terminal
from stillwatch.service.clock import wall_now_us
from stillwatch.service.offices import open_cases
from stillwatch.settings import load_settings


@pytest.fixture
def acme(terminal: Terminal) -> Terminal:
    terminal.good("org", "create", "Acme", "--id", "acme")
    return terminal


def test_an_account_is_created_listed_closed_and_reopened(acme: Terminal) -> None:
    made = acme.json(
        "account", "create", "Search", "--org", "acme", "--id", "s", "--payment-fp", "visa-1", "--route", "direct"
    )
    assert (made["account_id"], made["org_id"], made["payment_fp"], made["route"]) == ("s", "acme", "visa-1", "direct")
    assert acme.json("account", "list") == acme.json("account", "list", "--org", "acme") == [made]
    assert acme.json("account", "show", "s") == made
    assert acme.json("account", "deactivate", "s")["active"] is False
    assert acme.json("account", "activate", "s")["active"] is True


def test_a_listed_row_is_one_line_when_it_goes_to_a_program(acme: Terminal) -> None:
    name = "n" * 150
    acme.good("account", "create", name, "--org", "acme", "--id", "s")
    (row,) = [line for line in acme.good("account", "list").splitlines() if line.startswith("s ")]
    assert name in row


def test_an_account_that_must_verify_says_so_until_it_has(acme: Terminal) -> None:
    acme.good("account", "create", "Search", "--org", "acme", "--id", "s")
    open_cases(load_settings(acme.config)).judge(findings(campaign(["s", "t"])), now_us=wall_now_us())
    before = acme.good("account", "show", "s")
    assert "verify" in before
    assert "one of 2 that act as one" in before
    after = acme.good("account", "verify", "s", "--by", "Ana")
    assert "good" in after
    assert "by Ana" in after


def test_who_verifies_is_the_operator_of_the_environment_where_none_is_named(
    acme: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.good("account", "create", "Search", "--org", "acme", "--id", "s")
    monkeypatch.setenv("STILLWATCH_OPERATOR", "Ben")
    assert acme.json("account", "verify", "s")["verified_by"] == "Ben"


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "n", "--org", "nobody"),
        ("create", "n", "--org", "acme", "--id", "no good"),
        ("create", "n", "--org", "acme", "--route", ""),
        ("list", "--org", "nobody"),
        ("show", "nobody"),
        ("verify", "nobody", "--by", "ana"),
        ("deactivate", "' OR 1=1; --"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(acme: Terminal, arguments: tuple[str, ...]) -> None:
    acme.refused("account", *arguments)
