# SPDX-License-Identifier: Apache-2.0
"""Finds groups of strangers whose TLS client is the same and rare.

Catches: home-made clients that claim to be a common library but have a fingerprint of their own. Misses: operators
that use the common library itself: its fingerprints are everybody's, and common ones count for nothing. False alarms:
early users of a new release, which is why this family only corroborates.
"""

from dataclasses import dataclass

from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.sharing import weigh_shared


@dataclass(frozen=True, slots=True)
class Client:
    """Counts members that share a rare client fingerprint with a member of another organisation. Null as above."""

    hub: int = 30
    name: str = "client"
    is_independent: bool = True
    weight: float = 0.1
    peers: str = "as many organisations drawn at random"
    clears: str = "A product or a release that gives its users this client."

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh shared rare fingerprints."""
        return weigh_shared(case, family=self.name, kinds={"client": "an uncommon client program"}, hub=self.hub)
