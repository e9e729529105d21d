# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stillwatch.cli.main import COMMANDS

PROGRAM = [str(Path(sys.executable).with_name("stillwatch"))]


def _run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    environment.pop("STILLWATCH_CONFIG", None)
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


def test_help_lists_every_command() -> None:
    done = _run("--help")
    assert done.returncode == 0
    assert [name for name in COMMANDS if name not in done.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_own_help(name: str) -> None:
    done = _run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: stillwatch" in done.stdout


def test_a_missing_settings_file_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = _run("org", "list", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("stillwatch: There is no settings file")
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_exit_code_2() -> None:
    assert _run("frobnicate").returncode == 2


def test_listing_the_commands_imports_none_of_their_libraries() -> None:
    program = (
        "import sys; from stillwatch.cli.main import app;"
        "app(['--help'], standalone_mode=False); print('duckdb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")
