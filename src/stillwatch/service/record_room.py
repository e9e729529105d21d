# SPDX-License-Identifier: Apache-2.0
"""Opens the spool: the recorder of a worker, and the tail that the control process follows all of them with."""

import os

from stillwatch.gateway.interface import NowUs
from stillwatch.ledger.adapters.spool import SpoolRecorder
from stillwatch.ledger.adapters.tail import SpoolTail
from stillwatch.settings import Settings


def open_recorder(settings: Settings, *, now_us: NowUs) -> SpoolRecorder:
    """The recorder of this process. Call it in the process that will record, after any fork.

    Raises:
        Unavailable: The spool cannot be written.
    """
    return SpoolRecorder(settings.ledger, worker_id=f"w{os.getpid()}", now_us=now_us)


def open_tail(settings: Settings) -> SpoolTail:
    """What the workers record, as they record it."""
    return SpoolTail(settings.ledger.directory)
