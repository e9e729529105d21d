# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.campaigns import WATCH, campaign, findings
from fakes.terminal import Terminal
from stillwatch.cli.explanations import NO_TEXT
from stillwatch.service.clock import wall_now_us
from stillwatch.service.offices import open_cases
from stillwatch.settings import load_settings

ACCOUNTS = ["a1", "a2", "a3"]


@pytest.fixture
def case_id(terminal: Terminal) -> str:
    found = findings(campaign(ACCOUNTS, action=WATCH))
    return open_cases(load_settings(terminal.config)).judge(found, now_us=wall_now_us()).cases[0].case_id


def test_no_case_is_said_in_words(terminal: Terminal) -> None:
    assert terminal.good("case", "list") == "No open case.\n"
    assert terminal.json("case", "list", "--all") == []


def test_a_case_is_listed_and_shown_with_its_grounds_and_decisions(terminal: Terminal, case_id: str) -> None:
    assert case_id in terminal.good("case", "list")
    shown = terminal.good("case", "show", case_id)
    for expected in (
        "3 accounts act as one",
        "It asks the same questions as others.",
        "a1, a2, a3",
        "observe",
        "policy",
    ):
        assert expected in shown
    assert NO_TEXT in shown
    assert NO_TEXT not in terminal.good("case", "show", case_id, "--no-samples")
    file = terminal.json("case", "show", case_id)
    assert file["samples"] == []
    assert file["case"]["accounts"] == ACCOUNTS
    assert [(made["rung"], made["by"]) for made in file["decisions"]] == [(1, "policy")]


def test_a_person_acts_on_a_whole_case_and_undoes_it(terminal: Terminal, case_id: str) -> None:
    made = terminal.json(
        "case", "act", case_id, "--rung", "verify", "--reason", "shared harvest", "--hours", "72", "--by", "Ana"
    )
    assert (made["rung"], made["accounts"], made["by"]) == (3, ACCOUNTS, "Ana")
    assert made["until_us"] - made["made_us"] == 72 * 3_600_000_000
    undone = terminal.json("case", "undo", made["decision_id"], "--reason", "mistake", "--by", "Ben")
    assert (undone["undone_by"], undone["undone_reason"]) == ("Ben", "mistake")
    assert "undone by Ben: mistake" in terminal.good("case", "show", case_id)


def test_a_person_acts_on_chosen_accounts_and_undoes_a_part(terminal: Terminal, case_id: str) -> None:
    made = terminal.json(
        "case", "act", case_id, "--rung", "SUSPEND", "--reason", "r", "--account", "a1", "--account", "a2"
    )
    assert made["accounts"] == ["a1", "a2"]
    undone = terminal.json("case", "undo", made["decision_id"], "--reason", "r", "--account", "a2")
    assert undone["accounts"] == ["a2"]
    by_id = {made["decision_id"]: made for made in terminal.json("case", "show", case_id)["decisions"]}
    assert by_id[made["decision_id"]]["accounts"] == ["a1"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "case-none"),
        ("show", "'; DROP TABLE campaign_case; --"),
        ("act", "case-none", "--rung", "verify", "--reason", "r"),
        ("undo", "dec-none", "--reason", "r"),
    ],
)
def test_what_does_not_exist_is_one_sentence_and_exit_code_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    terminal.refused("case", *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rung", "banish", "--reason", "r"),
        ("--rung", "good", "--reason", "r"),
        ("--rung", "verify", "--reason", " "),
        ("--rung", "verify", "--reason", "r", "--hours", "-1"),
        ("--rung", "verify", "--reason", "r", "--hours", "nan"),
        ("--rung", "verify", "--reason", "r", "--account", "stranger"),
        ("--rung", "verify", "--reason", "r", "--by", "policy"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    terminal: Terminal, case_id: str, arguments: tuple[str, ...]
) -> None:
    before = terminal.json("case", "show", case_id)
    terminal.refused("case", "act", case_id, *arguments)
    assert terminal.json("case", "show", case_id) == before


def test_undoing_twice_is_refused(terminal: Terminal, case_id: str) -> None:
    decision_id = terminal.json("case", "show", case_id)["decisions"][0]["decision_id"]
    terminal.good("case", "undo", decision_id, "--reason", "r", "--by", "Ana")
    assert "undone already, by Ana" in terminal.refused("case", "undo", decision_id, "--reason", "r")
