# SPDX-License-Identifier: Apache-2.0
"""What a process and all its descendants have used, read from /proc."""

import os
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third on; a name with spaces cannot shift them."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """Give a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are all that is wanted
        if entry.isdigit():
            fields = _stat(int(entry))
            if fields is not None:
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(children.get(pid, ()))
    return found


def cpu_seconds(root: int) -> float:
    """Give user and system time of a tree, of its living processes and of the ended ones their parents waited for."""
    ticks = 0
    for pid in tree(root):
        fields = _stat(pid)
        if fields is not None:
            ticks += sum(int(value) for value in fields[11:15])
    return ticks / _TICKS_PER_SECOND


def used_by_each(root: int) -> dict[int, int]:
    """Give the CPU time of each process of a tree, in clock ticks."""
    each = {pid: _stat(pid) for pid in tree(root)}
    return {pid: int(fields[11]) + int(fields[12]) for pid, fields in each.items() if fields is not None}


def busiest(root: int, *, since: dict[int, int]) -> int:
    """Give the process of a tree that has used the most CPU since a reading of ``used_by_each``: the worker."""
    used = used_by_each(root)
    return max(used, key=lambda pid: used[pid] - since.get(pid, 0))


def resident_bytes(pid: int) -> int:
    """Give a process's resident memory."""
    fields = _stat(pid)
    return int(fields[21]) * _PAGE_BYTES if fields is not None else 0


def proportional_bytes(root: int) -> int:
    """Give the memory of a tree; what several of its processes share is counted once."""
    kilobytes = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes * 1_024


def machine_busy_seconds() -> float:
    """Give the CPU time the whole machine has spent on anything but waiting, the hypervisor's share included."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICKS_PER_SECOND
