# SPDX-License-Identifier: Apache-2.0
"""A terminal over a fresh data folder."""

from pathlib import Path

import pytest

from fakes.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)
