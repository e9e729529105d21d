# SPDX-License-Identifier: Apache-2.0
import logging
import re

import pytest

from stillwatch.service.logs import set_up_logging


def test_a_line_says_when_how_grave_who_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up_logging()
        logging.getLogger("stillwatch.front").warning("port %d", 8080)
        logging.getLogger("alembic.runtime").info("not for operators")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING stillwatch\.front\[\d+\]: port 8080", lines[0])
