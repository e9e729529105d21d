# SPDX-License-Identifier: Apache-2.0
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.processes import until
from stillwatch.errors import Unavailable
from stillwatch.service.lifetime import expect_free, hold_alone

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "from stillwatch.service.lifetime import die_with_parent; die_with_parent(); print('up', flush=True);"
    "import time; time.sleep(60)"], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def _is_there(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _is_there(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(5)
    parent.stdout.close()
    until(lambda: not _is_there(child), seconds=5)


def test_a_lock_is_held_by_one_and_free_again_when_it_is_let_go(tmp_path: Path) -> None:
    held = hold_alone(tmp_path / "lock")
    with pytest.raises(Unavailable, match="already serves"):
        hold_alone(tmp_path / "lock")
    os.close(held)
    os.close(hold_alone(tmp_path / "lock"))


def test_a_port_shared_by_so_reuseport_counts_as_taken() -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(Unavailable, match=address):
            expect_free(address)
    expect_free(address)
