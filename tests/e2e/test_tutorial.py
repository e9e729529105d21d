# SPDX-License-Identifier: Apache-2.0
"""Runs every command of a tutorial, in order, as one script."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.model_server import OPENAI_KEY
from fakes.model_server_process import ModelServerProcess
from fakes.processes import free_ports

DOCS = Path(__file__).parents[2] / "docs" / "tutorial"
SHARED = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data" / "screening"


def commands(page: str) -> str:
    """The page's blocks of shell, as one script that ends at the first command that fails."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (DOCS / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    return "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + "".join(blocks)


def run(script: str, folder: Path, model_server: ModelServerProcess) -> str:
    port, operators_port = free_ports(2)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STILLWATCH_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    given = {
        "UPSTREAM": model_server.url,
        "UPSTREAM_KEY": OPENAI_KEY,
        "PORT": str(port),
        "OPERATORS_PORT": str(operators_port),
        "PATH": path,
    }
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=kept | given | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stdout[-2_000:] + ended.stderr[-3_000:]
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("jq") is None, reason="the tutorial wants jq")
def test_every_command_of_reserve_a_model_works(model_server: ModelServerProcess, tmp_path: Path) -> None:
    said = run(commands("reserve-a-model.md"), tmp_path, model_server)
    assert "on 2 workers" in said or "on 1 workers" in said


PUBLIC = """
! stillwatch list load csl "$SHARED/consolidated_screening_list_2023-11.csv" --format csl-csv --by "C. Clerk"
head -n -1 "$SHARED/consolidated_screening_list_2023-11.csv" > csl.csv
stillwatch list load csl csl.csv --format csl-csv --by "C. Clerk" --allow-shrink "The copy at hand ends early"
stillwatch list load ofac "$SHARED/ofac_sdn_2023-11.csv" "$SHARED/ofac_alt_2025-02.csv" --format ofac --by "C. Clerk"
stillwatch list load un "$SHARED/un_consolidated_2026-02-27.xml" --format un-xml --by "C. Clerk"
stillwatch list load 1260h "$SHARED/dod_1260h_2026-06.csv" --format dod-1260h --by "C. Clerk"
stillwatch list load 1286 "$SHARED/section_1286.csv" --format section-1286 --by "C. Clerk"
"""


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(shutil.which("jq") is None, reason="the tutorial wants jq")
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public lists are not here")
def test_it_works_with_every_public_list_too(model_server: ModelServerProcess, tmp_path: Path) -> None:
    script = commands("reserve-a-model.md").replace("stillwatch list show\n", f"{PUBLIC}stillwatch list show\n")
    said = run(f"SHARED={SHARED.resolve()}\n{script}", tmp_path, model_server)
    for name in ("csl", "ofac", "un", "1260h", "1286", "model-extraction-attackers"):
        assert f"\n{name} " in said
