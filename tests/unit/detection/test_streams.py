# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fakes.replayed import windows_of
from fakes.traffic import HOUR_US, START_US
from stillwatch.detection.census import Census
from stillwatch.detection.streams import open_streams
from stillwatch.records.exchange import Exchange

SYSTEM = "You answer for our service."


def _said(number: int, account: str, prompt: str, system: str = "") -> Exchange:
    at_us = START_US + number * 2 * HOUR_US
    return Exchange(
        exchange_id=f"{account}-{number}",
        ts_us=at_us,
        model="m",
        prompt=prompt,
        system=system,
        org_id=f"o-{account}",
        account_id=account,
        turn=0,
    )


@pytest.fixture
def census() -> Census:
    log = [_said(0, "z", "what is a lighthouse", SYSTEM)]
    log += [_said(number, "mixed", f"name the {number} seas", SYSTEM) for number in range(1, 7)]
    log += [_said(number, "mixed", f"my cat is {number} years old") for number in range(7, 11)]
    log += [_said(number, "plain", f"how do I boil {number} eggs") for number in range(1, 7)]
    census = Census(seed=0, memory_s=1e9)
    for window in windows_of(sorted(log, key=lambda one: one.ts_us), every_us=HOUR_US):
        census.absorb(window)
    return census


def test_an_account_that_mixes_has_two_streams_and_they_add_up(census: Census) -> None:
    streams = open_streams(census, 5)
    row = census.index["mixed"]
    both = np.flatnonzero(streams.rows == row)
    assert sorted(streams.count[both].tolist()) == [4.0, 6.0]
    np.testing.assert_allclose(streams.content[both].sum(axis=0), census.content[row], rtol=1e-5, atol=1e-5)
    assert streams.square[both].sum() == pytest.approx(census.square[row])
    cell = both[streams.count[both] == 6.0][0]
    assert streams.last[cell] < census.last[row]
    assert streams.key[both].tolist() == [2 * row, 2 * row + 1]


def test_some_streams_can_be_asked_for(census: Census) -> None:
    everything = open_streams(census, 5)
    wanted = everything.key[everything.count >= 4.0][1:]
    some = open_streams(census, 5, fewest=4.0, among=wanted)
    assert some.key.tolist() == wanted.tolist()
    np.testing.assert_array_equal(some.content, everything.content[np.isin(everything.key, wanted)])


def test_a_cell_that_is_too_small_is_not_told_apart(census: Census) -> None:
    streams = open_streams(census, 7)
    assert (streams.rows == census.index["mixed"]).sum() == 1
    assert (open_streams(census, 5).rows == census.index["plain"]).sum() == 1
