# SPDX-License-Identifier: Apache-2.0
"""A teacher that runs in a process of its own, as it does in a rehearsal."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def teacher_port() -> Iterator[int]:
    """Port on which the teacher listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stillwatch.arena.teacher.server", "--seed", "1", "--lessons", "2000"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    with process:
        try:
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.stdin.close()
            assert process.wait(10) == 0
