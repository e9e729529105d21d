# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.cli.progress import shown_progress, shown_stages
from stillwatch.service.hunting import Stage


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress("screening") as progress:
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr() == ("", "")


def test_stages_are_shown_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_stages(Stage) as progress:
        progress(Stage.READING, 1, 2)
    assert capsys.readouterr().out == ""
