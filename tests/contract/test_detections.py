# SPDX-License-Identifier: Apache-2.0
"""The content in ``detections/`` says what the code does: its parameters are the defaults, its cases fire or do not."""

import tomllib
from pathlib import Path

import pytest

from fakes.populations import replayed_each
from fakes.worlds import composed
from stillwatch.arena.worlds.description import read_world
from stillwatch.detection.settings import DetectionSettings
from stillwatch.records.finding import Recommendation

CAMPAIGN = Path(__file__).resolve().parents[2] / "detections" / "campaign"
SETTINGS = DetectionSettings(cadence_seconds=12 * 3_600)
SEEDS = (1, 2)


def _contained(case: Path, folder: Path) -> list[set[str]]:
    """Who is contained, for each seed, by what they are: a campaign's name or a kind of account."""
    worlds = [composed(read_world(case), seed=seed) for seed in SEEDS]
    found = []
    for world, findings in zip(worlds, replayed_each(worlds, folder, settings=SETTINGS), strict=True):
        inside = {world.callers[number].account_id for members in world.campaigns.values() for number in members}
        contained = {one.account_id for one in findings.accounts if one.action is Recommendation.CONTAIN}
        found.append({"campaign" if one.partition("/")[2] in inside else "benign" for one in contained})
    return found


def _cases(folder: str) -> list[Path]:
    cases = sorted((CAMPAIGN / folder).glob("*.toml"))
    assert cases
    return cases


def test_the_parameters_are_the_defaults() -> None:
    written = tomllib.loads((CAMPAIGN / "parameters.toml").read_text())
    assert written["maturity"] in {"experimental", "testing", "stable"}
    assert written["detection"] == DetectionSettings().model_dump()


def test_each_case_has_its_line_in_the_runbook() -> None:
    page = (CAMPAIGN / "README.md").read_text()
    cases = [case.stem for case in (*_cases("must_fire"), *_cases("must_not_fire"))]
    assert [case for case in cases if f"`{case}`" not in page] == []


@pytest.mark.parametrize("case", _cases("must_fire"), ids=lambda case: case.stem)
def test_what_must_fire_fires_and_wrongs_nobody(case: Path, tmp_path: Path) -> None:
    assert _contained(case, tmp_path) == [{"campaign"}] * len(SEEDS)


@pytest.mark.parametrize("case", _cases("must_not_fire"), ids=lambda case: case.stem)
def test_what_must_not_fire_contains_nobody(case: Path, tmp_path: Path) -> None:
    assert _contained(case, tmp_path) == [set()] * len(SEEDS)
