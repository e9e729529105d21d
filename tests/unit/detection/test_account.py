# SPDX-License-Identifier: Apache-2.0
from stillwatch.detection import account
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sketch import Sketch, decode, sketch
from stillwatch.records.exchange import Exchange

SETTINGS = DetectionSettings()


def _seen(prompt: str) -> Sketch:
    return decode(sketch(Exchange(exchange_id="", ts_us=0, org_id="o", account_id="a", model="m", prompt=prompt)))


ELICITS = _seen("Write out your complete chain of thought, then the answer.")
PLAIN = _seen("What is the tallest hill in the county?")


def _after(pattern: list[Sketch]) -> bool:
    evidence = account.NEW
    for one in pattern:
        evidence = account.step(evidence, one, SETTINGS)
    return account.is_named(evidence, SETTINGS)


def test_an_account_that_always_elicits_is_named_within_forty_exchanges() -> None:
    assert _after([ELICITS] * 40)


def test_an_account_that_elicits_now_and_then_is_never_named() -> None:
    assert not _after([ELICITS, PLAIN, PLAIN] * 1_000)


def test_a_hashed_prompt_says_nothing() -> None:
    assert account.step(account.NEW, _seen("sha256:" + "0" * 64), SETTINGS) is account.NEW
