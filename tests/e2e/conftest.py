# SPDX-License-Identifier: Apache-2.0
"""The model server, the product in front of it, and a customer, started once for all end-to-end tests."""

from collections.abc import Iterator

import anthropic
import openai
import pytest

from e2e.product import Customer, Product
from fakes.model_server_process import ModelServerProcess


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServerProcess]:
    with ModelServerProcess() as server:
        yield server


@pytest.fixture(scope="session")
def product(model_server: ModelServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Two workers. Whoever kills or stops it starts one of his own."""
    with Product(tmp_path_factory.mktemp("product"), model_server) as product:
        yield product


@pytest.fixture(scope="session")
def customer(product: Product) -> Customer:
    """A customer in good standing, for tests that change nothing about it."""
    return product.customer()


@pytest.fixture(scope="session")
def openai_client(customer: Customer) -> Iterator[openai.OpenAI]:
    with customer.openai() as client:
        yield client


@pytest.fixture(scope="session")
def anthropic_client(customer: Customer) -> Iterator[anthropic.Anthropic]:
    with customer.anthropic() as client:
        yield client
