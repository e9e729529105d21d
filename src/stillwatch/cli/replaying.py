# SPDX-License-Identifier: Apache-2.0
"""What the commands that replay access logs have in common: their settings."""

import re
from pathlib import Path

from stillwatch.cli.options import load_or_default
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def detection_settings(config: Path, cadence: str | None) -> DetectionSettings:
    """The settings file's where there is one, with the cadence of the command line.

    Raises:
        BadInput: The cadence cannot be read or is out of range.
    """
    settings = load_or_default(config).detection
    if cadence is None:
        return settings
    read = re.fullmatch(r"(\d+)([smhd])", cadence)
    seconds = int(read[1]) * UNITS[read[2]] if read else 0
    if not 60 <= seconds <= 86_400:
        raise BadInput(
            f"The cadence {cadence!r} cannot be used.", hint="Write a time from 60s to 1d, such as 30m or 1h."
        )
    return settings.model_copy(update={"cadence_seconds": seconds})


def check_memory_limit(text: str) -> None:
    """Check how a limit of memory is written.

    Raises:
        BadInput: It cannot be read.
    """
    if not re.fullmatch(r"\d+(\.\d+)?\s?[KMGT]i?B", text):
        raise BadInput(f"The memory limit {text!r} cannot be read.", hint="Write it like 512MB or 2GB.")
