# SPDX-License-Identifier: Apache-2.0
"""The tap lets whole events by at once, in their own bytes, and keeps the last one back."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.gateway.dialects.interface import Facts
from stillwatch.gateway.dialects.openai_chat import ChatReader
from stillwatch.gateway.dialects.tap import Tap

FIRST = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\r\n\r\n'
COMMENT = b": keep-alive\n\n"
SECOND = b'data: {"choices":[{"index":0,"delta":{"content":"b","reasoning":"why"}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"
STREAM = FIRST + COMMENT + SECOND + USAGE + DONE


def tap(*, wants_usage: bool = True, withhold: bool = False) -> Tap:
    return Tap(ChatReader(wants_usage=wants_usage, withhold=withhold), Facts(text_room=100))


def test_an_event_goes_on_as_soon_as_it_is_whole_and_in_its_own_bytes() -> None:
    watched = tap()
    assert watched.feed(FIRST[:10]) == b""
    assert watched.feed(FIRST[10:]) == FIRST
    assert watched.feed(COMMENT) == COMMENT


def test_the_last_event_is_kept_back() -> None:
    watched = tap()
    assert watched.feed(STREAM) == STREAM.removesuffix(DONE)
    assert watched.held == DONE
    assert watched.has_ended


def test_what_comes_after_the_last_event_stays_behind_it() -> None:
    watched = tap()
    watched.feed(DONE)
    assert watched.feed(COMMENT) == b""
    assert watched.held == DONE + COMMENT


def test_a_stream_without_its_last_event_has_not_ended() -> None:
    watched = tap()
    watched.feed(STREAM.removesuffix(DONE) + b"data: [DO")
    assert not watched.has_ended
    assert watched.held == b""


def test_a_rewritten_event_replaces_its_own_bytes_alone() -> None:
    watched = tap(withhold=True)
    assert watched.feed(STREAM) == FIRST + COMMENT + SECOND.replace(b'"why"', b"null") + USAGE


def test_a_rewritten_event_of_several_lines_keeps_its_lines() -> None:
    watched = tap(withhold=True)
    event = b'data: {"choices":[{"index":0,\ndata: "delta":{"reasoning":"why",\r\ndata: "content":"a"}}]}\n\n'
    assert watched.feed(event) == event.replace(b'"why"', b"null").replace(b"\r", b"")


@given(cuts=st.sets(st.integers(1, len(STREAM) - 1), max_size=12), wants_usage=st.booleans())
def test_however_the_stream_is_cut_the_caller_receives_the_same(*, cuts: set[int], wants_usage: bool) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]
    watched = tap(wants_usage=wants_usage)
    out = b"".join(watched.feed(STREAM[a:b]) for a, b in pairwise(bounds))
    assert out + watched.held == (STREAM if wants_usage else STREAM.replace(USAGE, b""))
    assert (watched.facts.text, watched.facts.output_tokens) == (["a", "b"], 2)
