# SPDX-License-Identifier: Apache-2.0
"""A settings file with ports of its own, and the processes of the product started one at a time."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.model_server import OPENAI_KEY
from fakes.processes import free_ports
from stillwatch.settings import Settings, load_settings

TEXT = """
data_dir = "data"
[gateway]
listen = "127.0.0.1:{gateway}"
drain_seconds = 5
[control]
listen = "127.0.0.1:{control}"
stale_after_seconds = 2
[upstreams.main]
base_url = "http://127.0.0.1:{upstream}/v1"
credential_file = "{folder}/upstream-key"
[models.m]
upstream = "main"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    gateway, control, upstream = free_ports(3)
    path = tmp_path / "stillwatch.toml"
    (tmp_path / "upstream-key").write_text(OPENAI_KEY)
    path.write_text(TEXT.format(gateway=gateway, control=control, upstream=upstream, folder=tmp_path))
    return path


@pytest.fixture
def settings(config: Path) -> Settings:
    settings = load_settings(config)
    settings.run_dir.mkdir(parents=True)
    return settings


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(config: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts ``python -m MODULE stillwatch.toml``; whatever still runs at the end is stopped, its lines in ``log``."""
    running: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "log").open("wb") as log:

        def run(module: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(config)], stderr=log, stdout=log, start_new_session=True
            )
            running.append(process)
            return process

        yield run
        for process in running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(20)
