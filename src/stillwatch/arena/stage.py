# SPDX-License-Identifier: Apache-2.0
"""The processes of a rehearsal: the teacher, and the whole product in front of it, in a folder of their own."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from stillwatch.arena.client import ASN_HEADER, COUNTRY_HEADER, JA4_HEADER
from stillwatch.arena.schedule import START_US, Caller
from stillwatch.arena.teacher.server import MODEL
from stillwatch.errors import BadInput, Unavailable
from stillwatch.service.clock import FileClock
from stillwatch.service.lifetime import die_with_parent
from stillwatch.service.offices import open_directory
from stillwatch.settings import Settings, load_settings

_SETTINGS = """\
# Written by `stillwatch demo`: the product as it stood in front of the arena's teacher.
data_dir = "data"

[gateway]
listen = "127.0.0.1:{gateway_port}"
workers = 1
drain_seconds = 5.0

[gateway.trusted_proxies]
# The arena plays the edge: it says where each caller connects from.
networks = ["127.0.0.1/32"]
asn_header = "{asn}"
country_header = "{country}"
ja4_header = "{ja4}"

[control]
listen = "127.0.0.1:{control_port}"

[clock]
# Two weeks pass in two minutes: the arena writes the time.
file = "clock"

[upstreams.teacher]
base_url = "http://127.0.0.1:{teacher_port}/v1"

[models."{model}"]
upstream = "teacher"
"""
_START_SECONDS = 60.0
_STOP_SECONDS = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherFacts:
    """What the teacher says of itself when it has learned."""

    port: int
    train_seconds: float
    perplexity: float
    unigram_perplexity: float
    vocabulary: int
    parameters: int


class Stage:
    """Everything that runs, and how to stop it. Use it in a ``with`` statement: leaving it ends every process.

    Args:
        folder: Where settings, data and logs go; made where it does not exist.
        seed: Seeds the teacher.
    """

    def __init__(self, folder: Path, *, seed: int) -> None:
        if (folder / "stillwatch.toml").exists():
            raise BadInput(f"{folder} holds a rehearsal already.", hint="Name an empty folder with --dir.")
        self.folder = folder
        self.config = folder / "stillwatch.toml"
        self._seed = seed
        self._logs: list[IO[bytes]] = []
        self._teacher: subprocess.Popen[bytes] | None = None
        self._product: subprocess.Popen[bytes] | None = None
        self._teacher_port = 0
        self.clock: FileClock
        self.settings: Settings

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock = FileClock(self.folder / "clock", writable=True)
        self.clock.set(START_US)
        return self

    def __exit__(self, *_: object) -> None:
        _stop(self._product, _STOP_SECONDS)
        _stop(self._teacher, 10.0)
        self.clock.close()
        for log in self._logs:
            log.close()

    @property
    def gateway_url(self) -> str:
        """Where callers connect to."""
        return f"http://{self.settings.gateway.listen}/v1"

    @property
    def control_url(self) -> str:
        """Where operators connect to."""
        return f"http://{self.settings.control.listen}"

    @property
    def processes(self) -> tuple[int, ...]:
        """The process ids of the teacher and of the product's parent process."""
        return tuple(process.pid for process in (self._teacher, self._product) if process is not None)

    def start_teacher(self) -> None:
        """Start the teacher, on the port the settings name, without waiting until it has learned."""
        # One core is enough to train on, and the other is busy meanwhile.
        single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self._teacher = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            [
                sys.executable,
                "-m",
                "stillwatch.arena.teacher.server",
                "--seed",
                str(self._seed),
                "--port",
                str(self._teacher_port),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log("teacher.log"),
            env={**os.environ, **single},
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread when it starts others
        )

    def await_teacher(self) -> TeacherFacts:
        """Wait until the teacher has learned and listens.

        Raises:
            Unavailable: It gave up, or takes longer than a minute.
        """
        assert self._teacher is not None  # noqa: S101 - asked for before it was started, which is a mistake here
        assert self._teacher.stdout is not None  # noqa: S101 - it was started with a pipe
        ready, _, _ = select.select([self._teacher.stdout], [], [], _START_SECONDS)
        line = self._teacher.stdout.readline() if ready else b""
        if not line:
            raise Unavailable("The teacher did not start.", hint=f"See {self.folder / 'teacher.log'}.")
        return TeacherFacts(**json.loads(line))

    def write_settings(self) -> None:
        """Write the product's settings file, with ports that are free now."""
        gateway_port, control_port, self._teacher_port = _free_ports(3)
        self.config.write_text(
            _SETTINGS.format(
                gateway_port=gateway_port,
                control_port=control_port,
                teacher_port=self._teacher_port,
                model=MODEL,
                asn=ASN_HEADER,
                country=COUNTRY_HEADER,
                ja4=JA4_HEADER,
            ),
            encoding="utf-8",
        )
        self.settings = load_settings(self.config)

    def enrol(self, callers: Iterable[Caller]) -> dict[str, str]:
        """Give every caller an organisation, an account and a key, and return the keys by account."""
        directory = open_directory(self.settings)
        api_keys: dict[str, str] = {}
        organisations: set[str] = set()
        for caller in callers:
            if caller.org_id not in organisations:
                organisations.add(caller.org_id)
                directory.create_organisation(name=caller.org_id, org_id=caller.org_id, now_us=caller.signup_us)
            directory.create_account(
                org_id=caller.org_id,
                name=caller.account_id,
                account_id=caller.account_id,
                payment_fp=caller.payment_fp,
                route=caller.route,
                now_us=caller.signup_us,
            )
            api_keys[caller.account_id] = directory.issue_key(caller.account_id, now_us=caller.signup_us).text
        return api_keys

    def start_product(self) -> None:
        """Start gateway and control process, and wait until they are ready.

        Raises:
            Unavailable: They gave up, or take longer than a minute; the message quotes their last line.
        """
        log = self._log("stillwatch.log")
        self._product = subprocess.Popen(  # noqa: S603 - our own interpreter and our own program
            [sys.executable, "-c", "from stillwatch.cli import main; main()", "serve", "--config", str(self.config)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - see start_teacher
        )
        deadline = time.monotonic() + _START_SECONDS
        waiting = [f"{self.control_url}/readyz", f"{self.gateway_url.removesuffix('/v1')}/readyz"]
        while waiting:
            if _answers(waiting[0]):
                waiting.pop(0)
                continue
            if self._product.poll() is not None or time.monotonic() > deadline:
                lines = (self.folder / "stillwatch.log").read_text(errors="replace").strip().splitlines()
                raise Unavailable(
                    f"The gateway did not start: {lines[-1] if lines else 'it said nothing'}",
                    hint=f"See {self.folder / 'stillwatch.log'}.",
                )
            time.sleep(0.05)

    def _log(self, name: str) -> IO[bytes]:
        log = (self.folder / name).open("ab")
        self._logs.append(log)
        return log


def _stop(process: subprocess.Popen[bytes] | None, seconds: float) -> None:
    """End a process and everything it started: politely, then not."""
    if process is None:
        return
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            # Its children are told by the kernel when it dies.
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
