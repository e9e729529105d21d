# SPDX-License-Identifier: Apache-2.0
"""Detection against operators who see their bans: both move in turn, on the data's clock.

Hunt in the first days; what was contained there is told to the operators, who replace those accounts from the instant
of their containment on; hunt again from the beginning to a later day, and so on to the end. A ban, once made, stays.
What the operators do before a ban does not depend on it, so each hunt sees what earlier ones saw, and what followed.
"""

from collections.abc import Callable
from pathlib import Path

from stillwatch.arena.grading.hunting import Cost, hunted
from stillwatch.arena.grading.verdicts import Verdicts
from stillwatch.arena.schedule import DAY_US, START_US
from stillwatch.arena.worlds.compose import Composition
from stillwatch.arena.worlds.description import World
from stillwatch.arena.worlds.writing import write_log
from stillwatch.detection.settings import DetectionSettings


def hunt_in_world(
    world: World,
    composer: Callable[[dict[str, int]], Composition],
    folder: Path,
    *,
    settings: DetectionSettings,
) -> tuple[Verdicts, Cost]:
    """Compose, hunt, and tell adaptive operators, until the end of the world; leave its log in ``folder``.

    Args:
        world: For its days and how often operators learn of bans.
        composer: Composes the world with the bans so far, by account id.
        folder: Where the log goes.
        settings: Detection's.

    Returns:
        The verdicts on the whole log with every ban that was made, and the cost of the last hunt, which read all of it.
    """
    bans: dict[str, int] = {}
    horizon = world.feedback_days
    while world.is_adaptive and horizon < world.days:
        composed = composer(bans)
        if write_log(composed, folder, until_us=START_US + int(horizon * DAY_US)):
            verdicts, _ = hunted(folder / "log.parquet", settings=settings)
            operators = {composed.callers[one].account_id for own in composed.campaigns.values() for one in own}
            bans = {name: at for name, at in verdicts.joined(bans).contained_us.items() if name in operators}
        horizon += world.feedback_days
    write_log(composer(bans), folder)
    verdicts, cost = hunted(folder / "log.parquet", settings=settings)
    return verdicts.joined(bans), cost
