# SPDX-License-Identifier: Apache-2.0
"""A baseline in its stored form, ``stillwatch.baseline/1``."""

import msgspec

from stillwatch.detection.calibration.baseline import SCHEMA, Baseline
from stillwatch.errors import BadInput


def baseline_bytes(baseline: Baseline) -> bytes:
    """Write a baseline as JSON that people can read too."""
    return msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n"


def read_baseline(data: bytes, *, name: str, settings: str) -> Baseline:
    """Read a baseline that is to be compared with.

    Args:
        data: The file's bytes.
        name: What to call it when it is refused.
        settings: Digest of the settings now in force.

    Raises:
        BadInput: It is no baseline of a version that can be read, or was made with other settings.
    """
    try:
        baseline = msgspec.json.decode(data, type=Baseline)
    except msgspec.DecodeError as error:
        raise BadInput(
            f"{name} is no baseline: {error}.", hint="`stillwatch calibrate LOGS... --out` makes one."
        ) from None
    if baseline.schema != SCHEMA:
        raise BadInput(f"{name} is of version {baseline.schema!r}; this program reads {SCHEMA!r}.")
    if baseline.settings != settings:
        raise BadInput(
            f"{name} was made with other settings of detection, or another cadence.",
            hint="Use those settings, or make a new baseline.",
        )
    return baseline
