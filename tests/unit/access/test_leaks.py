# SPDX-License-Identifier: Apache-2.0
import re

from hypothesis import given
from hypothesis import strategies as st

from fakes.keys import entry_for
from stillwatch.access.leaks import PATTERN, find_keys

TEXT, ENTRY = entry_for("acct-1")


def test_a_key_is_found_wherever_it_stands() -> None:
    text = f"a\nAPI_KEY='{TEXT}'\nhttps://x/?k={TEXT}&y\n".encode()
    assert [(leak.line, leak.key_id) for leak in find_keys([text])] == [(2, ENTRY.key_id), (3, ENTRY.key_id)]
    assert re.fullmatch(PATTERN, TEXT)


def test_what_only_looks_like_a_key_is_none() -> None:
    assert not list(find_keys([TEXT[:-1].encode() + b"!", TEXT.replace("_live_", "_test_").encode()]))
    last = "a" if TEXT[-1] != "a" else "b"
    assert not list(find_keys([(TEXT[:-1] + last).encode()]))


def test_the_key_itself_is_not_shown() -> None:
    assert TEXT not in repr(list(find_keys([TEXT.encode()])))


@given(st.lists(st.sampled_from([b"", b"\n", b"x" * 70, b"swk_live_", TEXT.encode()])), st.integers(1, 100))
def test_however_it_is_cut_the_same_is_found(parts: list[bytes], size: int) -> None:
    text = b" ".join(parts)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    whole = list(find_keys([text]))
    assert list(find_keys(pieces)) == whole
    assert len(whole) == text.count(TEXT.encode())
