# SPDX-License-Identifier: Apache-2.0
"""A model server, and gateways in front of it."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import pytest_asyncio

from fakes.gate import GOOD_KEY
from fakes.gateway_server import World, listening, make_world
from fakes.model_server_process import ModelServerProcess


@pytest.fixture(scope="session")
def shared_model_server() -> Iterator[ModelServerProcess]:
    with ModelServerProcess() as server:
        yield server


@pytest.fixture
def model_server(shared_model_server: ModelServerProcess) -> ModelServerProcess:
    """A model server that has received nothing yet."""
    shared_model_server.forget()
    return shared_model_server


@pytest_asyncio.fixture
async def world(model_server: ModelServerProcess) -> AsyncIterator[World]:
    """A gateway with ordinary settings, listening."""
    async with listening(make_world(model_server.url)) as made:
        yield made


@pytest_asyncio.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that holds a good key."""
    async with aiohttp.ClientSession(headers={"authorization": f"Bearer {GOOD_KEY}"}) as session:
        yield session
