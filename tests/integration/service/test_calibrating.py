# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.worlds import composed, small_world
from stillwatch.arena.worlds.description import Crowd, Operator, World
from stillwatch.arena.worlds.writing import write_log
from stillwatch.detection.calibration.crowd import EVERYBODY
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput
from stillwatch.service.calibrating import Calibration, Step, calibrate

SETTINGS = DetectionSettings(cadence_seconds=12 * 3_600)
OPERATOR = Operator(
    name="hydra", accounts=14, exchanges=600, days=6.0, first_day=0.5, dilution=0.0, stagger=0.0, quota_skew=0.2,
    shared=0.0,
)  # fmt: skip
CROWDS = (Crowd(kind="person", accounts=44), Crowd(kind="office", accounts=4), Crowd(kind="enterprise", accounts=8))


def _calibrated(folder: Path, world: World, *, seed: int = 0) -> Calibration:
    write_log(composed(world), folder)
    return calibrate([folder / "log.parquet"], settings=SETTINGS, workers=1, repeats=2, seed=seed)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    return _calibrated(tmp_path_factory.mktemp("quiet"), World(name="quiet", days=10, crowds=CROWDS))


def test_the_log_s_accounts_are_counted_in_blocks_and_cohorts(quiet: Calibration) -> None:
    baseline = quiet.baseline
    assert baseline.accounts == 56
    assert baseline.blocks < baseline.organisations
    everybody = baseline.rates[0]
    assert (everybody.cohort, everybody.accounts) == (EVERYBODY, 56)
    assert baseline.blocks >= everybody.worth > 5
    assert 0 < baseline.movable <= 1
    assert everybody.contained.mean == 0
    assert everybody.contained.at_most == pytest.approx(0.052, abs=0.002)
    assert {"surprise", "rate p"} <= {one.quantity for one in baseline.quantities}


def test_the_same_seed_gives_the_same_baseline_and_another_one_another(tmp_path: Path, quiet: Calibration) -> None:
    world = World(name="quiet", days=10, crowds=CROWDS)
    assert _calibrated(tmp_path, world) == quiet
    assert _calibrated(tmp_path, world, seed=1).baseline.quantities != quiet.baseline.quantities


def test_a_campaign_that_shares_nothing_but_time_is_not_counted_as_a_false_alarm(tmp_path: Path) -> None:
    world = World(name="campaign", days=10, crowds=CROWDS, operators=(OPERATOR,))
    baseline = _calibrated(tmp_path, world).baseline
    assert baseline.as_it_stands.named >= 8
    assert baseline.rates[0].contained.mean < baseline.as_it_stands.named / 4


def test_progress_is_told_in_steps_that_reach_their_ends(tmp_path: Path) -> None:
    write_log(composed(World(name="quiet", days=4, crowds=CROWDS)), tmp_path)
    seen: dict[Step, tuple[int, int]] = {}

    def tell(step: Step, done: int, total: int) -> None:
        seen[step] = (done, total)

    calibrate([tmp_path / "log.parquet"], settings=SETTINGS, repeats=2, workers=1, progress=tell)
    assert list(seen) == list(Step)
    assert all(done == total for done, total in seen.values())


def test_a_log_in_which_nothing_can_be_found_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="organisations were seen"):
        _calibrated(tmp_path, small_world(people=3))
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(BadInput, match="empty"):
        calibrate([tmp_path / "empty.jsonl"], settings=SETTINGS, repeats=1)
