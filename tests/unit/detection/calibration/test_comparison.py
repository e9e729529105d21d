# SPDX-License-Identifier: Apache-2.0
from fakes.baselines import baseline, histogram
from stillwatch.detection.calibration.comparison import compare

FLAT, STEEP = [100.0] * 8, [300.0, 250.0, 150.0, 50.0, 20.0, 10.0, 10.0, 10.0]


def test_a_baseline_has_not_drifted_from_itself() -> None:
    (one,) = compare(baseline(histogram(FLAT)), baseline(histogram(FLAT)))
    assert (one.divergence_bits, one.distance, one.p_value, one.is_drift) == (0.0, 0.0, 1.0, False)


def test_what_is_large_and_beyond_chance_is_drift() -> None:
    found = compare(
        baseline(histogram(FLAT), histogram(FLAT, quantity="fit")),
        baseline(histogram(FLAT), histogram(STEEP, quantity="fit")),
    )
    assert [(one.quantity, one.is_drift) for one in found] == [("fit", True), ("surprise", False)]


def test_what_few_independent_accounts_show_is_not() -> None:
    sloping = [200.0, 180.0, 140.0, 100.0, 80.0, 50.0, 30.0, 20.0]
    before, now = baseline(histogram(FLAT)), baseline(histogram(sloping, worth=21.0))
    (one,) = compare(before, now, bound_bits=0.05)
    assert one.divergence_bits > 0.05
    assert not one.is_drift
    assert compare(before, baseline(histogram(sloping)), bound_bits=0.05)[0].is_drift
    assert compare(before, baseline(histogram(STEEP, worth=19.0))) == ()


def test_what_is_certain_but_small_is_not() -> None:
    before, now = baseline(histogram([1e5] * 8)), baseline(histogram([1.1e5, *[1e5] * 7]))
    (one,) = compare(before, now)
    assert one.p_value < 1e-6
    assert not one.is_drift
    assert compare(before, now, bound_bits=one.divergence_bits / 2)[0].is_drift


def test_what_one_side_lacks_is_not_compared() -> None:
    assert compare(baseline(histogram(FLAT)), baseline(histogram(FLAT, quantity="fit"))) == ()
    assert compare(baseline(), baseline()) == ()
