# SPDX-License-Identifier: Apache-2.0
"""How a rehearsal ended: the numbers that decide its exit code."""

from datetime import UTC, datetime

import msgspec

from stillwatch.arena.scene import Scene
from stillwatch.records.standing import Rung


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The rehearsal in numbers. Truth comes from the arena, findings from the product."""

    exchanges: int
    accounts: int
    days: int
    harvest_planned: int
    """Exchanges that the campaign meant to harvest."""
    harvested_before_containment: int
    """Of these, answered before most of its accounts were barred; all answered ones where that never happened."""
    harvested: int
    """Answered over the whole rehearsal."""
    harvested_with_reasoning: int
    leaked_share: float
    """``harvested`` over ``harvest_planned``."""
    first_alarm_us: int | None
    contained_us: int | None
    hydra_accounts: int
    """Accounts of the campaign that sent something."""
    hydra_barred: int
    """Of these, ever refused for want of verification or suspended."""
    hydra_replacements: int
    benign_accounts: int
    benign_touched: int
    """Benign accounts that were ever on any rung."""
    benign_barred: int
    """Of these, ever asked to verify or suspended: their requests were refused."""
    benign_suspended: int
    cases: tuple[str, ...]
    """Ids of the cases that the product opened."""
    failed: int
    """Requests that neither were answered nor refused by the gate."""
    seconds: float
    """Machine time that it took."""

    @property
    def is_contained(self) -> bool:
        """Whether the campaign was contained."""
        return self.contained_us is not None

    @property
    def is_success(self) -> bool:
        """Whether the campaign was contained and no benign account was suspended."""
        return self.is_contained and self.benign_suspended == 0


def summarise(scene: Scene, *, replacements: int, seconds: float) -> Summary:
    """What a scene comes to."""
    benign = {caller.account_id for caller in scene.plan.callers} - scene.hydra
    at_work = scene.hydra_at_work()
    barred = {account for account in at_work if scene.touched.get(account, 0) >= Rung.VERIFY}
    planned = scene.plan.harvest_planned
    return Summary(
        exchanges=scene.exchanges,
        accounts=len(scene.seen),
        days=scene.plan.days,
        harvest_planned=planned,
        harvested_before_containment=(
            scene.harvested if scene.contained_us is None else scene.harvested_before_containment
        ),
        harvested=scene.harvested,
        harvested_with_reasoning=scene.harvested_with_reasoning,
        leaked_share=scene.harvested / planned if planned else 0.0,
        first_alarm_us=scene.first_alarm_us,
        contained_us=scene.contained_us,
        hydra_accounts=len(at_work),
        hydra_barred=len(barred),
        hydra_replacements=replacements,
        benign_accounts=len(benign),
        benign_touched=len(scene.benign_touched()),
        benign_barred=len(scene.benign_touched(Rung.VERIFY)),
        benign_suspended=len(scene.benign_touched(Rung.SUSPEND)),
        cases=tuple(case.case_id for case in scene.status.cases),
        failed=scene.failed,
        seconds=round(seconds, 1),
    )


def when(instant_us: int | None) -> str:
    """An instant as people write it, or "never"."""
    return "never" if instant_us is None else f"{datetime.fromtimestamp(instant_us / 1e6, UTC):%a %d %b %H:%M}"
