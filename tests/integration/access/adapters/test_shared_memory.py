# SPDX-License-Identifier: Apache-2.0
import os
import signal
from collections.abc import Callable

from stillwatch.access.adapters.shared_memory import share_replay_table
from stillwatch.access.binding.replay import Claim, ReplayTable

NOW = 1_800_000_000_000_000
LATER = NOW + 60_000_000
NAMES = 500


def forked(work: Callable[[], bytes]) -> tuple[int, int]:
    """A child that writes what ``work`` gives into a pipe; its id, and the end to read from."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.write(writer, work())
        os._exit(0)
    os.close(writer)
    return pid, reader


def claim_all(table: ReplayTable) -> bytes:
    """One byte a name: 1 where this process was the first."""
    claims = [table.claim(f"n{number}".encode(), until_us=LATER, now_us=NOW) for number in range(NAMES)]
    return bytes(claim is Claim.NEW for claim in claims)


def test_of_processes_that_use_the_same_names_at_once_each_name_is_good_for_one() -> None:
    table = share_replay_table(64)
    children = [forked(lambda: claim_all(table)) for _ in range(3)]
    won = []
    for pid, reader in children:
        with os.fdopen(reader, "rb") as pipe:
            won.append(pipe.read())
        assert os.waitpid(pid, 0)[1] == 0
    assert [sum(column) for column in zip(*won, strict=True)] == [1] * NAMES
    assert table.claim(b"n0", until_us=LATER, now_us=NOW) is Claim.SEEN


def test_a_process_that_is_killed_stops_nobody_and_what_it_used_stays_used() -> None:
    table = share_replay_table(1)

    def hold_the_lock() -> bytes:
        table.claim(b"a", until_us=LATER, now_us=NOW)
        with table._lock(0):
            os.kill(os.getpid(), signal.SIGKILL)
        return b""

    pid, reader = forked(hold_the_lock)
    os.close(reader)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
    assert table.claim(b"a", until_us=LATER, now_us=NOW) is Claim.SEEN
    assert table.claim(b"b", until_us=LATER, now_us=NOW) is Claim.NEW


def test_each_table_has_a_secret_of_its_own() -> None:
    assert share_replay_table(1).epoch(NOW) != share_replay_table(1).epoch(NOW)
