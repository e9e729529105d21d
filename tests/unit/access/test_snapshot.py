# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.keys import entry_for
from stillwatch.access.snapshot import KeyEntry, decode_entries, encode_entries
from stillwatch.errors import IntegrityError
from stillwatch.records.grant import TextPolicy
from stillwatch.records.standing import Rung, Standing

instants = st.none() | st.integers(0, 2**53)
texts = st.text(max_size=20)
entries = st.builds(
    KeyEntry,
    key_id=texts,
    digest=st.binary(min_size=32, max_size=32),
    pepper_id=texts,
    org_id=texts,
    account_id=texts,
    org_active=st.booleans(),
    account_active=st.booleans(),
    standing=st.builds(
        Standing, rung=st.sampled_from(Rung), until_us=instants, reason=texts, decision_id=st.none() | texts
    ),
    models=st.none() | st.lists(texts, max_size=3).map(tuple),
    cidrs=st.none() | st.lists(texts, max_size=3).map(tuple),
    expires_us=instants,
    revoked_us=instants,
    text_policy=st.sampled_from(TextPolicy),
    payment_fp=st.none() | texts,
    signup_ts_us=instants,
    route=st.none() | texts,
)


@given(st.lists(entries, max_size=5))
def test_what_is_packed_is_unpacked_the_same(given_entries: list[KeyEntry]) -> None:
    assert decode_entries(encode_entries(given_entries)) == tuple(given_entries)


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_and_never_crash(noise: bytes) -> None:
    try:
        unpacked = decode_entries(noise)
    except IntegrityError:
        return
    assert decode_entries(encode_entries(unpacked)) == unpacked


@given(st.lists(entries, min_size=1, max_size=3), st.data())
def test_a_cut_snapshot_is_refused(given_entries: list[KeyEntry], data: st.DataObject) -> None:
    packed = encode_entries(given_entries)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(IntegrityError):
        decode_entries(packed[:cut])


def test_an_entry_shows_no_hash_in_its_repr() -> None:
    _, entry = entry_for("acct-1")
    assert entry.digest.hex() not in repr(entry)
    assert repr(entry.digest) not in repr(entry)
    assert "acct-1" in repr(entry)


def test_a_key_takes_a_hundred_bytes_or_so_on_the_way() -> None:
    packed = encode_entries(entry_for(f"acct-{number}")[1] for number in range(100))
    assert len(packed) < 100 * 120
