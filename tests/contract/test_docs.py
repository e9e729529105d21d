# SPDX-License-Identifier: Apache-2.0
"""The docs speak of code, files and commands that exist."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stillwatch.gateway.meters import METRICS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "stillwatch"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "detections").rglob("*.md")])
STEP = re.compile(r"^\d+\. `(?P<path>[\w/]+\.py)`(?P<rest>.*)$", re.MULTILINE)


def _names_in(path: Path) -> set[str]:
    """Every function, class, method (``Class.method``) and module-level constant of a module."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names.add(node.name)
            names |= {
                f"{node.name}.{member.name}"
                for member in node.body
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
            }
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _steps() -> list[tuple[str, list[str]]]:
    """The path and the names of each step of the request's way in the architecture page."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text.split("## One request, file by file", 1)[1].split("\n## ", 1)[0]
    return [
        (step["path"], re.findall(r"`([A-Za-z_][\w.]*)(?:\(\))?`", step["rest"].split(" — ", 1)[0]))
        for step in STEP.finditer(section)
    ]


def test_the_architecture_page_follows_a_request_through_files_that_exist() -> None:
    steps = _steps()
    assert len(steps) >= 10
    assert [path for path, _ in steps if not (SOURCE / path).is_file()] == []


def test_every_name_on_the_request_s_way_is_in_the_file_it_is_said_to_be_in() -> None:
    steps = _steps()
    assert all(names for _, names in steps), "a step names a file but nothing in it"
    missing = [f"{path}: {name}" for path, names in steps for name in names if name not in _names_in(SOURCE / path)]
    assert missing == []


def test_every_file_and_name_of_the_architecture_page_belong_together() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"`([\w/]+\.py)` `([A-Za-z_][\w.]*)`", text)
    assert len(named) >= 30
    assert [(path, name) for path, name in named if name not in _names_in(SOURCE / path)] == []


def test_every_area_has_its_line_in_the_architecture_page() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    areas = {path.name for path in SOURCE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert {area for area in areas if f"`{area}/`" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_command_the_readme_shows_is_one_the_program_has() -> None:
    shown = set(re.findall(r"`?stillwatch ([a-z]+)\b", (ROOT / "README.md").read_text()))
    known = subprocess.run(
        [sys.executable, "-c", "from stillwatch.cli.main import COMMANDS; print(*COMMANDS)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert shown <= set(known)


def test_every_make_target_the_docs_show_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {name for page in PAGES for name in re.findall(r"`?make ([a-z-]+)(?=[`\s])", page.read_text())}
    assert {name for name in shown if name in {"demo", "test", "bench", "check", "docs"} or "-" in name} <= targets


def test_every_metric_the_docs_name_is_one_that_is_counted() -> None:
    shown = {
        (name, page.name) for page in PAGES for name in re.findall(r"\bstillwatch_[a-z_]+[a-z]\b", page.read_text())
    }
    source = (SOURCE / "service" / "control_metrics.py").read_text()
    known = set(METRICS) | set(re.findall(r'"(stillwatch_[a-z_]+)"', source))
    suffix = re.compile(r"_(total|bucket|sum|count)$")
    assert {(name, page) for name, page in shown if suffix.sub("", name) not in known and name not in known} == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs" / "adr" / "0003-dependencies.md").read_text()
    wanted = {re.split(r"[\[>=<]", line)[0] for line in project["dependencies"]}
    assert {name for name in wanted if name not in page} == set()


def test_the_project_speaks_of_itself_alone() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    machine_path = "/" + "work" + "/"
    texts = [ROOT / name for name in tracked if not name.endswith((".lock", ".svg", ".png"))]
    assert [path for path in texts if path.is_file() and machine_path in path.read_text(errors="ignore")] == []
