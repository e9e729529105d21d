# SPDX-License-Identifier: Apache-2.0
"""Opens what the ledger offers: the recorder of a worker, the tail and the log of the control process."""

import os

from stillwatch.gateway.interface import NowUs
from stillwatch.ledger.adapters.spool import SpoolRecorder
from stillwatch.settings import Settings


def open_recorder(settings: Settings, *, now_us: NowUs) -> SpoolRecorder:
    """The recorder of this process. Call it in the process that will record, after any fork.

    Raises:
        Unavailable: The spool cannot be written.
    """
    return SpoolRecorder(settings.ledger, worker_id=f"w{os.getpid()}", now_us=now_us)
