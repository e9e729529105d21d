# SPDX-License-Identifier: Apache-2.0
"""Bound keys, clients' tokens, attested persons and honey keys, with two workers: what one has taken, no other takes.

To know which worker answers, the others are stopped meanwhile.
"""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from e2e.product import CLAUDE, SMALL, Customer, Product, get, wait_until
from e2e.wire import Answer, post
from fakes.holder import Holder
from fakes.keys import entry_for
from fakes.model_server_process import ModelServerProcess
from stillwatch.access.interface import Enrolment
from stillwatch.access.jws import encoded
from stillwatch.service.clock import wall_now_us

CHAT, MESSAGES, TOKEN = "/v1/chat/completions", "/v1/messages", "/access/v1/token"
HOLDER, CLIENT, PARTNER = Holder(), Holder("client"), Holder("partner")
BODY = {
    CHAT: json.dumps({"model": SMALL, "messages": [{"role": "user", "content": "say:1"}]}).encode(),
    MESSAGES: json.dumps(
        {"model": CLAUDE, "max_tokens": 9, "messages": [{"role": "user", "content": "say:1"}]}
    ).encode(),
}


@contextmanager
def only(product: Product, worker: int) -> Iterator[None]:
    """Let one worker alone answer."""
    others = [pid for number, pid in enumerate(product.worker_pids()) if number != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def customer(product: Product) -> Customer:
    return product.customer()


def key(product: Product, customer: Customer, **changes: Any) -> tuple[str, str]:
    """Another key of the customer's: its id and its text."""
    made = product.directory.issue_key(customer.account_id, now_us=wall_now_us(), **changes)
    product.secrets.append(made.text)
    product.settle()
    return made.key_id, made.text


def send(product: Product, path: str, headers: dict[str, str]) -> Answer:
    """One request over a connection of its own."""
    return post(product.url, path, BODY[path], headers)


def signed(product: Product, text: str, nonce: str | None, *, path: str = CHAT) -> dict[str, str]:
    proof = HOLDER.proof(url=product.url + path, credential=text, nonce=nonce, now_us=wall_now_us())
    return {"authorization": f"DPoP {text}", "dpop": proof}


def nonce_of(product: Product, text: str) -> str:
    return send(product, CHAT, {"authorization": f"Bearer {text}"}).headers["dpop-nonce"]


def test_a_proof_taken_by_one_worker_is_refused_by_the_other(product: Product, customer: Customer) -> None:
    _, text = key(product, customer, enrolment=Enrolment(jkt=HOLDER.jkt))
    with only(product, 0):
        headers = signed(product, text, nonce_of(product, text))
        assert send(product, CHAT, headers).status == 200
    with only(product, 1):
        again = send(product, CHAT, headers)
        assert (again.status, again.headers["x-stillwatch-refusal"]) == (401, "invalid_dpop_proof")
        # The nonce that the first worker gave counts here too: a client need not know how many workers there are.
        fresh = signed(product, text, nonce_of(product, text))
        assert send(product, CHAT, fresh).status == 200
    with only(product, 0):
        assert send(product, CHAT, fresh).status == 401


def test_what_was_taken_stays_taken_when_the_workers_die(product: Product, customer: Customer) -> None:
    _, text = key(product, customer, enrolment=Enrolment(jkt=HOLDER.jkt))
    headers = signed(product, text, nonce_of(product, text))
    assert send(product, CHAT, headers).status == 200
    before = product.worker_pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(
        lambda: len(product.worker_pids()) == 2 and not set(before) & set(product.worker_pids()),
        what=lambda: "the workers were not started again",
        seconds=20.0,
    )
    product.wait_ready()
    assert send(product, CHAT, headers).headers["x-stillwatch-refusal"] == "invalid_dpop_proof"


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_stolen_bound_key_is_refused_in_the_dialect_of_the_path(
    product: Product, customer: Customer, path: str
) -> None:
    _, text = key(product, customer, enrolment=Enrolment(jkt=HOLDER.jkt))
    credential = {"x-api-key": text} if path == MESSAGES else {"authorization": f"Bearer {text}"}
    answer = send(product, path, credential)
    assert (answer.status, answer.headers["x-should-retry"]) == (401, "false")
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    error = json.loads(answer.body)["error"]
    assert "DPoP" in error["message"]
    if path == MESSAGES:
        assert error["type"] == "authentication_error"
        proof = signed(product, text, answer.headers["dpop-nonce"], path=path)["dpop"]
        assert send(product, path, {"x-api-key": text, "dpop": proof}).status == 200
    else:
        assert error["code"] == "binding_required"


def test_a_client_exchanges_an_assertion_once_for_a_token_that_every_worker_takes(
    product: Product, customer: Customer
) -> None:
    client, _ = key(product, customer, enrolment=Enrolment(client_jwk=CLIENT.canonical))
    assertion = CLIENT.client_assertion(client, audience=product.url, now_us=wall_now_us())
    form = urlencode(
        {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
    ).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    with only(product, 0):
        answer = post(product.url, TOKEN, form, kind)
        assert answer.status == 200, answer.body
    bearer = {"authorization": f"Bearer {json.loads(answer.body)['access_token']}"}
    with only(product, 1):
        assert post(product.url, TOKEN, form, kind).status == 401
        used = send(product, CHAT, bearer)
        assert used.status == 200
    assert product.row(used.exchange_id).key_id == client
    product.directory.revoke_key(client, now_us=wall_now_us())
    product.settle()
    assert send(product, CHAT, bearer).headers["x-stillwatch-refusal"] == "revoked_api_key"


def test_an_attested_person_is_on_the_record_until_the_partners_key_is_trusted_no_more(
    product: Product, customer: Customer
) -> None:
    product.directory.trust_key(customer.org_id, PARTNER.canonical, now_us=wall_now_us())
    product.settle()
    person = PARTNER.person(customer.org_id, audience=product.url, now_us=wall_now_us())
    headers = {"authorization": f"Bearer {customer.api_key}", "stillwatch-person": person}
    answer = send(product, CHAT, headers)
    assert answer.status == 200
    row = product.row(answer.exchange_id)
    assert (row.person, row.person_class, row.binding) == ("p-7", "us_person", 0)
    product.directory.distrust_key(customer.org_id, PARTNER.jkt, now_us=wall_now_us())
    product.settle()
    for worker in (0, 1):
        with only(product, worker):
            refused = send(product, CHAT, headers)
        assert (refused.status, refused.headers["x-stillwatch-refusal"]) == (403, "invalid_person_assertion")


def test_a_honey_key_gets_the_answer_of_a_key_that_does_not_exist_and_opens_a_case(
    product: Product, customer: Customer
) -> None:
    key_id, text = key(product, customer, is_honey=True)
    unknown, _ = entry_for("an account of another gateway")
    honey, other = (send(product, CHAT, {"authorization": f"Bearer {one}"}) for one in (text, unknown))
    volatile = {"x-request-id", "date"}
    told = [
        (answer.status, answer.body, {name: value for name, value in answer.headers.items() if name not in volatile})
        for answer in (honey, other)
    ]
    assert told[0] == told[1]
    row = product.row(honey.exchange_id)
    assert (row.refusal, row.key_id, row.account_id) == ("honey_key", key_id, customer.account_id)

    def cases() -> list[dict[str, Any]]:
        return [one for one in product.status()["cases"] if one["campaign_id"] == f"honey:{key_id}"]

    wait_until(lambda: bool(cases()), what=lambda: "no case was opened", seconds=10.0)
    assert cases()[0]["accounts"] == [customer.account_id]
    assert "honey_key" in get(f"{product.operators}/metrics")[1].decode()


PROXIED = """
[gateway.trusted_proxies]
networks = ["127.0.0.1/32"]
certificate_header = "X-Client-Cert"
"""


def test_a_certificate_counts_where_the_trusted_proxy_tells_of_it(
    product: Product, model_server: ModelServerProcess, tmp_path: Path
) -> None:
    x5t, other = (sha256(name).digest() for name in (b"certificate", b"another"))
    enrolment = Enrolment(x5t=encoded(x5t))
    with Product(tmp_path, model_server, workers=1, more=PROXIED) as behind_a_proxy:
        _, text = key(behind_a_proxy, behind_a_proxy.customer(), enrolment=enrolment)
        bearer = {"authorization": f"Bearer {text}"}
        told = send(behind_a_proxy, CHAT, bearer | {"x-client-cert": x5t.hex()})
        assert (told.status, behind_a_proxy.row(told.exchange_id).binding) == (200, 3)
        for headers in ({}, {"x-client-cert": other.hex()}, {"x-client-cert": "x"}):
            refused = send(behind_a_proxy, CHAT, bearer | headers)
            assert (refused.status, refused.headers["x-stillwatch-refusal"]) == (401, "certificate_required")
    # Where no proxy is trusted, the same header is a claim of the caller's own.
    _, text = key(product, product.customer(), enrolment=enrolment)
    forged = send(product, CHAT, {"authorization": f"Bearer {text}", "x-client-cert": x5t.hex()})
    assert forged.headers["x-stillwatch-refusal"] == "certificate_required"
