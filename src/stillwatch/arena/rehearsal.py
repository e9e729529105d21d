# SPDX-License-Identifier: Apache-2.0
"""One rehearsal from start to end: plan, stage, play, sum up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stillwatch.arena.client import Client
from stillwatch.arena.control_room import ControlRoom
from stillwatch.arena.driver import Driver
from stillwatch.arena.operator import Operator
from stillwatch.arena.personas.hydra import Campaign
from stillwatch.arena.population import populate
from stillwatch.arena.prompts.corpora import CorporaLibrary
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import Plan
from stillwatch.arena.stage import Stage, TeacherFacts
from stillwatch.arena.summary import Summary, summarise
from stillwatch.arena.teacher.server import MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is to be rehearsed."""

    accounts: int = 320
    """Accounts at work, the hydra's included."""
    days: int = 14
    seed: int = 1
    prompts: Path | None = None
    """A folder of real corpora; None for generated text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A rehearsal that has been set up: everything runs, nobody has called yet."""

    stage: Stage
    plan: Plan
    campaign: Campaign
    teacher: TeacherFacts
    api_keys: dict[str, str]
    seed: int


def set_up(script: Script, stage: Stage, *, tell: Callable[[str], None]) -> Rehearsal:
    """Start everything.

    Args:
        script: What is to be rehearsed.
        stage: Where; it has been entered.
        tell: Is told each step in words.

    Raises:
        BadInput: The prompts cannot be read.
        Unavailable: Something does not start.
    """
    # Read before anything runs: a mistake in the folder is the user's, and is told at once.
    library = GeneratedLibrary() if script.prompts is None else CorporaLibrary(script.prompts)
    stage.write_settings()
    # The teacher takes a few seconds to learn; everything else comes up beside it.
    stage.start_teacher()
    tell("the teacher is learning")
    plan, campaign = populate(accounts=script.accounts, days=script.days, seed=script.seed, library=library)
    api_keys = stage.enrol(plan.callers)
    tell(f"{len(plan.callers)} accounts enrolled, {len(plan.requests):,} exchanges planned")
    stage.start_product()
    tell("the gateway is up")
    teacher = stage.await_teacher()
    tell(
        f"the teacher has learned in {teacher.train_seconds:.1f} s: {teacher.parameters:,} parameters, perplexity "
        f"{teacher.perplexity:.1f} where word frequencies alone give {teacher.unigram_perplexity:.0f}"
    )
    return Rehearsal(stage=stage, plan=plan, campaign=campaign, teacher=teacher, api_keys=api_keys, seed=script.seed)


async def play(rehearsal: Rehearsal, *, on_pass: Callable[[Scene], None]) -> tuple[Scene, Summary]:
    """Let everybody call, and say how it ended.

    Args:
        rehearsal: What was set up.
        on_pass: Is shown the scene after every simulated hour.

    Raises:
        UpstreamError: The gateway broke off.
        Unavailable: The control process stopped answering.
    """
    began = time.monotonic()
    stage, scene = rehearsal.stage, Scene(plan=rehearsal.plan)
    operator = Operator(rehearsal.campaign, rehearsal.plan.reserve, seed=rehearsal.seed)
    async with (
        Client(base_url=stage.gateway_url, model=MODEL, api_keys=rehearsal.api_keys) as client,
        ControlRoom(stage.control_url) as control_room,
    ):

        async def barrier(now_us: int) -> None:
            scene.on_pass(now_us, await control_room.barrier(now_us))
            on_pass(scene)

        driver = Driver(
            rehearsal.plan,
            send=client.send,
            set_clock=stage.clock.set,
            barrier=barrier,
            operator=operator,
            watch=scene.on_answer,
        )
        await driver.play()
    return scene, summarise(scene, replacements=operator.replacements, seconds=time.monotonic() - began)
