# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.holder import Holder
from stillwatch.access import jws
from stillwatch.access.binding.public_key import ALGORITHMS, key_of

HOLDER, OTHER = Holder(), Holder("other")


def test_what_one_of_the_keys_signed_is_read() -> None:
    token = HOLDER.sign({"typ": "x"}, {"a": 1})
    keys = [key_of(OTHER.canonical), key_of(HOLDER.canonical)]
    found = jws.verified(token, keys, algorithms=ALGORITHMS)
    assert found == jws.read(token, algorithms=ALGORITHMS) == ({"alg": "ES256", "typ": "x"}, {"a": 1})


def test_a_key_that_is_named_is_the_only_one_that_counts() -> None:
    keys = [key_of(OTHER.canonical), key_of(HOLDER.canonical)]
    token = HOLDER.sign({"kid": OTHER.jkt}, {"a": 1})
    with pytest.raises(ValueError, match="not signed"):
        jws.verified(token, keys, algorithms=ALGORITHMS)


def test_what_another_signed_or_changed_is_refused() -> None:
    head, _, tail = HOLDER.sign({}, {"a": 1}).split(".")
    changed = ".".join([head, jws.encoded(b'{"a": 2}'), tail])
    for token in (OTHER.sign({}, {"a": 1}), changed):
        with pytest.raises(ValueError, match="not signed"):
            jws.verified(token, [key_of(HOLDER.canonical)], algorithms=ALGORITHMS)


def test_an_edwards_key_does_not_verify_what_says_es256() -> None:
    edwards = Holder(is_edwards=True)
    with pytest.raises(ValueError, match="not signed"):
        jws.verified(edwards.sign({"alg": "ES256"}, {}), [key_of(edwards.canonical)], algorithms=ALGORITHMS)


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b"[]", b"{}"),
        (b'{"alg":"none"}', b"{}"),
        (b'{"alg":"ES256","alg":"none"}', b"{}"),
        (b'{"alg":"ES256","crit":[]}', b"{}"),
        (b'{"alg":"ES256"}', b"[]"),
        (b'{"alg":"ES256"}', b'{"a":1,"a":2}'),
        (b'{"alg":"ES256"}', b'{"a":NaN}'),
        (b'{"alg":"ES256"}', b"[" * 100_000),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(header: bytes, payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"is |has |asks |cannot "):
        jws.read(f"{jws.encoded(header)}.{jws.encoded(payload)}.x", algorithms=ALGORITHMS)


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"is |has |asks |cannot "):
        jws.read(text, algorithms=ALGORITHMS)
