# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from stillwatch.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "demo", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_prompts_that_are_not_there_end_with_code_2_and_one_sentence(tmp_path: Path) -> None:
    ended = demo("--prompts", str(tmp_path / "nowhere"), "--dir", str(tmp_path / "demo"))
    assert ended.returncode == 2
    assert "no folder of prompts" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_folder_of_an_earlier_rehearsal_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "stillwatch.toml").write_text("")
    ended = demo("--dir", str(tmp_path))
    assert ended.returncode == 2
    assert "--dir" in ended.stderr


def test_numbers_out_of_range_are_refused() -> None:
    assert demo("--days", "0").returncode == 2
    assert demo("--accounts", "3").returncode == 2
