# SPDX-License-Identifier: Apache-2.0
"""Finds groups of strangers that share means of payment or networks.

Catches: operators that pay for many accounts with few cards, or call from few networks. Misses: operators that buy a
card and a residential address for each account. False alarms: an agency that pays for its customers, an office behind
one
address: they share infrastructure but not one source of prompts, and this family only corroborates a group that does.
"""

from dataclasses import dataclass

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.sharing import weigh_shared


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """Counts members that share a rare card or network with a member of another organisation.

    Null: the members are a random choice of organisations. Tokens of more than ``hub`` organisations, or of more than
    one in eight, are public places and count for nothing.
    """

    hub: int = 30
    name: str = "infrastructure"
    is_independent: bool = True
    weight: float = 1.0
    peers: str = "as many organisations drawn at random"
    clears: str = (
        "A contract that shows these accounts belong to one customer, or to an agency or reseller that pays or "
        "calls for its own."
    )

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh shared cards and networks."""
        return weigh_shared(
            case, family=self.name, kinds={"payment": "a means of payment", "network": "a network"}, hub=self.hub
        )
