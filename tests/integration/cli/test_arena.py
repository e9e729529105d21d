# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.terminal import Terminal
from fakes.worlds import composed, small_world
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.writing import write_log

WORLD = """
name = "small"
days = 12
feedback_days = 5

[[crowds]]
kind = "person"
accounts = 80

[[crowds]]
kind = "back end"
accounts = 3

[[operators]]
name = "hydra"
accounts = 20
exchanges = 700
dilution = 0.0
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / "world.toml"
    path.write_text(WORLD)
    return path


def test_composing_writes_a_folder_that_can_be_composed_again(terminal: Terminal, world: Path, tmp_path: Path) -> None:
    shown = terminal.run("arena", "compose", str(tmp_path / "one"), "--world", str(world), "--json")
    assert shown.code == 0, shown.err
    assert json.loads(shown.out)["harvest"] == 700
    again = terminal.run("arena", "compose", str(tmp_path / "two"), "--world", str(tmp_path / "one" / "world.json"))
    assert again.code == 0, again.err
    one, two = ((tmp_path / name / "truth.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_grading_a_world_writes_a_report_and_goes_on_where_it_stopped(
    terminal: Terminal, world: Path, tmp_path: Path
) -> None:
    asked = ("arena", "grade", "--world", str(world), "--seeds", "1", "--cadence", "12h", "--out", str(tmp_path / "g"))
    first = terminal.run(*asked)
    assert first.code == 0, first.err
    assert "benign accounts contained" in first.out
    points = list((tmp_path / "g" / "points").iterdir())
    written = points[0].stat().st_mtime_ns
    second = terminal.run(*asked, "--json")
    assert points[0].stat().st_mtime_ns == written
    assert json.loads(second.out)["headline"][0]["score"]["harvest"] == 700
    report = json.loads((tmp_path / "g" / "report.json").read_text())
    assert report["schema"] == "stillwatch.grade/1"
    assert "What is missed" in (tmp_path / "g" / "report.html").read_text()


def test_a_log_is_scored_with_findings_from_elsewhere_and_may_fall_short(terminal: Terminal, tmp_path: Path) -> None:
    made = composed(small_world(Operator(name="hydra", accounts=4, exchanges=40)))
    write_log(made, tmp_path / "log")
    name = made.callers[made.campaigns["hydra"][0]].account_id
    findings = {"accounts": [{"account_id": name, "flagged_at": "2026-06-01T00:00:00Z"}], "campaigns": []}
    (tmp_path / "f.json").write_text(json.dumps(findings))
    asked = ("arena", "grade", "--log", str(tmp_path / "log"), "--findings", str(tmp_path / "f.json"))
    out = ("--out", str(tmp_path / "g"), "--json")
    shown = terminal.run(*asked, *out)
    assert shown.code == 0, shown.err
    score = json.loads(shown.out)["headline"][0]["score"]
    assert (score["contained"]["count"], score["contained"]["of"]) == (1, 4)
    assert terminal.run(*asked, *out, "--min-recall", "0.5").code == 1
    assert terminal.run(*asked, *out, "--min-recall", "0.2", "--max-false", "0").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--findings", "f.json"), "--findings needs --log"),
        (("--log", "x", "--quick"), "--log scores one folder"),
        (("--log", "nowhere"), "cannot be read"),
        (("--only", "weather"), "There is no factor 'weather'"),
        (("--only", "shards", "--min-recall", "0.5"), "judge the headline"),
        (("--world", "nowhere.toml"), "cannot be read"),
        (("--prompts", "nowhere"), "There is no folder of prompts"),
        (("--cadence", "often"), "cadence"),
    ],
)
def test_mistakes_are_one_sentence(terminal: Terminal, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    shown = terminal.run("arena", "grade", "--out", str(tmp_path / "g"), *arguments)
    assert shown.code == 2
    assert said in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.shared
def test_scores_agree_with_an_independent_scorer(terminal: Terminal, tmp_path: Path) -> None:
    scorer = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "bench" / "score.py"
    if not scorer.is_file():
        pytest.skip("the independent scorer is not here; STILLWATCH_SHARED says where it is")
    python = os.environ.get("STILLWATCH_BENCH_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import polars"], capture_output=True, check=False).returncode:
        pytest.skip("the independent scorer needs polars; STILLWATCH_BENCH_PYTHON names a Python that has it")
    made = composed(small_world(Operator(name="hydra", accounts=12, exchanges=300)))
    write_log(made, tmp_path / "log")
    accounts = [
        {"account_id": one.account_id, "flagged_at": f"2026-06-{3 + number % 9:02}T06:00:00+00:00", "action": action}
        for number, (one, action) in enumerate(
            zip(made.callers[20:], ["contain", "contain", "watch"] * 20, strict=False)
        )
    ]
    named = [one["account_id"] for one in accounts if one["action"] == "contain"]
    findings = {"accounts": accounts, "campaigns": [{"campaign_id": "c-1", "accounts": named}]}
    (tmp_path / "f.json").write_text(json.dumps(findings))
    told = subprocess.run(
        [python, str(scorer), str(tmp_path / "log"), str(tmp_path / "f.json"), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(told.stdout)
    asked = ("--log", str(tmp_path / "log"), "--findings", str(tmp_path / "f.json"), "--out", str(tmp_path / "g"))
    ours = json.loads(terminal.run("arena", "grade", *asked, "--json").out)["headline"][0]["score"]
    assert ours["contained"]["count"] / ours["contained"]["of"] == pytest.approx(theirs["recall"], abs=1e-4)
    assert ours["leak"] == pytest.approx(theirs["leak"], abs=1e-4)
    assert ours["campaigns"]["hydra"]["leak"] == pytest.approx(theirs["campaigns"]["hydra"]["leak"], abs=1e-4)
    assert ours["false_contained"]["count"] == theirs["fp"] > 0
    assert ours["false_contained"]["at_most"] == pytest.approx(theirs["fpr_upper95"], abs=1e-4)
    assert ours["groups"][0]["purity"] == pytest.approx(theirs["found"][0]["purity"], abs=1e-3)
    by_kind = {kind: f"{one['count']}/{one['of']}" for kind, one in ours["contained_by_kind"].items()}
    assert by_kind == theirs["fp_by_persona"]
