# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from fakes.terminal import Terminal


def test_a_mistake_in_the_settings_is_told_before_anything_starts(terminal: Terminal, tmp_path: Path) -> None:
    terminal.config.write_text("[gateway]\nworkers = 0\n")
    done = terminal.run("serve")
    assert (done.code, "gateway.workers" in done.err) == (2, True)
    assert not (tmp_path / "stillwatch-data").exists()
