# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import time
from pathlib import Path

from stillwatch.service.clock import FileClock, open_clock, wall_now_us
from stillwatch.settings import ClockSettings


def test_the_machines_clock_is_in_microseconds() -> None:
    assert abs(wall_now_us() / 1e6 - time.time()) < 5


def test_a_reader_sees_what_the_rehearsal_writes(tmp_path: Path) -> None:
    with FileClock(tmp_path / "clock", writable=True) as writer:
        now_us = open_clock(ClockSettings(file=tmp_path / "clock"))
        writer.set(1_780_272_000_000_000)
        assert now_us() == 1_780_272_000_000_000


def test_the_datas_clock_never_goes_back(tmp_path: Path) -> None:
    with FileClock(tmp_path / "clock", writable=True) as clock:
        clock.set(2_000)
        clock.set(1_000)
        assert clock.now_us() == 2_000


def test_another_process_sees_the_same_instant(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    with FileClock(path, writable=True) as writer:
        writer.set(77)
        program = (
            "import sys; from pathlib import Path; from stillwatch.service.clock import FileClock;"
            "print(FileClock(Path(sys.argv[1])).now_us())"
        )
        seen = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "77"
