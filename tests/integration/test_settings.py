# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from stillwatch.errors import SettingsError
from stillwatch.settings import Settings, load_settings

WHOLE = """
data_dir = "data"
[gateway]
listen = "127.0.0.1:8081"
[upstreams.main]
base_url = "http://127.0.0.1:8000/v1"
[models."large-1"]
upstream = "main"
"""


def _load(folder: Path, text: str) -> Settings:
    path = folder / "stillwatch.toml"
    path.write_text(text)
    return load_settings(path)


def test_a_file_becomes_the_settings_of_every_area(tmp_path: Path) -> None:
    settings = _load(tmp_path, WHOLE)
    assert settings.gateway.listen == "127.0.0.1:8081"
    assert settings.models["large-1"].upstream == "main"
    assert settings.control.poll_seconds <= 1


def test_every_path_is_made_absolute_from_the_file_s_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    settings = _load(tmp_path, WHOLE)
    assert settings.data_dir == tmp_path / "data"
    assert settings.control_socket == tmp_path / "data" / "run" / "control.sock"
    assert settings.access.pepper_file.is_relative_to(tmp_path / "data")
    assert settings.ledger.directory.is_relative_to(tmp_path / "data")
    assert str(tmp_path / "data") in settings.database.url


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("listne = 1", "listne"),
        ("[gateway]\nworkers = 0", "gateway.workers"),
        ("[gateway]\nbody_limt_bytes = 1", "gateway.body_limt_bytes"),
        ('[models.m]\nupstream = "nowhere"', "nowhere"),
        ("[control]\npoll_seconds = 5", "control.poll_seconds"),
        ("not toml at all", "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_the_setting_s_name(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        _load(tmp_path, text)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="stillwatch init"):
        load_settings(tmp_path / "none.toml")
