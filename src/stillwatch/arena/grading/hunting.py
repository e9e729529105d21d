# SPDX-License-Identifier: Apache-2.0
"""Runs a hunt in a process of its own, so that its cost is its own and nothing of the truth is in its memory."""

import multiprocessing
import resource
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from stillwatch.arena.grading.verdicts import Verdicts, verdicts_from
from stillwatch.detection.findings_json import findings_document
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput, StillwatchError
from stillwatch.service.hunting import hunt

_PROCESSES = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What hunting took."""

    cpu_seconds: float
    """Of all of its threads and processes, without starting the first."""
    wall_seconds: float
    peak_mib: float
    """The most memory that the largest of its processes held, the interpreter and its libraries included."""
    exchanges: int
    """How many it read."""


def hunted(log: Path, *, settings: DetectionSettings) -> tuple[Verdicts, Cost]:
    """Hunt in one log.

    Raises:
        BadInput: The hunt refuses the log, or breaks off.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, str(log), settings))
    process.start()
    theirs.close()
    try:
        outcome = ours.recv()
    except EOFError:
        outcome = "its process ended without a word"
    finally:
        process.join()
        ours.close()
    if isinstance(outcome, str):
        raise BadInput(f"Hunting in {log} failed: {outcome}", hint="`stillwatch hunt` on the same file says more.")
    document, cost = outcome
    return verdicts_from(document), cost


def _work(answer: Connection, log: str, settings: DetectionSettings) -> None:
    """In the other process: hunt, and answer with the findings and the cost, or with what went wrong."""
    try:
        cpu, wall = _cpu_seconds(), time.monotonic()
        done = hunt([Path(log)], settings=settings)
        document = msgspec.json.encode(findings_document(done.findings))
        cost = Cost(
            cpu_seconds=_cpu_seconds() - cpu,
            wall_seconds=time.monotonic() - wall,
            peak_mib=max(resource.getrusage(who).ru_maxrss for who in _PROCESSES) / 1_024,
            exchanges=done.exchanges,
        )
        answer.send((document, cost))
    except StillwatchError as error:
        answer.send(str(error))
    except Exception:  # noqa: BLE001 - whatever breaks in there is reported here, in one sentence
        answer.send(traceback.format_exc(limit=-1).strip().replace("\n", " "))


def _cpu_seconds() -> float:
    """Of this process and of those it started that have ended."""
    used = [resource.getrusage(who) for who in _PROCESSES]
    return sum(one.ru_utime + one.ru_stime for one in used)
