# SPDX-License-Identifier: Apache-2.0
import stat
from pathlib import Path

import pytest

from fakes.dossiers import certified, whole
from stillwatch.access.adapters.dossier_files import Form, read_dossiers, write_dossiers
from stillwatch.errors import BadInput, StillwatchError, Unavailable

BOTH = (whole(), whole("example-2", 2, assurance=certified()))


@pytest.mark.parametrize(("form", "name"), [(Form.YAML, "all.yaml"), (Form.CSV, "all")])
def test_what_is_written_is_read_and_is_its_owner_s_alone(tmp_path: Path, form: Form, name: str) -> None:
    path = tmp_path / name
    write_dossiers(path, BOTH, form=form)
    assert read_dossiers(path) == BOTH
    for file in path.iterdir() if path.is_dir() else [path]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(BadInput, match="already there"):
        write_dossiers(path, BOTH, form=form)


def test_a_folder_of_yaml_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for number, dossier in enumerate(reversed(BOTH)):
        write_dossiers(tmp_path / f"{1 - number}.yml", [dossier], form=Form.YAML)
    assert read_dossiers(tmp_path) == BOTH


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9")
    (tmp_path / "empty").mkdir()
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "organisations.csv").write_text("")
    (tmp_path / "mixed" / "a.yaml").write_text("")
    for name, says in (
        ("notes.txt", "neither YAML nor CSV"),
        ("latin.yaml", "not UTF-8: its byte 9"),
        ("missing.yaml", "no file"),
        ("empty", "neither YAML nor CSV"),
        ("mixed", "both YAML and CSV"),
    ):
        with pytest.raises(BadInput, match=says):
            read_dossiers(tmp_path / name)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StillwatchError) as caught:
        write_dossiers(tmp_path / "file" / "below", BOTH, form=Form.CSV)
    assert isinstance(caught.value, Unavailable)
