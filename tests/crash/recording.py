# SPDX-License-Identifier: Apache-2.0
"""Processes that record, roll and are killed."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from random import Random

import msgspec

from fakes.exchanges import START_US, an_exchange
from stillwatch.ledger.adapters.parquet_log import ParquetLog
from stillwatch.ledger.adapters.spool import SpoolRecorder
from stillwatch.ledger.settings import LedgerSettings

CONCURRENT = 16


class Victim:
    """A forked process that writes a line down a pipe for each thing it was promised, until it is killed."""

    def __init__(self, program: Callable[[int], None]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            code = 1
            try:
                program(writing)
                code = 0
            finally:
                os._exit(code)
        os.close(writing)
        self._reading = reading

    def kill(self) -> list[str]:
        """End it with SIGKILL; give the lines it had written."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> list[str]:
        """Wait for its end; give the lines it had written."""
        data = bytearray()
        while piece := os.read(self._reading, 65_536):
            data += piece
        os.close(self._reading)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        assert status in {0, -signal.SIGKILL}, f"it ended with {status}"
        # Each line is one write, shorter than a pipe's atomic size: there is never half a line.
        return data.decode().splitlines()


def record_until_killed(ledger: LedgerSettings, worker_id: str, seed: int) -> Callable[[int], None]:
    """A gateway's worker as far as the record goes: exchanges begin, take a while, end, and are then acknowledged."""

    async def client(recorder: SpoolRecorder, name: str, dice: Random, out: int) -> None:
        number = 0
        while True:
            number += 1
            # Over three hours, so that most segments become several files.
            exchange = msgspec.structs.replace(
                an_exchange(ts_us=START_US + dice.randrange(10**10), prompt="x" * dice.choice((10, 500, 3000))),
                exchange_id=f"{name}-{number}",
            )
            recorder.begin(
                exchange_id=exchange.exchange_id,
                ts_us=exchange.ts_us,
                org_id=exchange.org_id,
                account_id=exchange.account_id,
                model=exchange.model,
            )
            await asyncio.sleep(dice.choice((0, 0.005, 0.02)))
            await recorder.finish(exchange)
            os.write(out, f"{exchange.exchange_id}\n".encode())

    async def work(out: int) -> None:
        recorder = SpoolRecorder(ledger, worker_id=worker_id, now_us=lambda: time.time_ns() // 1000)
        dice = Random(seed)  # noqa: S311 - chance, not a secret
        await asyncio.gather(*(client(recorder, f"{worker_id}.{seed}.{each}", dice, out) for each in range(CONCURRENT)))

    return lambda out: asyncio.run(work(out))


def roll_until_killed(ledger: LedgerSettings) -> Callable[[int], None]:
    """The rolling half of a control process, in a hurry."""

    def work(_out: int) -> None:
        log = ParquetLog(ledger)
        while True:
            log.roll(START_US)

    return work
