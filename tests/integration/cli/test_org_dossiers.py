# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.dossiers import whole
from fakes.terminal import Terminal
from stillwatch.access.vetting.dossier_yaml import format_yaml


@pytest.fixture
def sample(terminal: Terminal, tmp_path: Path) -> str:
    path = str(tmp_path / "sample.yaml")
    assert terminal.json("org", "sample", path, "--count", "12", "--model", "large-1")["organisations"] == 12
    return path


@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_a_sample_is_imported_exported_and_imported_again_unchanged(
    terminal: Terminal, sample: str, tmp_path: Path, form: str
) -> None:
    assert len(terminal.json("org", "import", sample)["added"]) == 12
    out = str(tmp_path / "out") + (".yaml" if form == "yaml" else "")
    assert terminal.json("org", "export", out, "--format", form)["organisations"] == 12
    again = terminal.json("org", "import", out)
    assert (again["added"], again["changed"], len(again["unchanged"])) == ([], [], 12)
    assert len(terminal.json("org", "list")) == 12


def test_a_dry_run_changes_nothing(terminal: Terminal, sample: str) -> None:
    assert len(terminal.json("org", "import", sample, "--dry-run")["added"]) == 12
    assert "would be added" in terminal.good("org", "import", sample, "--dry-run")
    assert terminal.json("org", "list") == []


def test_what_was_known_stays_and_can_be_shown(terminal: Terminal, tmp_path: Path) -> None:
    for number, dossier in enumerate((whole(), whole(scope=None))):
        path = tmp_path / f"{number}.yaml"
        path.write_text(format_yaml([dossier]))
        terminal.good("org", "import", str(path), "--by", "Clerk")
    assert "large-1" not in terminal.good("org", "dossier", "example-1")
    assert "large-1" in terminal.good("org", "dossier", "example-1", "--version", "1")
    shown = terminal.json("org", "dossier", "example-1")
    assert (shown["version"], shown["recorded_by"]) == (2, "Clerk")


def test_names_are_given_to_owners(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Listed Example\n\n")
    path = tmp_path / "sample.yaml"
    terminal.good("org", "sample", str(path), "--count", "3", "--owners", str(tmp_path / "names.txt"))
    assert "Listed Example" in path.read_text()
    assert "cannot be read" in terminal.refused("org", "sample", str(tmp_path / "b.yaml"), "--owners", str(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("percent: 60", "percent: 95", "ownership gives 135 per cent of the organisation away"),
        ("country: DE", "country: Germany", "line 5: identity.country should be"),
        ("legal_name: Example 001 Industries", "legal_name: [", "cannot be read"),
    ],
)
def test_an_import_at_fault_is_one_sentence_and_changes_nothing(
    terminal: Terminal, tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = format_yaml([whole(), whole("example-2", 2)])
    assert old in text
    (tmp_path / "a.yaml").write_text(text.replace(old, new, 1))
    assert says in terminal.refused("org", "import", str(tmp_path / "a.yaml"))
    assert terminal.json("org", "list") == []


def test_two_organisations_with_one_number_are_one_sentence(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(format_yaml([whole(), whole("example-2", 1)]))
    said = terminal.refused("org", "import", str(tmp_path / "a.yaml"))
    assert "example-1 and example-2 have the same registration number or LEI" in said


def test_nothing_is_overwritten_and_what_is_not_there_is_named(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    assert "already there" in terminal.refused("org", "export", sample)
    assert "no file" in terminal.refused("org", "import", str(tmp_path / "missing.yaml"))
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert "no dossier" in terminal.refused("org", "import", str(tmp_path / "empty.yaml"))
    assert "no dossier" in terminal.refused("org", "dossier", "nobody")
    assert "no dossier" in terminal.refused("org", "export", str(tmp_path / "x.yaml"), "--org", "nobody")
