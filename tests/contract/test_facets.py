# SPDX-License-Identifier: Apache-2.0
"""What every family of evidence must do, whoever wrote it."""

import math
import pickle
import sys
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from fakes.groups import case_from, case_of
from fakes.replayed import absorbed
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.catalog import FAMILIES
from stillwatch.detection.corpora import Corpus, hashes_of
from stillwatch.detection.interface import Case, FacetFamily
from stillwatch.detection.settings import DetectionSettings
from stillwatch.remediation.settings import RemediationSettings
from stillwatch.stats.calibrate import log10_mean_e

every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


def _hydra_world() -> World:
    world = World(seed=21)
    world.people(110)
    world.hydra(
        28,
        exchanges=40,
        shared=0.7,
        columns=lambda number: {
            "ja4": f"t13d-own-{number % 2}",
            "signup_ts_us": START_US - 9 * DAY_US + number * 3_600_000_000,
        },
    )
    return world


def _with_pile(case: Case, world: World) -> Case:
    pile = hashes_of([one.prompt for one in world.exchanges if one.account_id.startswith("hydra-")])
    return replace(case, corpora=(Corpus("pile", np.unique(pile)),))


@pytest.fixture(scope="module")
def hydra() -> Case:
    world = _hydra_world()
    return _with_pile(case_of(world, "hydra-"), world)


@pytest.fixture(scope="module")
def at_instants() -> tuple[Case, Case]:
    """The same traffic twice, its clock so coarse that many exchanges share an instant, each time in another order."""
    world = _hydra_world()
    log = [msgspec.structs.replace(one, ts_us=one.ts_us - one.ts_us % (600 * 1_000_000)) for one in world.log()]
    order = np.random.default_rng(5).permutation(len(log))
    shuffled = [log[at] for at in order]
    one, other = (_with_pile(case_from(absorbed(each), "hydra-"), world) for each in (log, shuffled))
    return one, other


@pytest.fixture(scope="module")
def merged() -> tuple[Case, Case]:
    """The same traffic taken in by windows of six hours, and by windows of one that add up to them."""
    world = _hydra_world()
    one, other = (
        _with_pile(case_from(absorbed(world.log(), every_us=hours * HOUR_US), "hydra-"), world) for hours in (6, 1)
    )
    return one, other


@pytest.fixture(scope="module")
def strangers() -> Case:
    world = World(seed=22)
    world.people(110)
    world.people(20, prefix="stranger")
    pile = hashes_of([world.prompt(list(range(40))) for _ in range(500)])
    return replace(case_of(world, "stranger-"), corpora=(Corpus("pile", np.unique(pile)),))


@pytest.fixture(scope="module")
def bare() -> Case:
    """Only the required columns."""
    world = World(seed=23)
    world.people(60)
    world.hydra(20)
    for at, one in enumerate(world.exchanges):
        world.exchanges[at] = type(one)(
            exchange_id=one.exchange_id,
            ts_us=one.ts_us,
            org_id=one.org_id,
            account_id=one.account_id,
            model=one.model,
            prompt=one.prompt,
        )
    return case_of(world, "hydra-")


@every_family
def test_weighs_the_same_case_the_same_way(family: FacetFamily, hydra: Case) -> None:
    assert family.weigh(hydra) == family.weigh(hydra)


@every_family
def test_the_order_within_an_instant_changes_nothing(family: FacetFamily, at_instants: tuple[Case, Case]) -> None:
    one, other = at_instants
    assert family.weigh(one) == family.weigh(other)


@every_family
def test_parts_of_the_traffic_add_up(family: FacetFamily, merged: tuple[Case, Case]) -> None:
    whole, parts = (family.weigh(case) for case in merged)
    assert (whole is None) == (parts is None)
    if whole is not None and parts is not None:
        # How rare a word is has been learnt up to another instant, so content agrees up to that.
        assert parts.log10_e == pytest.approx(whole.log10_e, rel=0.05, abs=0.1)


@every_family
def test_what_it_says_and_draws_stays_bounded_for_the_largest_group(family: FacetFamily, hydra: Case) -> None:
    everyone = np.arange(len(hydra.chosen.rows))
    group = replace(hydra.group, members=everyone, scores=hydra.links.score, least_fit=np.ones(len(everyone)))
    evidence = family.weigh(replace(hydra, group=group))
    assert evidence is None or (0.0 <= evidence.p_value <= 1.0 and len(evidence.why) < 400)


@every_family
def test_changes_nothing_it_is_shown(family: FacetFamily, hydra: Case) -> None:
    content, mean, members = hydra.census.content.copy(), hydra.chosen.mean.copy(), hydra.group.members.copy()
    family.weigh(hydra)
    assert np.array_equal(content, hydra.census.content)
    assert np.array_equal(mean, hydra.chosen.mean)
    assert np.array_equal(members, hydra.group.members)


@every_family
def test_evidence_is_a_p_value_an_e_value_and_a_sentence(family: FacetFamily, hydra: Case) -> None:
    evidence = family.weigh(hydra)
    if evidence is None:
        return
    assert evidence.family == family.name
    assert 0.0 <= evidence.p_value <= 1.0
    assert not math.isnan(evidence.log10_e)
    assert evidence.why.endswith(".")
    assert "hydra-" not in evidence.why


@every_family
def test_says_against_whom_it_compares_and_what_would_clear_it(family: FacetFamily) -> None:
    assert family.peers
    assert not family.peers.endswith(".")
    assert family.clears.endswith(".")


@every_family
def test_strangers_are_no_evidence(family: FacetFamily, strangers: Case) -> None:
    evidence = family.weigh(strangers)
    assert evidence is None or evidence.p_value > 1e-4


@every_family
def test_columns_that_are_absent_punish_nobody(family: FacetFamily, bare: Case) -> None:
    evidence = family.weigh(bare)
    if family.is_independent:
        assert evidence is None


@every_family
def test_can_be_stored(family: FacetFamily) -> None:
    assert pickle.loads(pickle.dumps(family)) == family  # noqa: S301 - our own bytes of a moment ago


@every_family
def test_says_what_it_catches_misses_and_mistakes(family: FacetFamily) -> None:
    told = sys.modules[type(family).__module__].__doc__ or ""
    assert all(word in told for word in ("Catches:", "Misses:", "False alarms:"))


@pytest.mark.parametrize("name", ["content", "rate", "infrastructure", "signup", "client", "coverage"])
def test_a_hydra_that_shares_everything_is_evidence_in_every_such_family(name: str, hydra: Case) -> None:
    family = next(one for one in FAMILIES if one.name == name)
    evidence = family.weigh(hydra)
    assert evidence is not None
    assert evidence.p_value < 0.02


@pytest.mark.parametrize("silent", [0.0, -0.3])
def test_one_capped_core_family_is_enough_to_suspend_however_many_others_find_nothing(silent: float) -> None:
    cap = DetectionSettings().family_cap_log10
    core = [family for family in FAMILIES if family.weight == 1.0]
    assert len(core) >= 5
    log10_es = [cap if family is core[0] else silent for family in FAMILIES]
    merged = log10_mean_e(log10_es, [family.weight for family in FAMILIES])
    assert merged >= RemediationSettings().suspend_log10_e
