# SPDX-License-Identifier: Apache-2.0
"""What operators do to the running product, and what it does to itself: health, metrics, kills, drains, changes."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import duckdb
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.product import (
    OPERATOR_CREDENTIAL,
    SMALL,
    STILLWATCH,
    Customer,
    Product,
    get,
    wait_until,
)
from e2e.wire import Answer, ask, post
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.exchange import Outcome
from stillwatch.records.standing import Rung

CHAT = "/v1/chat/completions"
WORKERS = 3
CONNECTIONS = 24
"""Enough that every worker answers some of them: the kernel deals connections out by their addresses."""


@pytest.fixture(scope="module")
def fleet(model_server: ModelServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Three workers, for tests that kill."""
    with Product(tmp_path_factory.mktemp("fleet"), model_server, workers=WORKERS) as product:
        yield product


@pytest.fixture(scope="module")
def holder(fleet: Product) -> Customer:
    return fleet.customer()


def chat(prompt: str, *, stream: bool = False) -> bytes:
    body = {"model": SMALL, "stream": stream, "messages": [{"role": "user", "content": prompt}]}
    return json.dumps(body).encode()


class Callers:
    """Keep-alive connections to every worker, all of one customer."""

    def __init__(self, customer: Customer, number: int = CONNECTIONS) -> None:
        self._key = customer.api_key
        port = int(customer.url.rpartition(":")[2])
        self._connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(number)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def statuses(self) -> set[int]:
        """The statuses that one request on each connection gets. The model list costs the model server nothing."""
        return {self._one(connection) for connection in self._connections}

    def _one(self, connection: http.client.HTTPConnection) -> int:
        connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {self._key}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def counters(product: Product) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample of ``/metrics`` by its name and its labels' values."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(product.metrics())
        for sample in family.samples
    }


def test_the_gateway_and_the_operators_port_say_that_they_are_well(product: Product) -> None:
    for url in (product.url, product.operators):
        assert get(f"{url}/healthz")[0] == 200
        assert get(f"{url}/readyz")[0] == 200


def test_the_operators_pages_are_not_on_the_gateways_port(product: Product) -> None:
    assert get(f"{product.url}/metrics")[0] == 404
    assert get(f"{product.url}/status")[0] == 404


def test_metrics_count_what_was_sent(product: Product) -> None:
    customer = product.customer()
    before = counters(product)
    for _ in range(3):
        assert ask(customer, CHAT, chat("one two say:5")).status == 200
    assert ask(customer, CHAT, b"{}").status == 400
    key = ("stillwatch_requests_total", ("chat.completions", "completed", "2xx"))
    wait_until(lambda: counters(product).get(key, 0) >= before.get(key, 0) + 3, what=product.metrics, seconds=5.0)
    after = counters(product)

    def grown(name: str, *labels: str) -> float:
        return after.get((name, labels), 0) - before.get((name, labels), 0)

    assert grown("stillwatch_requests_total", "chat.completions", "completed", "2xx") == 3
    assert grown("stillwatch_requests_total", "chat.completions", "refused", "4xx") == 1
    assert grown("stillwatch_refusals_total", "invalid_request") == 1
    assert grown("stillwatch_tokens_total", "output") == 15
    assert grown("stillwatch_tokens_total", "input") == 9
    assert after["stillwatch_workers", ()] == product.workers
    assert after["stillwatch_unwritable_workers", ()] == 0
    assert after["stillwatch_record_failures_total", ()] == 0
    assert after["stillwatch_faults_total", ()] == 0
    # Names of customers, keys and models are not for metrics: their number has no bound.
    for secret in (customer.account_id, customer.org_id, customer.key_id, SMALL):
        assert secret not in product.metrics()


def test_status_shows_the_workers_and_the_accounts_standing(product: Product) -> None:
    customer = product.customer()
    product.put_on(Rung.VERIFY, customer.account_id)
    status = product.status()
    assert status["standing"][customer.account_id] == Rung.VERIFY
    assert sorted(worker["pid"] for worker in status["workers"]) == product.worker_pids()
    assert all(worker["is_writable"] for worker in status["workers"])
    wait_until(lambda: bool(product.status()["is_settled"]), what=lambda: str(product.status()), seconds=2.0)


def test_keys_made_on_the_command_line_work_within_a_second(product: Product) -> None:
    org = product.command("org", "create", "Acme GmbH", "--text-policy", "hash")
    account = product.command("account", "create", "Search", "--org", org["org_id"])
    key = product.command("key", "create", "--account", account["account_id"], "--model", SMALL)
    product.secrets.append(key["api_key"])
    customer = Customer(
        url=product.url,
        org_id=org["org_id"],
        account_id=account["account_id"],
        key_id=key["key_id"],
        api_key=key["api_key"],
    )
    wait_until(lambda: ask(customer, CHAT, chat("hello")).status == 200, what=lambda: "no access", seconds=1.0)
    assert product.rows(account_id=customer.account_id)[-1].prompt.startswith("sha256:")


def test_a_change_of_standing_reaches_every_worker_within_a_second(fleet: Product) -> None:
    def revoke(customer: Customer) -> None:
        fleet.directory.revoke_key(customer.key_id, now_us=time.time_ns() // 1_000)

    def suspend(customer: Customer) -> None:
        fleet.put_on(Rung.SUSPEND, customer.account_id, is_settled=False)

    def deactivate(customer: Customer) -> None:
        fleet.directory.set_organisation(customer.org_id, active=False)

    taken = {}
    for change, refused in ((revoke, 401), (suspend, 403), (deactivate, 403)):
        customer = fleet.customer()
        with Callers(customer) as callers:
            assert callers.statuses() == {200}
            change(customer)
            taken[change.__name__] = wait_until(
                lambda callers=callers, refused=refused: callers.statuses() == {refused},  # type: ignore[misc]
                what=lambda: "some worker still lets it through",
                seconds=1.0,
            )
            # It stays so, on each of them.
            assert callers.statuses() == {refused}
    assert max(taken.values()) < 1.0, taken


def test_a_revoked_key_is_an_authentication_error_within_a_second(product: Product) -> None:
    customer = product.customer()
    with customer.openai(max_retries=0) as client:
        client.models.list()
        product.command("key", "revoke", customer.key_id)
        time.sleep(1.0)
        with pytest.raises(openai.AuthenticationError):
            client.models.list()


def test_a_killed_worker_is_replaced_and_nothing_it_answered_is_lost(fleet: Product, holder: Customer) -> None:
    answered = [ask(holder, CHAT, chat(f"before {number}")) for number in range(20)]
    victim = fleet.worker_pids()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(
        lambda: victim not in fleet.worker_pids() and len(fleet.worker_pids()) == WORKERS,
        what=lambda: f"worker {victim} was not replaced: {fleet.log()}",
        seconds=15.0,
    )
    fleet.wait_ready()
    with Callers(holder) as callers:
        assert callers.statuses() == {200}
    ids = [row.exchange_id for row in fleet.rows(account_id=holder.account_id)]
    for answer in answered:
        assert answer.status == 200
        assert ids.count(answer.exchange_id) == 1


def test_an_exchange_that_its_worker_was_killed_in_is_recorded_as_interrupted(
    fleet: Product, model_server: ModelServerProcess
) -> None:
    customer = fleet.customer()
    busy = model_server.state()["under_way"]
    caller = threading.Thread(target=_give_up, args=(customer, chat("fault:stall")))
    caller.start()
    model_server.wait(lambda state: state["under_way"] > busy)
    # In the kernel's hands within milliseconds of its beginning.
    time.sleep(0.1)
    victims = fleet.worker_pids()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    caller.join()
    wait_until(
        lambda: len(fleet.worker_pids()) == WORKERS and not set(victims) & set(fleet.worker_pids()),
        what=lambda: f"the workers were not replaced: {fleet.log()}",
        seconds=15.0,
    )
    fleet.wait_ready()
    wait_until(
        lambda: [row.outcome for row in fleet.rows(account_id=customer.account_id)] == [Outcome.INTERRUPTED],
        what=lambda: f"{fleet.rows(account_id=customer.account_id)}",
        seconds=10.0,
    )


def _give_up(customer: Customer, body: bytes) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        ask(customer, CHAT, body)


def test_requests_go_on_without_the_control_process_and_a_change_made_meanwhile_arrives(
    fleet: Product, holder: Customer
) -> None:
    customer = fleet.customer()
    with Callers(customer) as callers:
        assert callers.statuses() == {200}
        victim = fleet.control_pid()
        os.kill(victim, signal.SIGKILL)
        assert callers.statuses() == {200}
        assert ask(customer, CHAT, chat("while it is gone")).status == 200
        fleet.directory.revoke_key(customer.key_id, now_us=time.time_ns() // 1_000)
        wait_until(
            lambda: get(f"{fleet.operators}/healthz")[0] == 200, what=lambda: "it did not come back", seconds=20.0
        )
        assert fleet.control_pid() != victim
        # Revoked while it was away, and again after: both reach every worker within a second of its return.
        wait_until(lambda: callers.statuses() == {401}, what=lambda: "still let through", seconds=1.0)
    fleet.wait_ready()
    with Callers(holder) as others:
        assert others.statuses() == {200}
        late = fleet.customer()
        with Callers(late) as callers:
            fleet.directory.revoke_key(late.key_id, now_us=time.time_ns() // 1_000)
            wait_until(lambda: callers.statuses() == {401}, what=lambda: "still let through", seconds=1.0)


def test_after_a_kill_of_everything_it_starts_again_with_all_that_was_answered(fleet: Product) -> None:
    customer = fleet.customer()
    ids = [ask(customer, CHAT, chat(f"number {number}")).exchange_id for number in range(10)]
    for pid in fleet.pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    fleet.process.wait()
    wait_until(lambda: not fleet.pids(), what=lambda: f"{fleet.pids()}", seconds=5.0)
    fleet.start()
    ids.append(ask(customer, CHAT, chat("after")).exchange_id)
    assert sorted(row.exchange_id for row in fleet.rows(account_id=customer.account_id)) == sorted(ids)


def test_sigterm_lets_answers_finish_takes_nothing_new_and_leaves_all_in_parquet(
    model_server: ModelServerProcess, tmp_path: Path
) -> None:
    product = Product(tmp_path, model_server, workers=2, drain_seconds=3)
    product.start()
    customer = product.customer()
    ids = [ask(customer, CHAT, chat(f"number {number}")).exchange_id for number in range(10)]
    answers: list[Answer] = []
    short, long = (chat(f"say:{words} fault:slow:0.05", stream=True) for words in (30, 2_000))
    callers = [
        threading.Thread(target=lambda: answers.append(ask(customer, CHAT, short))),
        threading.Thread(target=_give_up, args=(customer, long)),
    ]
    busy = model_server.state()["under_way"]
    for caller in callers:
        caller.start()
    model_server.wait(lambda state: state["under_way"] == busy + 2)
    time.sleep(0.2)
    product.process.send_signal(signal.SIGTERM)
    wait_until(lambda: _is_refused(product), what=lambda: "new connections are taken", seconds=1.0)
    assert not answers
    callers[0].join(10)
    # This one was done in time; the other was cut when the drain was over.
    (answer,) = answers
    assert (answer.status, answer.body.count(b" word")) == (200, 29)
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert product.stop() == 0
    callers[1].join(10)
    product.assert_healthy_log()
    pattern = str(product.settings.ledger.directory / "log" / "**" / "*.parquet")
    with duckdb.connect() as connection:
        found = dict(connection.execute("SELECT exchange_id, outcome FROM read_parquet(?)", [pattern]).fetchall())
    assert len(found) == 12
    assert {found.pop(each) for each in [*ids, answer.exchange_id]} == {"completed"}
    assert set(found.values()) <= {"client_aborted", "interrupted", "upstream_truncated"}


def _is_refused(product: Product) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", product.port), timeout=1):
            return False
    except OSError:
        return True


def test_a_settings_file_with_a_mistake_ends_with_code_2_and_a_sentence(product: Product, tmp_path: Path) -> None:
    wrong = tmp_path / "stillwatch.toml"
    wrong.write_text(product.config.read_text().replace("drain_seconds", "drane_seconds"))
    done = subprocess.run([STILLWATCH, "serve", "--config", wrong], capture_output=True, check=False, timeout=30)
    assert done.returncode == 2
    assert b"drane_seconds" in done.stderr
    assert b"Traceback" not in done.stderr


def test_other_gateways_can_ask_for_a_keys_standing(product: Product) -> None:
    customer, contained = product.customer(models=[SMALL]), product.customer()
    product.put_on(Rung.SUSPEND, contained.account_id)

    def evaluate(api_key: str, credential: str, model: str = SMALL) -> Answer:
        body = {
            "subject": {"type": "api_key", "id": api_key},
            "action": {"name": "use"},
            "resource": {"type": "model", "id": model},
        }
        bearer = {"authorization": f"Bearer {credential}"}
        return post(product.url, "/access/v1/evaluation", json.dumps(body).encode(), bearer)

    good = evaluate(customer.api_key, OPERATOR_CREDENTIAL)
    assert good.status == 200
    assert json.loads(good.body)["decision"] is True
    assert json.loads(evaluate(customer.api_key, customer.api_key).body)["decision"] is True
    assert json.loads(evaluate(customer.api_key, OPERATOR_CREDENTIAL, "large-1").body)["decision"] is False
    assert json.loads(evaluate(contained.api_key, OPERATOR_CREDENTIAL).body)["decision"] is False
    assert evaluate(customer.api_key, "a-guess-of-the-credential").status == 401


def test_envoy_can_check_a_request_without_proxying_it(product: Product, model_server: ModelServerProcess) -> None:
    customer = product.customer(models=[SMALL])
    before = model_server.state()["requests"]
    bearer = {"authorization": f"Bearer {customer.api_key}"}
    good = post(product.url, f"/ext_authz{CHAT}", chat("hello"), bearer)
    assert good.status == 200
    assert good.headers["x-stillwatch-account"] == customer.account_id
    assert good.headers["x-stillwatch-rung"] == "good"
    other = post(product.url, f"/ext_authz{CHAT}", chat("hello").replace(b"small-1", b"large-1"), bearer)
    assert other.status == 403
    assert post(product.url, f"/ext_authz{CHAT}", chat("hello"), {"authorization": "Bearer no"}).status == 401
    assert model_server.state()["requests"] == before
