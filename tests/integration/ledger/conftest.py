# SPDX-License-Identifier: Apache-2.0
"""A ledger folder, and what tests ask of it."""

from pathlib import Path

import pytest

from stillwatch.ledger.settings import LedgerSettings


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerSettings:
    """Settings of an empty ledger on a disk that never counts as low."""
    return LedgerSettings(directory=tmp_path / "record", reserve_bytes=0, retry_seconds=0.05)
