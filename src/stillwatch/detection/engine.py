# SPDX-License-Identifier: Apache-2.0
"""The engine: windows in, findings out; the same object live and in replay, on the data's clock.

``absorb`` takes in what has become known; ``campaign_pass`` looks at everything absorbed so far, and at nothing else.
Windows come in order of time, so no finding knows the future.
"""

import numpy as np
import numpy.typing as npt

from stillwatch.detection.account import OwnEvidence
from stillwatch.detection.campaign import Campaign, Membership, Register
from stillwatch.detection.catalog import FAMILIES
from stillwatch.detection.census import Census
from stillwatch.detection.corpora import Corpus
from stillwatch.detection.discovery import standing
from stillwatch.detection.explanation import facets_of, told
from stillwatch.detection.grouping import Group, groups, sources
from stillwatch.detection.interface import Case
from stillwatch.detection.linking import Candidates, Links, candidates, link
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.turns import Turns
from stillwatch.detection.window import Window
from stillwatch.records.finding import AccountFinding, CampaignFinding, Findings, Recommendation, Successor

DAY_S = 86_400.0
BY_NAME = {family.name: family for family in FAMILIES}


class Engine:
    """Detection, whole.

    Args:
        settings: See ``DetectionSettings``.
        corpora: Public lists of prompts that a harvester may feed.
    """

    def __init__(self, settings: DetectionSettings | None = None, corpora: tuple[Corpus, ...] = ()) -> None:
        self.settings = settings or DetectionSettings()
        self.corpora = corpora
        self.census = Census(seed=self.settings.seed, memory_s=self.settings.memory_days * DAY_S)
        self.register = Register(FAMILIES, self.settings)
        self.observed = 0
        self._own = OwnEvidence(self.settings)
        self._turns = Turns(self.settings)
        self._from_us: int | None = None
        self._to_us = 0

    def absorb(self, window: Window) -> None:
        """Take in what has become known in one window."""
        active = self.census.absorb(window)
        self._own.look(self.census, active, now_us=window.end_us)
        if len(active):
            first = int(self.census.total_first[active].min() * 1e6)
            self.observed += int(np.asarray(window.activity["count"]).sum())
            self._from_us = first if self._from_us is None else min(self._from_us, first)
            self._to_us = max(self._to_us, int(np.asarray(window.activity["last_us"]).max()))

    def campaign_pass(self, now_us: int) -> Findings:
        """Look at everything absorbed so far and say what it shows.

        Args:
            now_us: The present on the data's clock, microseconds since the epoch, not before the last window's end.

        Returns:
            All findings up to now, earlier ones included, each with the instant at which it was first made.
        """
        self.look(now_us)
        return self.findings(now_us)

    def look(self, now_us: int) -> None:
        """Look at everything absorbed so far, or at those whose turn it is; ``findings`` says what it shows."""
        now_s = now_us / 1e6
        chosen = candidates(self.census, self.settings, self._turns.next(self.census, self.register.home))
        if chosen is not None:
            links = link(self.census, chosen, now_s=now_s)
            found = self._groups(chosen, links, now_us)
            cases = [
                Case(
                    census=self.census,
                    chosen=chosen,
                    links=links,
                    group=group,
                    now_s=now_s,
                    chance=self.settings.seed * 1_000_003 + at,
                    corpora=self.corpora,
                )
                for at, group in enumerate(found)
            ]
            self.register.update(cases, now_us=now_us)
            self.register.succeed(self.census, now_us=now_us)

    def _groups(self, chosen: Candidates, links: Links, now_us: int) -> list[Group]:
        """Find the groups that coincidence shows, and among the other accounts the sources that many draw on."""
        draw = np.random.default_rng((self.settings.seed, now_us))
        known: dict[bool, list[npt.NDArray[np.int64]]] = {True: [], False: []}
        for campaign in self.register.campaigns:
            for by_content, begins in known.items():
                rows = [
                    row for row, one in campaign.members.items() if one.seen and one.is_found_by_content == by_content
                ]
                begins.append(np.flatnonzero(np.isin(chosen.rows, rows)))
        found = groups(
            chosen,
            links,
            known=known[False],
            score=self.settings.watch_score_log10,
            smallest=self.settings.minimum_campaign,
            draw=draw,
        )
        taken = np.zeros(len(chosen.rows), np.bool_)
        for group in found:
            taken[group.members] = taken[group.joined] = True
        return found + sources(
            chosen, links, taken, known=known[True], smallest=self.settings.minimum_contained, draw=draw
        )

    def note(self) -> str:
        """Say why no campaign can be found, where there is too little to be surprised against; else empty."""
        fewest = self.settings.minimum_organisations
        if len(self.census.orgs) >= fewest:
            return ""
        return (
            f"Only {len(self.census.orgs)} organisations were seen. Campaigns are looked for from {fewest} on: below "
            "that there is no population to be surprised against."
        )

    def findings(self, now_us: int) -> Findings:
        """Give all findings up to now without looking again."""
        accounts: dict[int, AccountFinding] = {}
        campaigns = []
        stands = standing(self.register.campaigns, self.settings)
        for campaign in self.register.campaigns:
            members = {row: one for row, one in campaign.members.items() if one.watched_us is not None}
            if not members:
                continue
            campaigns.append(self._campaign(campaign, members))
            for row, member in members.items():
                accounts[row] = self._account(campaign, member, stands[campaign.campaign_id])
        for row, named_us in self._own.named.items():
            if row not in accounts:
                accounts[row] = self._lone(row, named_us)
        return Findings(
            window_from_us=self._from_us if self._from_us is not None else now_us,
            window_to_us=max(self._to_us, now_us) if self.observed else now_us,
            accounts=tuple(accounts[row] for row in sorted(accounts)),
            campaigns=tuple(campaigns),
        )

    def _campaign(self, campaign: Campaign, members: dict[int, Membership]) -> CampaignFinding:
        rows = sorted(members)
        return CampaignFinding(
            campaign_id=campaign.campaign_id,
            accounts=tuple(self.census.names[row] for row in rows),
            first_seen_us=campaign.first_seen_us,
            flagged_us=min(one.watched_us for one in members.values() if one.watched_us is not None),
            exchanges=int(self.census.count[rows].sum()),
            log10_e=campaign.log10_e,
            p_value=campaign.p_value,
            action=campaign.action,
            facets=facets_of(campaign.evidence, BY_NAME),
            successors=tuple(
                Successor(
                    account_id=self.census.names[one.row],
                    predecessor_id=self.census.names[one.predecessor],
                    after_hours=round(one.lag_s / 3_600.0, 2),
                )
                for one in campaign.successions
            ),
        )

    def _account(self, campaign: Campaign, member: Membership, stands: str) -> AccountFinding:
        contained = member.contained_us is not None
        own = self._own.log10_e(member.row)
        coincides = (
            "Coincides in content and time with accounts of other organisations: chance under independence 1 in "
            f"10^{member.score:.0f}, as one of {len(campaign.members)} accounts of campaign {campaign.campaign_id}."
        )
        reasons = [
            *([member.inherits] if member.inherits else []),
            *([coincides] if member.seen else []),
            *(told(one, BY_NAME[one.family]) for one in campaign.evidence if one.log10_e > 0.5),
            stands,
        ]
        return AccountFinding(
            account_id=self.census.names[member.row],
            flagged_us=(member.contained_us if contained else member.watched_us) or 0,
            action=Recommendation.CONTAIN if contained else Recommendation.WATCH,
            log10_e=max(own, campaign.log10_e),
            campaign_id=campaign.campaign_id,
            reasons=tuple(reasons),
        )

    def _lone(self, row: int, named_us: int) -> AccountFinding:
        return AccountFinding(
            account_id=self.census.names[row],
            flagged_us=named_us,
            action=Recommendation.WATCH,
            log10_e=self._own.log10_e(row),
            campaign_id=None,
            reasons=(
                (
                    "Most of its prompts ask for reasoning to be written out, for grading rubrics or for new tasks: "
                    f"more than {self.settings.elicitation_share:.0%}, beyond a chance of {self.settings.alpha:g}."
                ),
            ),
            clears=BY_NAME["elicitation"].clears,
        )
