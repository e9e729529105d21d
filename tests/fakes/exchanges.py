# SPDX-License-Identifier: Apache-2.0
"""Exchanges to record: small ones to count, and arbitrary ones to find what breaks."""

from hypothesis import strategies as st

from stillwatch.records.exchange import Exchange, Outcome

START_US = 1_780_272_000_000_000
"""2026-06-01, midnight."""

_INT64 = st.integers(-(2**63), 2**63 - 1)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def an_exchange(number: int = 0, *, ts_us: int | None = None, prompt: str = "Why is the sky blue?") -> Exchange:
    """One like a gateway records, told apart by its number."""
    return Exchange(
        exchange_id=f"ex-{number:06d}",
        ts_us=START_US + number if ts_us is None else ts_us,
        org_id="org-1",
        account_id="acct-1",
        model="large-1",
        prompt=prompt,
        key_id="key-1",
        client_ip="203.0.113.7",
        endpoint="chat.completions",
        input_tokens=7,
        output_tokens=300,
        temperature=0.5,
        stream=False,
        status=200,
        latency_ms=12.5,
        sketch=b"\x00\x01",
    )


def any_exchange() -> st.SearchStrategy[Exchange]:
    """Every field filled with anything a column can hold."""
    return st.builds(
        Exchange,
        exchange_id=_TEXT,
        ts_us=st.integers(0, 253_402_300_799_999_999),
        org_id=_TEXT,
        account_id=_TEXT,
        model=_TEXT,
        prompt=_TEXT,
        key_id=st.none() | _TEXT,
        client_ip=st.none() | _TEXT,
        signup_ts_us=st.none() | st.integers(0, 253_402_300_799_999_999),
        system=st.none() | _TEXT,
        response=st.none() | _TEXT,
        turn=st.none() | _INT64,
        max_tokens=st.none() | _INT64,
        temperature=st.none() | st.floats(allow_nan=False),
        stream=st.none() | st.booleans(),
        latency_ms=st.none() | st.floats(allow_nan=False),
        outcome=st.sampled_from(Outcome),
        tokens_estimated=st.booleans(),
        rung=st.integers(0, 4),
        sketch=st.none() | st.binary(max_size=64),
        policy_rules=st.none() | _TEXT,
        policy_facts=st.none() | _TEXT,
        binding=st.none() | st.integers(0, 3),
        person=st.none() | _TEXT,
        person_class=st.none() | _TEXT,
    )
