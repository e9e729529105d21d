# SPDX-License-Identifier: Apache-2.0
"""Honey keys in the record: who uses one has stolen it, so a case opens at the first use, without waiting for a pass.

Nobody is contained by it. Whose the key is says where it was stolen, not by whom: a person has to look.
"""

from typing import Final

from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import HONEY, CampaignFinding, Facet, Findings, Recommendation

REFUSAL: Final = "honey_key"
"""What the record says of a request with one."""
TOLD_EVERY_US: Final = 60_000_000
"""The first use of a key is told at once, further ones together: a flood of them must not keep the database busy."""
PLACES: Final = 5
"""Addresses that a case names."""


class _Uses:
    """What is known of the uses of one key."""

    def __init__(self, first: Exchange) -> None:
        self.first = first
        self.count = 0
        self.last_us = first.ts_us
        self.told = 0
        self.told_us = 0
        self.places: dict[str, None] = {}

    def add(self, exchange: Exchange) -> None:
        self.count += 1
        self.last_us = max(self.last_us, exchange.ts_us)
        if len(self.places) < PLACES:
            agent = ascii((exchange.user_agent or "nothing")[:80])
            country = f" ({exchange.country})" if exchange.country else ""
            self.places[f"{exchange.client_ip or 'an unknown address'}{country} with the client {agent}"] = None


class HoneyWatch:
    """Looks for uses of honey keys in what was recorded."""

    def __init__(self) -> None:
        self._keys: dict[str, _Uses] = {}

    def take(self, exchange: Exchange) -> None:
        """Note an exchange, if it used a honey key."""
        if exchange.refusal == REFUSAL and exchange.key_id is not None:
            self._keys.setdefault(exchange.key_id, _Uses(exchange)).add(exchange)

    def due(self, now_us: int) -> Findings | None:
        """What is to be told now; None where there is nothing new. Call ``told`` when it has been."""
        fresh = [
            (key_id, uses)
            for key_id, uses in sorted(self._keys.items())
            if uses.count > uses.told and (uses.told == 0 or now_us - uses.told_us >= TOLD_EVERY_US)
        ]
        if not fresh:
            return None
        return Findings(
            window_from_us=min(uses.first.ts_us for _, uses in fresh),
            window_to_us=now_us,
            accounts=(),
            campaigns=tuple(_finding(key_id, uses, now_us) for key_id, uses in fresh),
        )

    def told(self, findings: Findings, now_us: int) -> None:
        """Note that the findings of ``due`` have been taken."""
        for campaign in findings.campaigns:
            uses = self._keys[campaign.campaign_id.removeprefix(f"{HONEY}:")]
            uses.told, uses.told_us = campaign.exchanges, now_us


def _finding(key_id: str, uses: _Uses, now_us: int) -> CampaignFinding:
    why = f"the honey key {key_id}, which nobody may hold, was used from {', '.join(uses.places)}."
    return CampaignFinding(
        campaign_id=f"{HONEY}:{key_id}",
        accounts=(uses.first.account_id,),
        first_seen_us=uses.first.ts_us,
        flagged_us=now_us,
        exchanges=uses.count,
        # No statistic: there is no null hypothesis under which an honest caller sends the key.
        log10_e=0.0,
        p_value=1.0,
        action=Recommendation.WATCH,
        facets=(Facet(family=HONEY, weight=1.0, why=why, clears="Somebody of yours tried the key out."),),
    )
