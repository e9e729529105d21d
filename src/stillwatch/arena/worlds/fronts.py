# SPDX-License-Identifier: Apache-2.0
"""What an operator's accounts look like from outside: networks, cards, clients and dates of birth, shared in part."""

from typing import Any

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.schedule import DAY_US, HYDRA
from stillwatch.arena.world import Address, World, country, fingerprint
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.draft import Draft

_CLIENTS = ("OpenAI/Python 2.8.0", "python-requests/2.32.5", "OpenAI/Python 1.99.1", "axios/1.12.2")


class Fronts:
    """Makes the accounts of one operator.

    Args:
        draft: Where they are enrolled.
        operator: How much they share.
        dice: The operator's chance in buying accounts.
    """

    def __init__(self, draft: Draft, operator: Operator, dice: Dice) -> None:
        self._draft = draft
        self._operator = operator
        self._dice = dice
        groups = max(1, round(operator.accounts / operator.group))
        self._cards = [f"pay-{dice.token()}" for _ in range(groups)]
        self._networks = [(draft.world.network(dice), dice.between(1, 399)) for _ in range(groups)]
        self._agents = dice.some(_CLIENTS, 2)
        self.successors = 0
        """Accounts that were made in the place of banned ones."""

    def account(self, *, before_us: float) -> int:
        """One of the accounts bought beforehand, made some time before it works."""
        return self._draft.account(HYDRA, **self._facets(self._dice, before_us))

    def successor(self, dice: Dice, *, before_us: float) -> int:
        """An account bought to replace a banned one. It depends on its own dice only, not on how many came before."""
        self.successors += 1
        draft = self._draft
        world = World(seed=dice.below(1 << 48), days=draft.days, library=draft.library)
        return draft.enrol(world.caller(HYDRA, **self._facets(dice, before_us)))

    def _facets(self, dice: Dice, before_us: float) -> dict[str, Any]:
        """Each facet by itself is the operator's own or, by default, anybody's."""
        world, shared = self._draft.world, self._operator.shared
        group = dice.below(len(self._cards))
        network, rank = self._networks[group]
        agent = dice.pick(self._agents)
        own = {
            "address": Address(
                client_ip=f"{network}.{dice.between(1, 254)}", asn=world.asn(rank), country=country(rank)
            ),
            "payment_fp": self._cards[group],
            "user_agent": agent,
            "signup_us": int(before_us - dice.uniform(0, 4) * DAY_US),
        }
        found = {name: value for name, value in own.items() if dice.chance(shared)}
        if "user_agent" in found:
            found["ja4"] = fingerprint(agent, dice.below(2))
        if dice.chance(0.15):
            found["route"] = "transfer-station"
        return found
