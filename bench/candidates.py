# SPDX-License-Identifier: Apache-2.0
"""The proxies that are measured, and how each is set up, started and stopped."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from bench.load import Target, request_bytes
from bench.workplace import HERE, PROXY_CORE, WORK, MissingError, environment, free_port, nginx, pinned
from stillwatch.access.api_key import ALPHABET, CRC_LENGTH, base62

CALLERS = 8
"""API keys among which our gateway's load is shared."""
START_SECONDS = 120.0
SMALL_SEGMENTS = "[ledger]\nsegment_bytes = 16777216\n\n[control]\nroll_seconds = 1\n"
"""A quarter of the default, rolled ten times as often: so that most of the work of turning requests' rows into Parquet
falls into the load that the requests are part of, and is counted with it, however fast the machine."""


class Candidate(Protocol):
    """A proxy that can be measured."""

    name: str
    title: str

    def prepare(self) -> None:
        """Fetch and make what it needs.

        Raises:
            MissingError: It cannot be had.
        """
        ...

    def start(self, upstream_port: int) -> "Running":
        """Start it in front of an upstream, and return when it answers.

        Raises:
            MissingError: It does not come up.
        """
        ...


class Running:
    """A proxy that runs."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        target: Target,
        *,
        flood: Target | None = None,
        log: Path,
        rest_seconds: float = 0.3,
    ) -> None:
        self.process = process
        self.target = target
        self.flood = flood
        """Where requests with an invalid key go, and what they carry; None where it has no keys."""
        self.log = log
        self.rest_seconds = rest_seconds
        """How long after its last answer it may still work on what it answered."""

    def wait_until_it_answers(self) -> None:
        """Return once a whole answer comes through."""
        deadline = time.monotonic() + START_SECONDS
        payload = request_bytes(self.target, (), is_stream=False).partition(b"\r\n\r\n")[2]
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.target.port}{self.target.path}",
                data=payload,
                headers={"Content-Type": "application/json", **dict(self.target.headers[0])},
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the address is our own
                    if answer.status == 200 and len(answer.read()) > 1_000:
                        return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        self.stop()
        raise MissingError(f"It does not come up; see {self.log}.")

    def stop(self) -> None:
        """Stop it, children and all."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running(candidate: Candidate, upstream_port: int) -> Iterator[Running]:
    """Start a candidate for the length of a ``with`` block."""
    started = candidate.start(upstream_port)
    try:
        yield started
    finally:
        started.stop()


def _start(command: list[str], *, log: Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    with log.open("wb") as sink:
        return subprocess.Popen(
            pinned(PROXY_CORE, command),
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )


class Nginx:
    """The practical limit: a reverse proxy in C that looks at nothing."""

    name = "nginx"
    title = "nginx, reverse proxy"

    def prepare(self) -> None:
        self._program = nginx()

    def start(self, upstream_port: int) -> Running:
        folder = WORK / "nginx-run"
        folder.mkdir(exist_ok=True)
        port = free_port()
        user = "user root;" if os.getuid() == 0 else ""
        paths = " ".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(f"""\
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; client_max_body_size 32m; {paths}
  upstream model {{ server 127.0.0.1:{upstream_port}; keepalive 1024; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    }}
    location = /refused {{ default_type application/json; return 401 '{{"error":{{"message":"no such key"}}}}'; }}
  }}
}}
""")
        process = _start(
            [str(self._program), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
            log=folder / "log",
            cwd=folder,
        )
        started = Running(
            process, Target(port=port), flood=Target(port=port, path="/refused", status=401), log=folder / "error.log"
        )
        started.wait_until_it_answers()
        return started


class Stillwatch:
    """This gateway with everything on: authentication, standing, sketch, durable record with the prompts' text."""

    name = "stillwatch"
    title = "Stillwatch, everything on"

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers

    @staticmethod
    def program() -> Path:
        """Where the command is."""
        return Path(sys.executable).with_name("stillwatch")

    def prepare(self) -> None:
        self._program = self.program()
        if not self._program.exists():
            raise MissingError("The stillwatch command is not installed: run `make bench`, which installs it.")

    def start(self, upstream_port: int) -> Running:
        folder = WORK / "stillwatch-run"
        shutil.rmtree(folder, ignore_errors=True)
        port = free_port()
        made = self._say(
            "init", "--upstream", f"http://127.0.0.1:{upstream_port}/v1", "--model", "bench", "--dir", str(folder),
            "--listen", f"127.0.0.1:{port}", "--operators", f"127.0.0.1:{free_port()}",
        )  # fmt: skip
        config = folder / "stillwatch.toml"
        text = config.read_text().replace("workers = 1\n", f"workers = {self._workers}\n")
        config.write_text(text.replace("[control]\n", SMALL_SEGMENTS))
        keys = [made["api_key"]]
        while len(keys) < CALLERS:
            made = self._say("key", "create", "--account", made["account_id"], "--config", str(config)) | {
                "account_id": made["account_id"]
            }
            keys.append(made["api_key"])
        process = _start([str(self._program), "serve", "--config", str(config)], log=folder / "log", cwd=folder)
        started = Running(
            process,
            Target(port=port, headers=tuple((("Authorization", f"Bearer {key}"),) for key in keys)),
            flood=Target(
                port=port,
                headers=tuple((("Authorization", f"Bearer {wrong}"),) for key in keys for wrong in forged(key)),
                status=401,
            ),
            log=folder / "log",
            rest_seconds=2.5,
        )
        started.wait_until_it_answers()
        return started

    def _say(self, *words: str) -> dict[str, str]:
        done = subprocess.run([str(self._program), *words, "--json"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingError(f"`stillwatch {words[0]}` failed: {(done.stderr or done.stdout).strip()}")
        answer: dict[str, str] = json.loads(done.stdout)
        return answer


def forged(api_key: str) -> list[str]:
    """Give three keys that are worth nothing: one with a wrong check, one unknown, one known with a wrong secret.

    The check is no secret, so a forger gets it right; the last is the dearest to refuse.
    """
    prefix, key_id, secret = api_key.rpartition("_")[0].rsplit("_", 2)

    def invented(length: int) -> str:
        return "".join(secrets.choice(ALPHABET) for _ in range(length))

    def checked(body: str) -> str:
        return f"{body}_{base62(zlib.crc32(body.encode()), CRC_LENGTH)}"

    return [
        f"{prefix}_{invented(len(key_id))}_{invented(len(secret))}_000000",
        checked(f"{prefix}_{invented(len(key_id))}_{invented(len(secret))}"),
        checked(f"{prefix}_{key_id}_{invented(len(secret))}"),
    ]


class LiteLLM:
    """LiteLLM's proxy from PyPI, one worker, a master key, no database, telemetry off."""

    name = "litellm"
    title = "LiteLLM proxy"

    def prepare(self) -> None:
        self._bin = environment("litellm")

    def start(self, upstream_port: int) -> Running:
        folder = WORK / "litellm-run"
        folder.mkdir(exist_ok=True)
        port, key = free_port(), f"sk-{secrets.token_hex(16)}"
        (folder / "config.yaml").write_text(f"""\
model_list:
  - model_name: bench
    litellm_params:
      model: openai/bench
      api_base: http://127.0.0.1:{upstream_port}/v1
      api_key: sk-upstream
general_settings:
  master_key: {key}
litellm_settings:
  telemetry: false
  num_retries: 0
""")
        process = _start(
            [
                str(self._bin / "litellm"),
                "--config",
                str(folder / "config.yaml"),
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--num_workers",
                "1",
                "--telemetry",
                "False",
            ],
            log=folder / "log",
            cwd=folder,
            env={
                "PATH": f"{self._bin}:{os.environ.get('PATH', '')}",
                "LITELLM_MODE": "PRODUCTION",
                "LITELLM_LOG": "ERROR",
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",
                "NO_DOCS": "True",
            },
        )
        headers = (("Authorization", f"Bearer {key}"),)
        wrong = (("Authorization", f"Bearer sk-{secrets.token_hex(16)}"),)
        started = Running(
            process,
            Target(port=port, headers=(headers,)),
            # Without a database of keys it answers 400 to any but the master's.
            flood=Target(port=port, headers=(wrong,), status=400),
            log=folder / "log",
        )
        started.wait_until_it_answers()
        return started


class Plain:
    """The proxy one writes in an afternoon, under uvicorn with uvloop and httptools."""

    name = "plain"
    title = "Starlette + httpx"

    def prepare(self) -> None:
        self._bin = environment("plain")

    def start(self, upstream_port: int) -> Running:
        folder = WORK / "plain-run"
        folder.mkdir(exist_ok=True)
        port = free_port()
        process = _start(
            [
                str(self._bin / "python"),
                "-m",
                "uvicorn",
                "plain_proxy:app",
                "--app-dir",
                str(HERE),
                "--port",
                str(port),
                "--loop",
                "uvloop",
                "--http",
                "httptools",
                "--log-level",
                "warning",
                "--no-access-log",
            ],
            log=folder / "log",
            cwd=folder,
            env={"BENCH_UPSTREAM": f"http://127.0.0.1:{upstream_port}"},
        )
        started = Running(process, Target(port=port), log=folder / "log")
        started.wait_until_it_answers()
        return started


CANDIDATES: tuple[Candidate, ...] = (Nginx(), Stillwatch(), LiteLLM(), Plain())
"""In the order of the table."""
