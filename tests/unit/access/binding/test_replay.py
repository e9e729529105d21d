# SPDX-License-Identifier: Apache-2.0
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.replays import small_table
from stillwatch.access.binding.replay import SLACK_US, Claim, ReplayTable, size_of

NOW = 1_800_000_000_000_000
SECOND = 1_000_000


def test_a_name_is_good_once() -> None:
    table = small_table()
    assert table.claim(b"a", until_us=NOW + SECOND, now_us=NOW) is Claim.NEW
    assert table.claim(b"a", until_us=NOW + SECOND, now_us=NOW + 1) is Claim.SEEN
    assert table.claim(b"b", until_us=NOW + SECOND, now_us=NOW) is Claim.NEW


def test_a_name_can_be_forgotten_when_its_age_alone_refuses_it() -> None:
    table = small_table()
    table.claim(b"a", until_us=NOW + SECOND, now_us=NOW)
    assert table.claim(b"a", until_us=NOW + SECOND, now_us=NOW + SECOND) is Claim.SEEN
    later = NOW + SECOND + SLACK_US
    assert table.claim(b"a", until_us=later + SECOND, now_us=later) is Claim.NEW


def test_where_there_is_no_room_nothing_is_let_through() -> None:
    table = small_table(buckets=1)
    claims = [table.claim(str(n).encode(), until_us=NOW + SECOND, now_us=NOW) for n in range(40)]
    assert claims == [Claim.NEW] * 32 + [Claim.FULL] * 8
    assert table.claim(b"0", until_us=NOW + SECOND, now_us=NOW) is Claim.SEEN
    later = NOW + SECOND + SLACK_US
    assert table.claim(b"39", until_us=later + SECOND, now_us=later) is Claim.NEW


def test_all_who_share_the_memory_share_the_epoch_and_what_was_used() -> None:
    memory = memoryview(bytearray(size_of(8)))

    def opened(fill: int) -> ReplayTable:
        return ReplayTable(memory, lock=lambda _: nullcontext(), entropy=lambda n: bytes([fill]) * n)

    one, other = opened(1), opened(2)
    assert one.epoch(NOW) == other.epoch(NOW)
    assert one.claim(b"a", until_us=NOW + SECOND, now_us=NOW) is Claim.NEW
    assert other.claim(b"a", until_us=NOW + SECOND, now_us=NOW) is Claim.SEEN


def test_a_clock_set_back_begins_a_new_epoch_and_nothing_older_counts() -> None:
    table = small_table()
    before = table.epoch(NOW)
    assert table.floor_us(NOW) == NOW
    assert table.epoch(NOW - SLACK_US) == before
    after = table.epoch(NOW - SLACK_US - 1)
    assert after != before
    assert table.epoch(NOW - SLACK_US) == after
    # What was signed without a nonce before the clock was set back is worth nothing, whatever time it names.
    assert table.floor_us(NOW - SLACK_US) == NOW


def test_memory_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="wrong size"):
        ReplayTable(memoryview(bytearray(100)), lock=lambda _: nullcontext(), entropy=bytes)


@given(
    st.lists(
        st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 3 * SECOND), st.integers(0, 20 * SECOND)),
        max_size=60,
    )
)
def test_no_name_is_good_twice_while_its_age_would_let_it_through(steps: list[tuple[bytes, int, int]]) -> None:
    table, used, now = small_table(buckets=2), dict[bytes, int](), NOW
    for name, passed, lasts in steps:
        now += passed
        claim = table.claim(name, until_us=now + lasts, now_us=now)
        if used.get(name, 0) > now:
            assert claim is Claim.SEEN
        if claim is Claim.NEW:
            used[name] = now + lasts
