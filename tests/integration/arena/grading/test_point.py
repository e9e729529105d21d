# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from msgspec.structs import replace

from fakes.worlds import small_world
from stillwatch.arena.grading.point import Grader, code_digest
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.worlds.arrivals import ModelledArrivals
from stillwatch.detection.settings import DetectionSettings


def grader(folder: Path, *, cadence_seconds: int = 43_200, sources: str = "generated") -> Grader:
    return Grader(
        kept=folder,
        library=GeneratedLibrary(),
        sources=sources,
        arrivals=ModelledArrivals(),
        settings=DetectionSettings(cadence_seconds=cadence_seconds),
        most_false=3,
    )


def test_a_finished_point_is_kept_and_known_again_only_for_the_same_question(tmp_path: Path) -> None:
    world = small_world()
    made = grader(tmp_path).point(world, 1)
    assert made.score.harvest == 200
    assert made.baselines
    assert grader(tmp_path).known(world, 1) == made
    assert grader(tmp_path).known(world, 2) is None
    assert grader(tmp_path).known(replace(world, days=13), 1) is None
    assert grader(tmp_path, cadence_seconds=3_600).known(world, 1) is None
    assert grader(tmp_path, sources="corpora").known(world, 1) is None
    assert len(list(tmp_path.iterdir())) == 1


def test_half_a_point_is_no_point(tmp_path: Path) -> None:
    world = small_world()
    grader(tmp_path).point(world, 1)
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:100])
    assert grader(tmp_path).known(world, 1) is None


def test_the_digest_of_the_code_covers_detection() -> None:
    assert len(code_digest()) == 64
