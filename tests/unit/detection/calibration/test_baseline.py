# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from stillwatch.detection.calibration.baseline import Tally, edges_of, settings_digest
from stillwatch.detection.calibration.crowd import EVERYBODY, Crowd
from stillwatch.detection.calibration.quantities import SURPRISE, Reading
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.finding import AccountFinding, Findings, Recommendation
from stillwatch.stats.intervals import at_most

CONTAIN, WATCH = Recommendation.CONTAIN, Recommendation.WATCH
NAMES = tuple("abcdefgh")
BLOCK = np.array([0, 0, 0, 1, 2, 3, 4, 5])
ORG = np.array([0, 0, 1, 2, 3, 4, 5, 6])
"""a and b are of one organisation, and c shares its card."""


def _tally() -> Tally:
    everybody = np.ones(len(NAMES), np.bool_)
    return Tally(
        Crowd(
            names=NAMES,
            org=ORG,
            block=BLOCK.copy(),
            first_us=np.zeros(len(NAMES), np.int64),
            last_us=np.zeros(len(NAMES), np.int64),
            organisations=tuple(f"o{number}" for number in range(7)),
            org_block=np.array([0, 0, 1, 2, 3, 4, 5]),
            cohorts={EVERYBODY: everybody, "of the block": BLOCK == 0, "nobody": ~everybody},
        )
    )


def _found(contained: str = "", watched: str = "", *, campaign: str | None = "c-1") -> Findings:
    actions = {**dict.fromkeys(contained, CONTAIN), **dict.fromkeys(watched, WATCH)}
    return Findings(
        window_from_us=0,
        window_to_us=1,
        accounts=tuple(
            AccountFinding(account_id=name, flagged_us=1, action=action, log10_e=1.0, campaign_id=campaign, reasons=())
            for name, action in actions.items()
        ),
        campaigns=(),
    )


def test_alarms_are_means_over_the_repeats_with_bounds_for_so_many_accounts() -> None:
    tally = _tally()
    tally.add(_found("d"), [])
    tally.add(_found("", "de"), [])
    everybody, block = tally.rates()
    assert (everybody.cohort, everybody.accounts) == (EVERYBODY, 8)
    assert everybody.contained.mean == 0.5
    assert everybody.named.mean == 1.5
    assert everybody.contained.at_most == pytest.approx(at_most(0.5, 8))
    assert everybody.worth == pytest.approx(64 / 14)
    assert everybody.contained.at_most_together == pytest.approx(at_most(0.5 / 8 * 64 / 14, 64 / 14))
    assert (block.accounts, block.worth, block.contained.mean) == (3, 1.0, 0.0)
    assert tally.repeats_with_containment == 1


def test_apart_is_who_is_in_a_group_that_shares_too_little_to_be_held_together() -> None:
    tally = _tally()
    tally.crowd.block[3:] = [1, 1, 1, 1, 2]
    tally.add(_found("abch"), [])
    assert tally.apart == dict.fromkeys("abch", 1)
    tally.add(_found("defgh"), [])
    assert tally.apart == dict.fromkeys("abch", 1)
    assert (tally.repeats_with_containment, tally.repeats_with_apart) == (2, 1)
    assert tally.rates()[0].apart.mean == 2.0


def test_what_is_contained_though_it_was_moved_is_not_contained_for_when_it_came() -> None:
    tally = _tally()
    tally.add(_found("ad"), [])
    tally.add(_found("a"), [])
    tally.add(_found("a"), [])
    stands = tally.as_it_stands(_found("ade", "f"))
    assert (stands.contained, stands.named, stands.contained_anyway) == (3, 4, 1)


def test_values_are_counted_by_cohort_and_averaged_over_the_repeats() -> None:
    tally = _tally()
    surprise = Reading(quantity=SURPRISE, accounts=("a", "d"), values=np.array([0.3, 99.0]))
    groups = Reading(quantity="rate p", accounts=(), values=np.array([-1.0, -0.0, -30.0]))
    tally.add(_found(), [surprise, groups])
    tally.add(_found(), [surprise])
    held = {(one.quantity, one.cohort): one for one in tally.histograms()}
    assert set(held) == {(SURPRISE, EVERYBODY), (SURPRISE, "of the block"), ("rate p", EVERYBODY)}
    everybody = held[SURPRISE, EVERYBODY]
    assert len(everybody.counts) == len(everybody.edges) + 1
    assert sum(everybody.counts) == 2.0
    assert everybody.counts[-1] == 1.0
    assert (everybody.worth, held[SURPRISE, "of the block"].worth) == (2.0, 1.0)
    assert held["rate p", EVERYBODY].counts[0] == 0.5


def test_every_quantity_has_bins_in_ascending_order() -> None:
    for quantity in (SURPRISE, "fit", "timing p", "rate p"):
        assert (np.diff(edges_of(quantity)) > 0).all()


def test_settings_have_one_digest_and_others_another() -> None:
    assert settings_digest(DetectionSettings()) == settings_digest(DetectionSettings(seed=0))
    assert settings_digest(DetectionSettings()) != settings_digest(DetectionSettings(cadence_seconds=60))
