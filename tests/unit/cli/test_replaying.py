# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from stillwatch.cli.options import DEFAULT_CONFIG
from stillwatch.cli.replaying import check_memory_limit, detection_settings
from stillwatch.errors import BadInput


@pytest.mark.parametrize(("cadence", "seconds"), [("60s", 60), ("30m", 1_800), ("3h", 10_800), ("1d", 86_400)])
def test_the_command_lines_cadence_counts(
    cadence: str, seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert detection_settings(DEFAULT_CONFIG, cadence).cadence_seconds == seconds


@pytest.mark.parametrize("cadence", ["", "1", "59s", "2d", "-1h", "1.5h"])
def test_a_cadence_out_of_range_is_refused(cadence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="cannot be used"):
        detection_settings(DEFAULT_CONFIG, cadence)


def test_a_memory_limit_is_written_like_one() -> None:
    for good in ("512MB", "2GB", "1.5 GiB"):
        check_memory_limit(good)
    for bad in ("2", "two GB", "2GB; drop", ""):
        with pytest.raises(BadInput, match="cannot be read"):
            check_memory_limit(bad)
