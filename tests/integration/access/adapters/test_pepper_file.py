# SPDX-License-Identifier: Apache-2.0
import multiprocessing
import stat
from multiprocessing.queues import Queue
from pathlib import Path

import pytest

from stillwatch.access.adapters.pepper_file import open_peppers
from stillwatch.access.api_key import pepper_id
from stillwatch.access.settings import AccessSettings
from stillwatch.errors import SettingsError, StillwatchError, Unavailable

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32
SPAWN = multiprocessing.get_context("spawn")


def settings(path: Path) -> AccessSettings:
    return AccessSettings(pepper_file=path, pepper_env="STILLWATCH_TEST_PEPPER")


def report(path: Path, results: "Queue[str]") -> None:
    results.put(open_peppers(settings(path)).current_id)


def test_a_missing_file_is_made_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "pepper"
    first = open_peppers(settings(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [len(pepper) for pepper in first.by_id.values()] == [32]
    assert open_peppers(settings(path)) == first
    assert [entry.name for entry in path.parent.iterdir()] == ["pepper"]


def test_two_installations_have_different_peppers(tmp_path: Path) -> None:
    assert open_peppers(settings(tmp_path / "a")).by_id != open_peppers(settings(tmp_path / "b")).by_id


def test_processes_that_start_at_once_agree_on_one_pepper(tmp_path: Path) -> None:
    results: Queue[str] = SPAWN.Queue()
    processes = [SPAWN.Process(target=report, args=(tmp_path / "pepper", results)) for _ in range(3)]
    for process in processes:
        process.start()
    assert len({results.get(timeout=60) for _ in processes}) == 1
    for process in processes:
        process.join()


def test_the_first_line_is_current_and_older_ones_still_serve(tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    path.touch(0o600)
    path.write_text(f"{TWO.hex()}\n{ONE.hex()}\n")
    peppers = open_peppers(settings(path))
    assert peppers.current_id == pepper_id(TWO)
    assert set(peppers.by_id.values()) == {ONE, TWO}


def test_the_environment_takes_the_files_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLWATCH_TEST_PEPPER", f"{ONE.hex()},{TWO.hex()}")
    assert open_peppers(settings(tmp_path / "pepper")).current_id == pepper_id(ONE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pepper"
    path.write_text(ONE.hex())
    path.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        open_peppers(settings(path))


@pytest.mark.parametrize("content", [b"", b"\n", b"hello", b"ab" * 31, b"\xff\xfe", ONE.hex().encode() + b"\nshort"])
def test_a_file_without_good_peppers_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pepper"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        open_peppers(settings(path))
    assert "hello" not in str(caught.value)
    assert ONE.hex() not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable):
        open_peppers(settings(tmp_path / "file" / "pepper"))


def test_a_bad_environment_is_refused_without_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLWATCH_TEST_PEPPER", "my-secret-passphrase")
    with pytest.raises(StillwatchError) as caught:
        open_peppers(settings(tmp_path / "pepper"))
    assert "my-secret" not in str(caught.value)
