# SPDX-License-Identifier: Apache-2.0
"""Vetting on the running product: what people decide over HTTP is what callers meet a second later."""

import http.client
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from e2e.product import Customer, Product, wait_until
from fakes.dossiers import whole
from fakes.model_server_process import ModelServerProcess

STRICT = "\n[access]\nrequire_vetting = true\n\n[access.vetting]\nneeds_screening = false\n"
WHY = {"reason": "because"}


@pytest.fixture
def product(model_server: ModelServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    made = Product(tmp_path_factory.mktemp("vetting"), model_server, workers=2)
    made.config.write_text(made.config.read_text() + STRICT)
    with made:
        yield made


class Operator:
    """Somebody with a token."""

    def __init__(self, product: Product, name: str) -> None:
        self._port = product.control_port
        made = product.command("admin", "create", name)
        product.secrets.append(made["token"])
        self._headers = {"authorization": f"Bearer {made['token']}", "content-type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        sent = None if body is None else msgspec.json.encode(body)
        connection.request(method, f"/admin/v1{path}", body=sent, headers=self._headers)
        answer = connection.getresponse()
        found = msgspec.json.decode(answer.read())
        connection.close()
        return answer.status, found

    def good(self, method: str, path: str, body: Any = None) -> Any:
        status, found = self.ask(method, path, body)
        assert status == 200, found
        return found


def status_of(customer: Customer) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(customer.url.rpartition(":")[2]), timeout=10)
    connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {customer.api_key}"})
    status = connection.getresponse().status
    connection.close()
    return status


def seconds_until(customer: Customer, status: int) -> float:
    """How long until ten connections in a row, dealt out to the workers, meet a status."""
    began = time.monotonic()
    wait_until(
        lambda: all(status_of(customer) == status for _ in range(10)), what=lambda: f"never {status}", seconds=5.0
    )
    return time.monotonic() - began


def test_who_is_approved_comes_in_and_who_is_suspended_goes_out_within_a_second(product: Product) -> None:
    customer = product.customer()
    clerk, ann, bob = (Operator(product, name) for name in ("Clerk", "Ann", "Bob"))
    org = f"/organisations/{customer.org_id}"
    assert status_of(customer) == 403
    clerk.good("POST", "/dossiers", [whole(customer.org_id)])
    clerk.good("POST", f"{org}/review", WHY)
    ann.good("POST", f"{org}/approve", WHY | {"tier": 1})
    assert ann.ask("POST", f"{org}/approve", WHY | {"tier": 1})[0] == 400
    assert status_of(customer) == 403
    bob.good("POST", f"{org}/approve", WHY | {"tier": 1})
    assert seconds_until(customer, 200) < 1.5
    ann.good("POST", f"{org}/suspend", WHY)
    assert seconds_until(customer, 403) < 1.5
    told = product.command("org", "history", customer.org_id)
    assert [one["by"] for one in told["decisions"]][-3:] == ["Ann", "Bob", "Ann"]


def test_the_api_is_shut_to_who_has_no_token(product: Product) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", product.control_port, timeout=10)
    for path in ("/admin/v1/openapi.json", "/admin/v1/organisations"):
        connection.request("GET", path, headers={"authorization": "Bearer swa_live_x"})
        answer = connection.getresponse()
        assert (answer.status, answer.read().count(b"Nobody is signed in")) == (401, 1)
    connection.close()
