# SPDX-License-Identifier: Apache-2.0
"""The hydra's operator: replaces refused accounts from the reserve, and hands their unfinished work on."""

from collections.abc import Sequence
from dataclasses import replace

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.personas.hydra import Campaign, paced
from stillwatch.arena.schedule import DAY_US, START_US, Caller, Planned


class Operator:
    """Answers refusals as the reports say that operators do: within about a day, account by account.

    Args:
        campaign: How the campaign is run.
        reserve: Accounts held back, used in this order.
        seed: Seeds the operator's own chance.
    """

    def __init__(self, campaign: Campaign, reserve: Sequence[Caller], *, seed: int) -> None:
        self._campaign = campaign
        self._reserve = list(reserve)
        self._dice = Dice(seed, "operator")
        self.lost: set[str] = set()
        """Accounts that were refused and given up."""
        self.replacements = 0
        """How many accounts of the reserve went to work."""

    def on_refusal(self, refused: Caller, at_us: int, unfinished: Sequence[Planned]) -> list[Planned]:
        """Give up a refused account and say what its successor will send.

        Args:
            refused: The account; asking again about one already given up changes nothing.
            at_us: When it was refused.
            unfinished: What it had still to send, the refused request included.

        Returns:
            Harvest requests of the successor, in order of time; none where the reserve or the time is used up.
        """
        if refused.account_id in self.lost:
            return []
        self.lost.add(refused.account_id)
        if not self._reserve:
            return []
        successor = self._reserve.pop(0)
        begin = max(at_us + int(self._dice.uniform(0.5, 1.5) * DAY_US), successor.signup_us)
        end = START_US + int(self._campaign.last_day * DAY_US)
        times = paced(self._dice.spawn(successor.account_id), self._campaign, begin_us=begin, end_us=end)
        work = [request for request in unfinished if request.is_harvest]
        if not times or not work:
            return []
        self.replacements += 1
        return [replace(request, at_us=at, caller=successor) for at, request in zip(times, work, strict=False)]
