# SPDX-License-Identifier: Apache-2.0
import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import IntegrityError
from stillwatch.service.channel import Beat, Hello, Message, Report, Snapshot, pack, receive

messages = st.one_of(
    st.builds(Hello, pid=st.integers(0, 2**31)),
    st.builds(
        Snapshot,
        version=st.integers(0, 2**60),
        full=st.booleans(),
        entries=st.binary(max_size=64),
        removed=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    ),
    st.just(Beat()),
    st.builds(
        Report,
        pid=st.integers(0, 2**31),
        version=st.integers(-1, 2**60),
        is_writable=st.booleans(),
        meters=st.dictionaries(st.text(max_size=8), st.integers(0, 100), max_size=3),
    ),
)


async def _read_all(data: bytes) -> list[Message]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found = []
    while (message := await receive(reader)) is not None:
        found.append(message)
    return found


@given(st.lists(messages, max_size=5))
def test_what_is_packed_is_received(sent: list[Message]) -> None:
    assert asyncio.run(_read_all(b"".join(pack(message) for message in sent))) == sent


@given(messages, st.integers(1, 8))
def test_a_message_cut_short_counts_as_a_peer_that_has_gone(message: Message, missing: int) -> None:
    data = pack(message)
    assert asyncio.run(_read_all(data[: max(0, len(data) - missing)])) == []


def test_something_that_is_not_a_message_is_named_as_such() -> None:
    with pytest.raises(IntegrityError, match="not a message"):
        asyncio.run(_read_all(b"\x00\x00\x00\x02{}"))


def test_an_absurd_length_is_refused_before_anything_is_read() -> None:
    with pytest.raises(IntegrityError, match="announced"):
        asyncio.run(_read_all(b"\xff\xff\xff\xff"))
