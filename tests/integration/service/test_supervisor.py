# SPDX-License-Identifier: Apache-2.0
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.processes import ask, until
from stillwatch.settings import Settings

PROGRAM = str(Path(sys.executable).with_name("stillwatch"))


def _children(pid: int) -> dict[str, int]:
    """The supervisor's children: last part of the module's name to process id."""
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=False)
    rows = re.findall(r"^\s*(\d+) .*-m stillwatch\.service\.(\w+)", listed.stdout, re.MULTILINE)
    return {name: int(child) for child, name in rows}


@pytest.fixture
def served(settings: Settings, config: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, "serve", "--config", str(config)], stderr=log)
    until(lambda: ask(settings.gateway.listen, "/readyz")[0] == 200, seconds=60)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait(5)


def test_it_starts_a_killed_process_again_and_stops_all_of_them_in_order(
    served: subprocess.Popen[bytes], settings: Settings, tmp_path: Path
) -> None:
    before = _children(served.pid)
    assert set(before) == {"control", "front"}
    for name in ("control", "front"):
        os.kill(before[name], signal.SIGKILL)
    until(lambda: set(_children(served.pid).values()).isdisjoint(before.values()) and len(_children(served.pid)) == 2)
    until(lambda: ask(settings.gateway.listen, "/readyz")[0] == 200)

    served.terminate()
    assert served.wait(30) == 0
    assert ask(settings.gateway.listen, "/healthz")[0] == 0
    lines = (tmp_path / "serve.log").read_text()
    assert "control ended with code -9" in lines
    assert "Traceback" not in lines


def test_children_do_not_outlive_a_killed_supervisor(served: subprocess.Popen[bytes], settings: Settings) -> None:
    served.kill()
    served.wait(5)
    until(lambda: ask(settings.gateway.listen, "/healthz")[0] == 0)
    until(lambda: ask(settings.control.listen, "/healthz")[0] == 0)


def test_settings_without_a_model_are_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "stillwatch.toml"
    path.write_text("")
    done = _serve(path)
    assert done.returncode == 2
    assert "names no model" in done.stderr


def _serve(config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "serve", "--config", str(config)], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_port_that_is_taken_is_told_before_anything_starts(settings: Settings, config: Path) -> None:
    host, _, port = settings.control.listen.rpartition(":")
    with socket.create_server((host, int(port)), reuse_port=True):
        done = _serve(config)
    assert (done.returncode, settings.control.listen in done.stderr) == (3, True)


def test_a_data_folder_is_served_from_once(served: subprocess.Popen[bytes], config: Path) -> None:
    done = _serve(config)
    assert (done.returncode, "already serves" in done.stderr) == (3, True)
    served.terminate()
    assert served.wait(30) == 0
