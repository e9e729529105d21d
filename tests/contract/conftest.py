# SPDX-License-Identifier: Apache-2.0
"""A module here may name the event loops its tests run on, as ``LOOPS``; the others run on asyncio's own."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

_USUAL = {"asyncio": asyncio.new_event_loop}


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    module = item.getparent(pytest.Module)
    loops: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = getattr(module and module.obj, "LOOPS", _USUAL)
    return loops
