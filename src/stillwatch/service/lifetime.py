# SPDX-License-Identifier: Apache-2.0
"""Processes that do not outlive their parent, and of which there is one only."""

import ctypes
import fcntl
import os
import signal
import socket
import sys
from pathlib import Path

from stillwatch.errors import Unavailable

_PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int = signal.SIGTERM) -> None:
    """Ask the kernel to signal this process when the one that started it ends, however it ends.

    Without it a killed supervisor would leave workers that still answer on the port, under nobody's control. Linux
    only; elsewhere it does nothing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def hold_alone(path: Path) -> int:
    """Lock a file until this process ends, however it ends.

    Returns:
        The descriptor that holds the lock. Keep it open.

    Raises:
        Unavailable: Another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Unavailable(
            f"Another Stillwatch already serves from {path.parent}.", hint="Stop it, or give this one its own data_dir."
        ) from None
    return descriptor


def expect_free(address: str) -> None:
    """See that nobody listens on ``host:port``.

    Several workers share one port by SO_REUSEPORT, which would let a stranger's process share it too, unnoticed.

    Raises:
        Unavailable: Somebody does, or the address is not this machine's.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port whose last connections are still being wound up counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise Unavailable(
                f"{address} cannot be listened on: {error.strerror}.", hint="Choose another port."
            ) from None
