# SPDX-License-Identifier: Apache-2.0
"""The watch cuts what may be cut, and nothing else."""

import asyncio

import pytest

from fakes.caller import ScriptedCaller
from stillwatch.gateway.watch import Watch


async def guarded(watch: Watch, seconds: float) -> str:
    """Wait under guard and tell how it ended."""
    watch.is_guarding = True
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        return "cut" if watch.absolve() else "cancelled"
    finally:
        watch.is_guarding = False
    return "done"


async def test_a_caller_that_leaves_cuts_the_wait() -> None:
    caller = ScriptedCaller("POST", "/")
    watch = Watch(caller, stall_seconds=10)
    watch.look()
    asyncio.get_running_loop().call_later(0.01, caller.leave)
    assert await guarded(watch, 5) == "cut"
    assert watch.has_cut
    watch.stop()


async def test_what_is_not_guarded_is_not_cut() -> None:
    caller = ScriptedCaller("POST", "/")
    caller.has_left.set()
    watch = Watch(caller, stall_seconds=10)
    watch.look()
    assert watch.has_cut, "it is known, and acted on at the next guarded wait"
    watch.stop()


async def test_a_time_limit_cuts_the_wait() -> None:
    watch = Watch(ScriptedCaller("POST", "/"), stall_seconds=10)
    watch.limit(0.01)
    assert await guarded(watch, 5) == "cut"


async def test_a_limit_that_was_lifted_cuts_nothing() -> None:
    watch = Watch(ScriptedCaller("POST", "/"), stall_seconds=10)
    watch.limit(0.01)
    watch.stop_timer()
    assert await guarded(watch, 0.03) == "done"


async def test_a_caller_that_takes_nothing_is_cut() -> None:
    caller = ScriptedCaller("POST", "/")
    caller.never_takes = True
    watch = Watch(caller, stall_seconds=0.05)
    watch.look()
    watch.is_guarding = True
    with pytest.raises(asyncio.CancelledError):
        await watch.send(200, [], b"x")
    assert watch.absolve()
    watch.stop()


async def test_a_cancellation_from_elsewhere_is_not_absolved() -> None:
    async def run() -> str:
        return await guarded(Watch(ScriptedCaller("POST", "/"), stall_seconds=10), 5)

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "cancelled"


async def test_a_stopped_watch_is_told_nothing() -> None:
    caller = ScriptedCaller("POST", "/")
    watch = Watch(caller, stall_seconds=0.01)
    watch.look()
    assert await watch.send(200, [], b"x")
    watch.stop()
    caller.leave()
    await asyncio.sleep(0.03)
    assert not watch.has_cut
