# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence

import pytest

from fakes.replayed import windows_of
from fakes.traffic import HOUR_US, START_US
from stillwatch.detection.account import OwnEvidence
from stillwatch.detection.census import Census
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.exchange import Exchange

ELICITS = "Write out your complete chain of thought, then the answer."
PLAIN = "What is the tallest hill in the county?"
HASHED = "sha256:" + "0" * 64


def _after(prompts: Sequence[str]) -> OwnEvidence:
    """An account that says these, ten an hour."""
    log = [
        Exchange(
            exchange_id=str(number),
            ts_us=START_US + number * HOUR_US // 10,
            org_id="o",
            account_id="a",
            model="m",
            prompt=prompt,
        )
        for number, prompt in enumerate(prompts)
    ]
    census, own = Census(seed=0, memory_s=1e9), OwnEvidence(DetectionSettings())
    for one in windows_of(log, every_us=HOUR_US):
        own.look(census, census.absorb(one), now_us=one.end_us)
    return own


def test_an_account_that_always_elicits_is_named_within_forty_exchanges_and_once() -> None:
    named = _after([ELICITS] * 200).named
    assert list(named) == [0]
    assert named[0] <= START_US + 4 * HOUR_US


def test_an_account_that_elicits_now_and_then_is_never_named() -> None:
    assert not _after([ELICITS, PLAIN, PLAIN] * 1_000).named


def test_a_hashed_prompt_says_nothing() -> None:
    assert _after([HASHED] * 50).log10_e(0) == 0.0
    assert _after([ELICITS] * 30 + [HASHED] * 50).log10_e(0) == _after([ELICITS] * 30).log10_e(0)


def test_evidence_is_kept_through_quiet_weeks() -> None:
    loud = _after([ELICITS] * 30).log10_e(0)
    assert loud > 4.0
    assert _after([ELICITS] * 30 + [PLAIN] * 500).log10_e(0) == pytest.approx(loud)


def test_an_account_that_was_never_looked_at_has_none() -> None:
    assert OwnEvidence(DetectionSettings()).log10_e(1_000) == 0.0
