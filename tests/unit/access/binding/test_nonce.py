# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.binding.nonce import issued_us, make_nonce

NOW = 1_800_000_000_000_000
EPOCH, OTHER = bytes(16), bytes([1]) * 16
LASTS = 300_000_000


def test_a_nonce_counts_until_it_is_too_old() -> None:
    nonce = make_nonce(EPOCH, NOW)
    assert issued_us(nonce, EPOCH, now_us=NOW + LASTS - 1, lasts_us=LASTS) == NOW
    assert issued_us(nonce, EPOCH, now_us=NOW + LASTS, lasts_us=LASTS) is None
    assert issued_us(nonce, EPOCH, now_us=NOW - 60_000_000, lasts_us=LASTS) is None


def test_a_nonce_of_another_epoch_does_not_count() -> None:
    assert issued_us(make_nonce(OTHER, NOW), EPOCH, now_us=NOW, lasts_us=LASTS) is None


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[0-9a-f]{14}[A-Za-z0-9_-]{22}", fullmatch=True)))
def test_nobody_makes_one_up(text: str) -> None:
    assert issued_us(text, EPOCH, now_us=NOW, lasts_us=LASTS) is None
