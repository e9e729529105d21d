# SPDX-License-Identifier: Apache-2.0
import csv
import os
from pathlib import Path

import pytest

from fakes.dossiers import whole
from fakes.terminal import Terminal
from stillwatch.access.vetting.dossier_yaml import format_yaml

WHY = ("--reason", "because")


@pytest.fixture
def imported(terminal: Terminal, tmp_path: Path) -> Terminal:
    terminal.config.write_text('data_dir = "data"\n[access.vetting]\nneeds_screening = false\n')
    path = tmp_path / "two.yaml"
    path.write_text(format_yaml([whole(), whole("example-2", 2, people=None)]))
    terminal.good("org", "import", str(path), "--by", "Clerk")
    return terminal


def test_from_application_to_approval_and_back(imported: Terminal) -> None:
    assert {one["state"] for one in imported.json("org", "vetting")} == {"applied"}
    assert [one["state"] for one in imported.json("org", "review", "--all", "--by", "Clerk")] == ["review", "review"]
    (vote,) = imported.json("org", "approve", "example-1", "--tier", "1", *WHY, "--by", "Ann")
    assert vote["state"] == "review"
    (last,) = imported.json("org", "approve", "--all", "--tier", "1", *WHY, "--by", "Bob")
    assert (last["org_id"], last["state"], last["tier"]) == ("example-1", "approved", 1)
    assert [one["org_id"] for one in imported.json("org", "vetting", "--state", "approved")] == ["example-1"]
    shown = imported.good("org", "show", "example-1")
    assert "approved" in shown
    assert "1, until 2027-11-21" in shown
    assert imported.json("org", "suspend", "example-1", *WHY)[0]["state"] == "suspended"
    assert imported.json("org", "review", "example-1", *WHY)[0]["state"] == "review"
    assert imported.json("org", "revoke", "example-1", *WHY)[0]["state"] == "revoked"
    assert imported.json("org", "apply", "example-1", *WHY)[0]["state"] == "applied"
    told = imported.json("org", "history", "example-1")
    assert [one["act"] for one in told["decisions"]] == [
        "apply", "submit", "screened", "approve", "approve", "suspend", "submit", "screened", "revoke", "apply"
    ]  # fmt: skip
    assert told["vetting"]["state"] == "applied"
    shown = imported.good("org", "history", "example-1")
    assert all(word in shown for word in ("Ann", "Bob", "Clerk", "because"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("approve", "example-1", "--tier", "1", *WHY, "--by", "Ann"), "state is applied"),
        (("approve", "--tier", "1", *WHY), "whom to approve"),
        (("review",), "whom to review"),
        (("review", "example-1", "--all"), "whom to review"),
        (("review", "nobody"), "no dossier"),
        (("suspend", *WHY), "No organisation is named"),
        (("revoke", "example-1", "--reason", " "), "needs a reason"),
        (("history", "nobody"), "no dossier"),
        (("apply", "example-1", *WHY), "cannot be given 'apply'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(imported: Terminal, arguments: tuple[str, ...], says: str) -> None:
    assert says in imported.refused("org", *arguments)


def test_a_refused_vote_says_what_is_missing(imported: Terminal) -> None:
    imported.good("org", "review", "--all")
    for arguments, says in (
        (("example-2", "--tier", "1", "--by", "Ann"), "known of people"),
        (("example-1", "--tier", "1", "--by", "Clerk"), "recorded its dossier"),
        (("example-1", "--tier", "2", "--by", "Ann"), "needs a recognised certification"),
    ):
        assert says in imported.refused("org", "approve", *arguments, *WHY)


def test_without_a_list_nobody_is_reviewed_where_screening_is_needed(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(format_yaml([whole()]))
    terminal.good("org", "import", str(path))
    assert "no list" in terminal.refused("org", "review", "--all")
    assert terminal.json("org", "vetting")[0]["state"] == "applied"


def test_many_decisions_are_counted(terminal: Terminal, tmp_path: Path) -> None:
    terminal.config.write_text('data_dir = "data"\n[access.vetting]\nneeds_screening = false\n')
    terminal.good("org", "sample", str(tmp_path / "s.yaml"), "--count", "30")
    terminal.good("org", "import", str(tmp_path / "s.yaml"), "--by", "Clerk")
    assert terminal.good("org", "review", "--all", "--by", "Clerk").split() == ["review", "30"]
    terminal.good("org", "approve", "--all", "--tier", "1", *WHY, "--by", "Ann")
    assert terminal.good("org", "approve", "--all", "--tier", "1", *WHY, "--by", "Bob").split() == ["approved", "30"]


@pytest.mark.shared
@pytest.mark.slow
def test_just_those_whose_owners_stand_on_a_real_list_are_held_back(terminal: Terminal, tmp_path: Path) -> None:
    path = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data" / "screening" / "dod_1260h_2026-06.csv"
    if not path.exists():
        pytest.skip("the real lists are not here; STILLWATCH_SHARED says where they are")
    with path.open(encoding="utf-8", newline="") as file:
        names = [row["Clean Name"] for row in csv.DictReader(file)][:5]
    (tmp_path / "names.txt").write_text("\n".join(names))
    terminal.good("list", "load", "dod-1260h", str(path), "--format", "dod-1260h")
    terminal.good("org", "sample", str(tmp_path / "s.yaml"), "--owners", str(tmp_path / "names.txt"))
    terminal.good("org", "import", str(tmp_path / "s.yaml"), "--by", "Clerk")
    assert len(terminal.json("org", "review", "--all", "--by", "Clerk")) == 200
    held = [one["org_id"] for one in terminal.json("org", "vetting") if one.get("hits")]
    assert held == [f"example-{number}" for number in range(196, 201)]
    for by in ("Ann", "Bob"):
        made = terminal.json("org", "approve", "--all", "--tier", "1", *WHY, "--by", by)
    assert not {one["org_id"] for one in made} & set(held)
    assert {one["state"] for one in made} == {"approved"}
    assert len(made) == 188
