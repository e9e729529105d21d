# SPDX-License-Identifier: Apache-2.0
"""``stillwatch demo``: a rehearsal on this machine, from the teacher's first lesson to the hydra's end."""

import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from stillwatch.arena.rehearsal import Rehearsal, Script, play, set_up
from stillwatch.arena.schedule import SECOND_US
from stillwatch.arena.show import Show, report, save_picture
from stillwatch.arena.stage import Stage
from stillwatch.cli.options import JsonOption, print_json

app = typer.Typer()


@app.command()
def demo(
    *,
    prompts: Annotated[
        Path | None,
        typer.Option(
            "--prompts", help="Folder of real corpora: A/, B/ and C/ with JSON Lines of objects with 'prompt'."
        ),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where settings, data and logs go; a new temporary folder by default.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end, to explore.")] = False,
    accounts: Annotated[int, typer.Option("--accounts", min=60, max=20_000, help="Accounts at work.")] = 320,
    days: Annotated[
        int,
        typer.Option("--days", min=1, max=28, help="Simulated days; in less than a week there is too little to find."),
    ] = 14,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed plans the same rehearsal.")] = 1,
    picture: Annotated[Path | None, typer.Option("--picture", help="Write the final view to this SVG file.")] = None,
    json: JsonOption = False,
) -> None:
    """Watch a hydra harvest a model behind ordinary callers, and being found and contained.

    Everything runs on this machine: a small teacher, the gateway in front of it, a few hundred accounts. Exits with 0
    only if the campaign was contained and no benign account was suspended, else with 1.

    Example: stillwatch demo --prompts ../corpora --picture demo.svg
    """
    signal.signal(signal.SIGTERM, _interrupt)
    # People's words go to standard error where standard output is for a program.
    console = Console(stderr=json, highlight=False)
    folder = directory or Path(tempfile.mkdtemp(prefix="stillwatch-demo-"))
    script = Script(accounts=accounts, days=days, seed=seed, prompts=prompts)
    try:
        with Stage(folder.resolve(), seed=seed) as stage:
            rehearsal = set_up(script, stage, tell=lambda step: console.print(f"[dim]{step}[/dim]", soft_wrap=True))
            threshold = stage.settings.remediation.suspend_log10_e
            with Show(console, threshold_log10_e=threshold) as show:
                scene, summary = asyncio.run(play(rehearsal, on_pass=show.on_pass))
                show.final(scene, summary)
            if picture is not None:
                save_picture(picture, scene, summary, threshold_log10_e=threshold)
            log = stage.settings.ledger.directory / "log"
            console.print(report(summary, config=stage.config, log=log), markup=False, soft_wrap=True)
            if json:
                print_json(summary)
            if keep:
                _stay(rehearsal, console, now_us=scene.now_us)
    except KeyboardInterrupt:
        sys.stderr.write("stillwatch: stopped; nothing is left running\n")
        raise typer.Exit(130) from None
    raise typer.Exit(0 if summary.is_success else 1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM stops the demo as Ctrl-C does."""
    raise KeyboardInterrupt


def _stay(rehearsal: Rehearsal, console: Console, *, now_us: int) -> None:
    """Keep everything running, at the pace of the wall clock, until Ctrl-C."""
    stage = rehearsal.stage
    benign = next(caller for caller in rehearsal.plan.callers if not caller.is_hydra)
    console.print(
        f"""
Everything is still running. Things to try from another terminal:
  curl {stage.gateway_url}/chat/completions -H 'authorization: Bearer {rehearsal.api_keys[benign.account_id]}' \\
    -H 'content-type: application/json' \\
    -d '{{"model": "teacher-1", "messages": [{{"role": "user", "content": "How do I harvest honey?"}}]}}'
  curl {stage.control_url}/status
  stillwatch case list --config {stage.config}
Ctrl-C stops everything.""",
        markup=False,
        soft_wrap=True,
    )
    began = time.monotonic()
    try:
        while True:
            stage.clock.set(now_us + int((time.monotonic() - began) * SECOND_US))
            time.sleep(0.2)
    except KeyboardInterrupt:
        console.print("stopping")
