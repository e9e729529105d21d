# SPDX-License-Identifier: Apache-2.0
"""Runs the load generator and reads what it saw."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.processes import machine_busy_seconds
from bench.workplace import LOAD_CORE, WORK, compiled, pinned

EVENTS = 50
PACE_MS = 10
MIN_BODY_BYTES = 1_500
"""The upstream's answer has 1.9 KB; LiteLLM writes it anew, a little shorter."""


class LoadError(Exception):
    """The load generator could not do its work, or the answers were wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where requests go and what they carry."""

    port: int
    headers: tuple[tuple[tuple[str, str], ...], ...] = ((),)
    """One set of headers for each caller; connections take them in turn."""
    path: str = "/v1/chat/completions"
    status: int = 200
    """What each answer must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of the load generator saw. Times in microseconds."""

    good: int
    failed: int
    complaint: str
    seconds: float
    events: int
    p50_us: float
    p99_us: float
    first_event_p50_us: float
    foreign_cores: float = 0.0
    """Cores that were busy with none of our own processes."""


def request_bytes(target: Target, headers: tuple[tuple[str, str], ...], *, is_stream: bool) -> bytes:
    """Give a whole request of about 1 KB. The eight marks become a number that is never the same twice."""
    body = (
        '{"model":"bench","messages":[{"role":"system","content":"You are a careful assistant."},'
        '{"role":"user","content":"Question ########: '
        + "Explain in plain words how this works and why. " * 17
        + '"}],"temperature":0.7,"max_tokens":512'
        + (',"stream":true}' if is_stream else "}")
    )
    lines = [f"POST {target.path} HTTP/1.1", f"Host: 127.0.0.1:{target.port}", "User-Agent: bench/1", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def run(
    target: Target,
    *,
    connections: int,
    seconds: float = 0.0,
    requests: int = 0,
    is_stream: bool = False,
) -> Outcome:
    """Put load on a target; every answer is looked at.

    Raises:
        LoadError: The generator itself could not go on, such as when nobody listens.
    """
    folder = WORK / "requests"
    folder.mkdir(exist_ok=True)
    templates: list[Path] = []
    for number, headers in enumerate(target.headers):
        path = folder / f"{number}.http"
        path.write_bytes(request_bytes(target, headers, is_stream=is_stream))
        templates.append(path)
    is_answer = target.status == 200
    wanted = (target.status, MIN_BODY_BYTES if is_answer else 0, EVENTS if is_stream else 0)
    amount = (f"127.0.0.1:{target.port}", connections, seconds, requests)
    command = [str(each) for each in (compiled("load"), *amount, *wanted, *templates)]
    done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadError(f"The load generator stopped: {done.stderr.strip() or done.returncode}.")
    seen = json.loads(done.stdout)
    complaints = [
        f"{seen[name]} {words}"
        for name, words in (
            ("bad_status", f"had another status (such as {seen['last_bad_status']})"),
            ("bad_body", "were cut short"),
            ("broken", "broke off"),
            ("unfinished", "never ended"),
        )
        if seen[name]
    ]
    latency, first = seen["latency_us"] or {}, seen["first_event_us"] or {}
    return Outcome(
        good=seen["good"],
        failed=seen["bad_status"] + seen["bad_body"] + seen["broken"] + seen["unfinished"],
        complaint=", ".join(complaints),
        seconds=seen["seconds"],
        events=seen["events"],
        p50_us=latency.get("p50", 0.0),
        p99_us=latency.get("p99", 0.0),
        first_event_p50_us=first.get("p50", 0.0),
    )


class Upstream:
    """The model server that costs next to nothing, on the load generator's core."""

    def __enter__(self) -> int:
        """Start it; give its port."""
        command = [str(compiled("upstream")), "0", str(PACE_MS), str(EVENTS)]
        self._process = subprocess.Popen(pinned(LOAD_CORE, command), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = self._process.stdout.readline()
        if not line.strip():
            raise LoadError("The upstream did not start.")
        return int(line)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()


def busy_elsewhere(before: float, own_seconds: float, seconds: float) -> float:
    """Cores that others kept busy since ``before``, a reading of ``machine_busy_seconds``."""
    return max(machine_busy_seconds() - before - own_seconds, 0.0) / seconds
