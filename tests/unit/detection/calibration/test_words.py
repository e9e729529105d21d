# SPDX-License-Identifier: Apache-2.0
from fakes.baselines import baseline
from stillwatch.detection.calibration.words import described


def test_it_says_which_rates_so_many_accounts_can_support() -> None:
    lines = described(baseline(accounts=3_344, worth=2_000.0))
    told = dict(lines)
    assert "With 3344 accounts and 0.0 contained on the mean you can claim at most 0.09% " in told["all"]
    claims = [text for name, text in lines if name == "supports"]
    assert "1.00% of accounts contained apart can be claimed; it takes 299" in claims[0]
    assert "0.10% of accounts contained apart can be claimed only if accounts are independent" in claims[1]
    assert "0.01% of accounts contained apart cannot be claimed; it takes 29956" in claims[2]


def test_it_says_what_moving_breaks_and_what_it_does_not() -> None:
    told = dict(described(baseline(contained=2.0)))
    assert "75%" in told["robust"]
    assert "does not break what they say" in told["robust"]
    assert "1 of those contained are contained in half of the repeats too" in told["unmoved"]
    assert "47%" in told["worlds"]
