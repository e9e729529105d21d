# SPDX-License-Identifier: Apache-2.0
"""Runs commands in this process as the program would: the same arguments, output, exit code."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stillwatch.cli.main import main


@dataclass(frozen=True)
class Shown:
    """What a command gave back."""

    code: int
    out: str
    err: str


class Terminal:
    """A settings file in a folder of its own, and commands that go by it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = folder / "stillwatch.toml"
        self.config.write_text('data_dir = "data"\n')
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("STILLWATCH_CONFIG", str(self.config))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.delenv("STILLWATCH_OPERATOR", raising=False)

    def run(self, *arguments: str) -> Shown:
        """Run a command to its end."""
        self._monkeypatch.setattr(sys, "argv", ["stillwatch", *arguments])
        self._capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        output = self._capsys.readouterr()
        assert isinstance(code, int)
        assert "Traceback" not in output.out + output.err
        return Shown(code, output.out, output.err)

    def good(self, *arguments: str) -> str:
        """Run a command that must work, and give what it printed."""
        shown = self.run(*arguments)
        assert shown.code == 0, shown.err
        return shown.out

    def json(self, *arguments: str) -> Any:
        """Run a command that must work with ``--json``, and give what it said."""
        return msgspec.json.decode(self.good(*arguments, "--json"))

    def refused(self, *arguments: str) -> str:
        """Run a command that must be refused with code 2 and one line, and give that line."""
        shown = self.run(*arguments)
        assert shown.code == 2, shown.out
        assert shown.out == ""
        assert shown.err.startswith("stillwatch: ")
        assert shown.err.count("\n") == 1
        return shown.err
