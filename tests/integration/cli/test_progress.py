# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.cli.progress import shown_progress


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress("screening") as progress:
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr() == ("", "")
