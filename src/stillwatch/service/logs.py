# SPDX-License-Identifier: Apache-2.0
"""The operator's log: one line an event, on standard error, never a secret and never a prompt."""

import logging
import sys
import time


class _Formatter(logging.Formatter):
    """``2026-06-01T00:00:00.000Z INFO stillwatch.front: message``, in UTC."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        del datefmt
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def set_up_logging(level: int = logging.INFO) -> None:
    """Send every logger's lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s[%(process)d]: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It tells each opening of the database, and nothing an operator can use.
    logging.getLogger("alembic").setLevel(logging.WARNING)
