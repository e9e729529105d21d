# SPDX-License-Identifier: Apache-2.0
"""The real product in its own processes: settings file, ``stillwatch serve``, customers, and the record afterwards."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

from fakes.model_server import ANTHROPIC_KEY, OPENAI_KEY
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import CampaignFinding, Findings, Recommendation
from stillwatch.records.grant import TextPolicy
from stillwatch.records.standing import Rung
from stillwatch.service.clock import wall_now_us
from stillwatch.service.lifetime import die_with_parent
from stillwatch.service.log_room import open_reader
from stillwatch.service.offices import open_cases, open_directory
from stillwatch.settings import load_settings

STILLWATCH = Path(sys.executable).with_name("stillwatch")
START_SECONDS = 30.0
STOP_SECONDS = 40.0
LONG_AGO_US = 1_000_000

SMALL, LARGE, CLAUDE = "small-1", "large-1", "claude-1"
LARGE_UPSTREAM = "large-2026-06-01"
"""What the model server calls ``LARGE``."""
UNREACHABLE, IMPATIENT, IMPATIENT_CLAUDE, OTHER_CLIENT = "unreachable", "impatient", "impatient-claude", "by-aiohttp"

SETTINGS = """\
data_dir = "data"

[gateway]
listen = "127.0.0.1:{port}"
workers = {workers}
answer_limit_bytes = 4_000_000
body_limit_bytes = 2_000_000
body_timeout_seconds = 1.5
drain_seconds = {drain_seconds}

[gateway.authz]
evaluation = true
ext_authz = true
operator_credential_env = "E2E_OPERATOR_CREDENTIAL"

[access.binding]
public_urls = ["http://127.0.0.1:{port}"]

[control]
listen = "127.0.0.1:{control_port}"
roll_seconds = 1

[ledger]
segment_seconds = 2
reserve_bytes = 0

[upstreams.open]
base_url = "{url}"
credential_env = "E2E_OPENAI_CREDENTIAL"

[upstreams.claude]
base_url = "{url}"
dialect = "anthropic"
credential_file = "{folder}/anthropic-credential"

[upstreams.impatient]
base_url = "{url}"
credential_env = "E2E_OPENAI_CREDENTIAL"
first_byte_timeout_seconds = 0.5
idle_timeout_seconds = 0.5

[upstreams.impatient-claude]
base_url = "{url}"
dialect = "anthropic"
credential_file = "{folder}/anthropic-credential"
first_byte_timeout_seconds = 0.5
idle_timeout_seconds = 0.5

[upstreams.aiohttp]
base_url = "{url}"
credential_env = "E2E_OPENAI_CREDENTIAL"
client = "aiohttp"

[upstreams.nowhere]
base_url = "http://127.0.0.1:{nowhere}/v1"
connect_timeout_seconds = 1

[models."small-1"]
upstream = "open"

[models."large-1"]
upstream = "open"
name = "large-2026-06-01"

[models."claude-1"]
upstream = "claude"

[models.impatient]
upstream = "impatient"

[models.impatient-claude]
upstream = "impatient-claude"

[models.by-aiohttp]
upstream = "aiohttp"

[models.unreachable]
upstream = "nowhere"
"""

OPERATOR_CREDENTIAL = "operator-credential-0123456789"
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An organisation with one account and one key, and the official clients set up for it."""

    url: str
    """Of the gateway, without a path."""
    org_id: str
    account_id: str
    key_id: str
    api_key: str

    def openai(self, **options: Any) -> OpenAI:
        """OpenAI's client: nothing but its address and its key are ours."""
        return OpenAI(base_url=f"{self.url}/v1", api_key=self.api_key, **options)

    def openai_async(self, **options: Any) -> AsyncOpenAI:
        """The same, for asyncio."""
        return AsyncOpenAI(base_url=f"{self.url}/v1", api_key=self.api_key, **options)

    def anthropic(self, **options: Any) -> Anthropic:
        """Anthropic's client."""
        return Anthropic(base_url=self.url, api_key=self.api_key, **options)

    def anthropic_async(self, **options: Any) -> AsyncAnthropic:
        """The same, for asyncio."""
        return AsyncAnthropic(base_url=self.url, api_key=self.api_key, **options)


class Product:
    """One installation, below a folder of its own.

    Args:
        folder: Where everything lies.
        model_server: What stands behind it.
        workers: How many.
        drain_seconds: How long answers under way may take to finish when it is told to stop.
        more: Further tables of the settings file.
    """

    def __init__(
        self,
        folder: Path,
        model_server: ModelServerProcess,
        *,
        workers: int = 2,
        drain_seconds: int = 10,
        more: str = "",
    ) -> None:
        self.folder = folder
        self.model_server = model_server
        self.port, self.control_port, nowhere = free_ports(3)
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = folder / "stillwatch.toml"
        self.stderr = folder / "stderr.log"
        (folder / "anthropic-credential").write_text(f"{ANTHROPIC_KEY}\n")
        self.config.write_text(
            SETTINGS.format(
                folder=folder,
                port=self.port,
                control_port=self.control_port,
                workers=workers,
                drain_seconds=drain_seconds,
                url=model_server.url,
                nowhere=nowhere,
            )
            + more
        )
        self.workers = workers
        self.settings = load_settings(self.config)
        self.directory = open_directory(self.settings)
        self.secrets: list[str] = []
        """Every key ever made here: none may be found anywhere."""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code = self.stop()
        if error is None:
            assert code == 0, f"stillwatch serve ended with {code}:\n{self.log()}"
            self.assert_healthy_log()

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are given."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STILLWATCH_")}
        return kept | {"E2E_OPENAI_CREDENTIAL": OPENAI_KEY, "E2E_OPERATOR_CREDENTIAL": OPERATOR_CREDENTIAL}

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        with self.stderr.open("ab") as stderr:
            self._process = subprocess.Popen(
                [STILLWATCH, "serve", "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env=self.environment,
                cwd=self.folder,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - so that a killed test run leaves nothing behind
            )
        self.wait_ready()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait for both ports to say ready, and for every worker to be on the line."""
        process = self.process
        wait_until(
            lambda: (
                process.poll() is not None
                or (
                    get(f"{self.url}/readyz")[0] == 200
                    and get(f"{self.operators}/readyz")[0] == 200
                    and len(self.status()["workers"]) == self.workers
                )
            ),
            what=lambda: f"stillwatch serve is not ready:\n{self.log()}",
            seconds=seconds,
        )
        assert process.poll() is None, f"stillwatch serve ended with {process.returncode}:\n{self.log()}"

    def stop(self) -> int:
        """Ask it to finish; return its exit code. Processes that outlive it are a failure."""
        process = self.process
        if process.poll() is None:
            process.terminate()
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"stillwatch serve did not stop:\n{self.log()}") from None
        wait_until(lambda: not self.pids(), what=lambda: f"processes are left behind: {self.pids()}", seconds=5.0)
        return code

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The supervisor."""
        assert self._process is not None
        return self._process

    @property
    def operators(self) -> str:
        """URL of the operators' port."""
        return f"http://127.0.0.1:{self.control_port}"

    def log(self) -> str:
        """All it wrote to standard output and error."""
        return self.stderr.read_text(errors="replace")

    def assert_healthy_log(self) -> None:
        """No traceback, and no credential."""
        log = self.log()
        assert "Traceback" not in log, log
        for secret in [*self.secrets, OPENAI_KEY, ANTHROPIC_KEY, OPERATOR_CREDENTIAL]:
            assert secret not in log, f"a credential stands in the log: {log[max(0, log.find(secret) - 300) :][:600]}"

    def pids(self, module: str = "") -> list[int]:
        """Its processes that live; with ``module`` those that run it, oldest first."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                command, is_dead = command_line(int(entry.name))
                if not is_dead and str(self.config) in command and module in " ".join(command):
                    found.append(int(entry.name))
        return sorted(found)

    def worker_pids(self) -> list[int]:
        """The workers: the front's children."""
        front = self.pids("stillwatch.service.front")
        return [pid for pid in front if parent_of(pid) in front]

    def control_pid(self) -> int:
        """The control process."""
        (pid,) = self.pids("stillwatch.service.control")
        return pid

    def command(self, *words: str, code: int = 0) -> Any:
        """Run a ``stillwatch`` command and give its JSON."""
        done = subprocess.run(
            [STILLWATCH, *words, "--config", self.config, "--json"],
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, done.stderr.decode()
        return json.loads(done.stdout)

    def customer(
        self,
        *,
        text_policy: TextPolicy = TextPolicy.KEEP,
        models: Sequence[str] | None = None,
        is_settled: bool = True,
    ) -> Customer:
        """Make a customer, known to every worker when this returns."""
        number, now_us = next(_numbers), wall_now_us()
        org = self.directory.create_organisation(name=f"Organisation {number}", text_policy=text_policy, now_us=now_us)
        account = self.directory.create_account(org_id=org.org_id, name=f"Account {number}", now_us=now_us)
        key = self.directory.issue_key(account.account_id, models=models, now_us=now_us)
        self.secrets.append(key.text)
        if is_settled:
            self.settle()
        return Customer(
            url=self.url, org_id=org.org_id, account_id=account.account_id, key_id=key.key_id, api_key=key.text
        )

    def put_on(self, rung: Rung, *accounts: str, is_settled: bool = True) -> str:
        """Open a case about accounts and decide a rung for them; return the decision's id."""
        now_us = wall_now_us()
        campaign = CampaignFinding(
            campaign_id=f"e2e-{next(_numbers)}",
            accounts=accounts,
            first_seen_us=now_us - LONG_AGO_US,
            flagged_us=now_us,
            exchanges=10,
            log10_e=4.0,
            p_value=1e-4,
            action=Recommendation.WATCH,
            facets=(),
        )
        cases = open_cases(self.settings)
        found = Findings(window_from_us=now_us - LONG_AGO_US, window_to_us=now_us, accounts=(), campaigns=(campaign,))
        cases.judge(found, now_us=now_us)
        case_id = next(case.case_id for case in cases.cases() if case.campaign_id == campaign.campaign_id)
        decision = cases.act(case_id, rung=rung, reason="End-to-end test", by="Tester", now_us=now_us)
        if is_settled:
            self.settle()
        return decision.decision_id

    def settle(self, seconds: float = 5.0) -> None:
        """Wait until every worker goes by what stands in the database now."""
        version = self.directory.version()
        wait_until(
            lambda: self._are_at(version),
            what=lambda: f"the workers did not reach version {version}: {self.status()}\n{self.log()}",
            seconds=seconds,
        )

    def _are_at(self, version: int) -> bool:
        workers = self.status()["workers"]
        return len(workers) >= self.workers and all(worker["snapshot_version"] >= version for worker in workers)

    def status(self) -> dict[str, Any]:
        """What ``/status`` says."""
        code, body = get(f"{self.operators}/status")
        if code != 200:
            return {"workers": []}
        status: dict[str, Any] = json.loads(body)
        return status

    def metrics(self) -> str:
        """What ``/metrics`` says."""
        code, body = get(f"{self.operators}/metrics")
        assert code == 200
        return body.decode()

    def rows(self, *, account_id: str | None = None) -> list[Exchange]:
        """The exchange log, or one account's part of it, oldest first."""
        # A row is on the disk before its answer ends; that it is, a reader learns with the next mark, within 5 ms.
        time.sleep(0.1)
        every = open_reader(self.settings).exchanges()
        return [row for row in every if account_id is None or row.account_id == account_id]

    def row(self, exchange_id: str | None, *, seconds: float = 5.0) -> Exchange:
        """The row of one exchange; an aborted one comes a moment later."""
        assert exchange_id
        deadline = time.monotonic() + seconds
        while (row := open_reader(self.settings).find(exchange_id)) is None:
            assert time.monotonic() < deadline, f"exchange {exchange_id} is not in the log"
            time.sleep(0.01)
        return row

    def only_row(self, account_id: str, *, seconds: float = 5.0) -> Exchange:
        """The row of an account's only exchange."""
        deadline = time.monotonic() + seconds
        while not (rows := self.rows(account_id=account_id)):
            assert time.monotonic() < deadline, "the exchange is not in the log"
            time.sleep(0.01)
        assert len(rows) == 1, [row.outcome for row in rows]
        return rows[0]


def free_ports(number: int) -> list[int]:
    """Ports that nobody uses."""
    held = [socket.socket() for _ in range(number)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """GET a page: its status and body; status 0 where nobody answers."""
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - always our own http address
    try:
        with closing(urllib.request.urlopen(request, timeout=5)) as answer:  # noqa: S310 - as above
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with closing(error):
            return error.code, error.read()
    except OSError:
        return 0, b""


def wait_until(condition: Callable[[], bool], *, what: Callable[[], str], seconds: float) -> float:
    """Wait for a condition; return how long it took, in seconds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, what()
        time.sleep(0.01)
    return time.monotonic() - began


def command_line(pid: int) -> tuple[list[str], bool]:
    """A process's command line, and whether it is dead."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return [], True
    return words, state == "Z"


def parent_of(pid: int) -> int:
    """A process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def rss_bytes(pid: int) -> int:
    """Memory of a process that is its own: resident, not shared with a file."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024


def files_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file and what stands in it."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()
