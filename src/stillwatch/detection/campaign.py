# SPDX-License-Identifier: Apache-2.0
"""Campaigns over time: what a pass finds is joined to what earlier passes found, and weighed into an action.

A campaign keeps its id as members come and go: a group takes over the campaign with which it shares most members, a
campaign that another has swallowed is merged into it, and a group that shares too little with any is a new campaign.

Two tiers. *Watch*: strangers coincide in content and time. *Contain*: they do, the group coheres as shards of one pile
do, and either a family that reads neither content nor times corroborates it, or the coincidence is far beyond what any
benign population has shown. An event (people who sign up and begin at once, for a few days) is one cause for the
coincidence of content, time and sign-up, so it is never contained on these.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from stillwatch.detection.census import Census
from stillwatch.detection.grouping import COHERENT, is_narrow
from stillwatch.detection.heirs import heirs
from stillwatch.detection.interface import Case, Evidence, FacetFamily
from stillwatch.detection.linking import keeps_time
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sharing import linked_rows
from stillwatch.detection.succession import Succession, successions
from stillwatch.detection.tempo import DAY_S
from stillwatch.records.finding import Recommendation
from stillwatch.stats.calibrate import log10_mean_e

SAME_SHARE = 0.4
"""Share of the smaller of a group and a campaign that they have in common if they are the same."""
EVENT_DAYS = 4.0
DECIDING = ("rate",)
"""Families of which one must corroborate a group that content alone has found, before anybody is watched."""
CONFIRMATIONS = 2
"""Passes in which an account must be a member before it is watched: one pass may err."""
SURE_ALONE, SURE, LIKELY = 0.6, 0.5, 0.4
"""Least share of an account's open stream that must be drawn on the group's source for it to be contained, or watched,
without a card or a network in common: what its fit still is one standard error below."""
IN_TIME_P = 0.02
"""P-value from which a member that content has chosen keeps time with the others."""
WATCHED_ALONE_S = 12 * 3_600.0
CONTAINED_ALONE_S = 18 * 3_600.0
"""Seconds by which an account must have been inside a group longer than outside before it is watched or contained,
where content alone has found the group: a young group's mean is still blurred."""
CONTAINED_AFTER_S = 3_600.0
"""The same before it is contained in any other group."""
TOLD_P = 0.01
"""P-value of ``inheritance`` from which successors are proposed."""
LONGEST_PASS_US = 4 * 3_600_000_000
"""Of a longer time between two passes no more is counted: nobody looked in between."""


@dataclass(slots=True, kw_only=True)
class Membership:
    """One account's place in a campaign."""

    row: int
    score: float
    seen: int = 0
    """Passes in which it was a member."""
    inside_s: float = 0.0
    """Seconds inside a group to be contained, less those in which the group was found without it."""
    watched_us: int | None = None
    contained_us: int | None = None
    is_found_by_content: bool = False
    """Whether content alone chose the group in which it was last found."""
    inherits: str = ""
    """What it took over from members before it, in words; empty where it was found as a member itself."""


@dataclass(slots=True, kw_only=True)
class Campaign:
    """A campaign as it stands."""

    campaign_id: str
    first_seen_us: int
    flagged_us: int | None = None
    contained_us: int | None = None
    members: dict[int, Membership] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    weighed_at: int = 0
    """How many members it had when its evidence was last weighed."""
    weighed_us: int = 0
    passed_us: int | None = None
    """The last pass that found it."""
    latest_log10_e: float = 0.0
    """Its e-value's decimal logarithm when it was last weighed."""
    log10_e: float = 0.0
    """The highest so far."""
    p_value: float = 1.0
    successions: tuple[Succession, ...] = ()
    """Which of its accounts may have taken another's place, where more did than newcomers do by chance."""

    @property
    def action(self) -> Recommendation:
        """What it asks for."""
        return Recommendation.WATCH if self.contained_us is None else Recommendation.CONTAIN


class Register:
    """All campaigns of one engine."""

    def __init__(self, families: Sequence[FacetFamily], settings: DetectionSettings) -> None:
        self._families = tuple(families)
        self._settings = settings
        self._named = 0
        self._weighed: dict[tuple[str, int], Evidence | None] = {}
        """What the families that decide say in this pass, by the family's name and the case's chance."""
        self.campaigns: list[Campaign] = []
        self.home: dict[int, Campaign] = {}
        """Each member's campaign."""

    def update(self, cases: Sequence[Case], *, now_us: int) -> None:
        """Join this pass's groups to the campaigns, weigh them and act."""
        found: dict[str, list[Case]] = {}
        self._weighed = {}
        for case in sorted(cases, key=lambda one: (-len(one.group.members), int(one.rows[0]))):
            if case.group.is_found_by_content and not self._is_corroborated(case):
                continue
            campaign = self._campaign_of(case, found.keys(), now_us)
            found.setdefault(campaign.campaign_id, []).append(case)
            self._join(campaign, case)
        for campaign in self.campaigns:
            of_campaign = found.get(campaign.campaign_id)
            if of_campaign:
                self._weigh_anew(campaign, of_campaign[0], now_us)
                self._act(campaign, of_campaign, now_us)

    def succeed(self, census: Census, *, now_us: int) -> None:
        """Add the accounts that hold what contained members left behind."""
        contained = [
            row
            for campaign in self.campaigns
            for row, member in campaign.members.items()
            if member.contained_us is not None
        ]
        for heir in heirs(census, contained, judged_from=self._settings.minimum_exchanges):
            campaign = self.home.get(heir.row) or self.home[heir.predecessor]
            member = campaign.members.get(heir.row)
            if member is None:
                member = campaign.members[heir.row] = Membership(row=heir.row, score=0.0, inherits=heir.why)
                self.home[heir.row] = campaign
            member.watched_us = member.watched_us or now_us
            if heir.is_contained:
                member.contained_us = now_us

    def _campaign_of(self, case: Case, taken: Collection[str], now_us: int) -> Campaign:
        """Give the campaign that a group is: one that another group of this pass is already if most come from it."""
        rows = set(case.rows.tolist())
        shared: dict[str, int] = {}
        for row in rows:
            home = self.home.get(row)
            # Heirs belong nowhere for certain until they are found as members.
            if home is not None and home.members[row].seen:
                shared[home.campaign_id] = shared.get(home.campaign_id, 0) + 1
        by_id = {one.campaign_id: one for one in self.campaigns}
        best: Campaign | None = None
        for campaign_id in sorted(shared, key=lambda one: (-shared[one], one)):
            known = by_id[campaign_id]
            if shared[campaign_id] < SAME_SHARE * min(len(rows), len(known.members)):
                continue
            if campaign_id in taken and (best is not None or shared[campaign_id] < 0.5 * len(rows)):
                continue
            if best is None:
                best = known
            elif shared[campaign_id] > 0.5 * len(known.members):
                self._merge(known, into=best)
        if best is None:
            self._named += 1
            best = Campaign(campaign_id=f"c-{self._named}", first_seen_us=now_us)
            self.campaigns.append(best)
        return best

    def _merge(self, campaign: Campaign, *, into: Campaign) -> None:
        for row, member in campaign.members.items():
            into.members[row] = member
            self.home[row] = into
        into.first_seen_us = min(into.first_seen_us, campaign.first_seen_us)
        marks = [one for one in (into.flagged_us, campaign.flagged_us) if one is not None]
        into.flagged_us = min(marks) if marks else None
        self.campaigns.remove(campaign)

    def _join(self, campaign: Campaign, case: Case) -> None:
        group, chosen, links = case.group, case.chosen, case.links
        for at in (*group.members.tolist(), *group.joined.tolist()):
            row = int(chosen.rows[at])
            home = self.home.get(row)
            member = None if home is None else home.members[row]
            if home is not None and home is not campaign:
                if member is not None and member.contained_us is not None:
                    # Sources overlap: whom one campaign has contained, another does not take for fitting it as well.
                    continue
                del home.members[row]
            member = member or Membership(row=row, score=0.0)
            member.seen += 1
            member.is_found_by_content = group.is_found_by_content
            member.score = max(member.score, float(links.score[at]))
            campaign.members[row] = member
            self.home[row] = campaign

    def _weigh_anew(self, campaign: Campaign, case: Case, now_us: int) -> None:
        """Weigh a campaign's largest group, where it has grown by a quarter or half a day has passed."""
        grown = len(case.group.members) >= 1.25 * max(1, campaign.weighed_at)
        if grown or now_us - campaign.weighed_us >= 12 * 3_600_000_000:
            self._weigh(campaign, case)
            campaign.weighed_at, campaign.weighed_us = len(case.group.members), now_us

    def _act(self, campaign: Campaign, cases: Sequence[Case], now_us: int) -> None:
        """Mark members to watch and to contain, once enough passes agree."""
        campaign.flagged_us = campaign.flagged_us or now_us
        passed_s = min(now_us - (campaign.passed_us or now_us), LONGEST_PASS_US) / 1e6
        campaign.passed_us = now_us
        inside: set[int] = set()
        for case in cases:
            inside |= self._act_on(campaign, case, passed_s, now_us)
        for row in campaign.members.keys() - inside:
            member = campaign.members[row]
            member.inside_s = max(0.0, member.inside_s - passed_s)

    def _act_on(self, campaign: Campaign, case: Case, passed_s: float, now_us: int) -> set[int]:
        """Mark the members of one group, and give the rows of all of them."""
        group, chosen = case.group, case.chosen
        may_contain = self._may_contain(case, campaign.evidence)
        if may_contain and campaign.contained_us is None:
            campaign.contained_us = now_us
        # A card or a network in common counts only where more is shared than strangers would by chance.
        shares = self._corroborating(campaign.evidence, "infrastructure")
        linked = linked_rows(case) if shares else set()
        rows = chosen.rows[np.concatenate((group.members, group.joined))]
        fits = _own_fit(case, rows, waits_for_guests=not shares or is_event(case))
        for row, fit in zip(rows.tolist(), fits.tolist(), strict=True):
            member = campaign.members.get(row)
            if member is None or member.seen < CONFIRMATIONS or not (row in linked or fit >= LIKELY):
                continue
            member.inside_s += passed_s
            alone = group.is_found_by_content and row not in linked
            if member.watched_us is None and member.inside_s >= alone * WATCHED_ALONE_S:
                member.watched_us = now_us
            needed = CONTAINED_ALONE_S if alone else CONTAINED_AFTER_S
            if may_contain and member.inside_s >= needed and (row in linked or fit >= (SURE_ALONE if alone else SURE)):
                member.watched_us = member.watched_us or now_us
                member.contained_us = member.contained_us or now_us
        return set(rows.tolist())

    def _weigh(self, campaign: Campaign, case: Case) -> None:
        earlier = {row: (one.contained_us or np.inf) / 1e6 for row, one in campaign.members.items()}
        case = replace(case, earlier=earlier)
        weighed = [(family.weight, self._evidence(family, case)) for family in self._families]
        found = tuple(one for _, one in weighed if one is not None)
        campaign.evidence = found
        campaign.successions = successions(case) if self._is_told(found, "inheritance") else ()
        if not found:
            return
        capped = [min(one.log10_e, self._settings.family_cap_log10) for one in found]
        weights = [weight for weight, one in weighed if one is not None]
        campaign.latest_log10_e = log10_mean_e(capped, weights)
        campaign.log10_e = max(campaign.log10_e, campaign.latest_log10_e)
        campaign.p_value = min(campaign.p_value, 1.0, len(found) * min(one.p_value for one in found))

    def _evidence(self, family: FacetFamily, case: Case) -> Evidence | None:
        """Weigh a group, but by the families that decide only once a pass: these know nothing of earlier accounts."""
        if family.name not in DECIDING:
            return family.weigh(case)
        key = (family.name, case.chance)
        if key not in self._weighed:
            self._weighed[key] = family.weigh(case)
        return self._weighed[key]

    @staticmethod
    def _is_told(found: Sequence[Evidence], family: str) -> bool:
        """Whether a family says enough to be spelled out."""
        return any(one.family == family and one.p_value <= TOLD_P for one in found)

    def _is_corroborated(self, case: Case) -> bool:
        """Whether accounts that draw on one source also keep one time, or share what strangers do not share."""
        for family in self._families:
            if family.name in DECIDING:
                evidence = self._evidence(family, case)
                if evidence is not None and evidence.p_value <= self._settings.corroboration_p:
                    return True
        return False

    def _corroborating(self, evidence: Sequence[Evidence], *families: str) -> bool:
        """Whether one of some families says what strangers do not show by chance."""
        return any(one.family in families and one.p_value <= self._settings.corroboration_p for one in evidence)

    def _may_contain(self, case: Case, evidence: Sequence[Evidence]) -> bool:
        settings, group, org = self._settings, case.group, case.chosen.org
        everyone = np.concatenate((group.members, group.joined))
        if len(np.unique(org[everyone])) < settings.minimum_contained or group.cohesion < COHERENT:
            return False
        if self._corroborating(evidence, *(family.name for family in self._families if family.is_independent)):
            return True
        in_time = any(one.family == "rate" and one.p_value <= settings.strong_p for one in evidence)
        if not in_time or is_event(case) or len(np.unique(org[group.members])) < settings.minimum_contained:
            return False
        return group.is_found_by_content or float(np.median(group.scores)) >= settings.contain_score_log10


def _own_fit(case: Case, rows: npt.NDArray[np.int64], *, waits_for_guests: bool) -> npt.NDArray[np.float64]:
    """Give each account's least fit; 0 for guests, and for those whom content has brought in and who keep no time."""
    group, chosen = case.group, case.chosen
    is_guest = chosen.is_guest[np.concatenate((group.members, group.joined))]
    if not waits_for_guests and is_guest.any() and is_narrow(chosen, group):
        is_guest &= group.least_fit < SURE_ALONE
    fit = np.where(is_guest, 0.0, group.least_fit)
    by_content = np.arange(len(rows)) >= (0 if group.is_found_by_content else len(group.members))
    if by_content.any():
        fit[by_content & (keeps_time(case.census, rows, now_s=case.now_s) > IN_TIME_P)] = 0.0
    return fit


def is_event(case: Case) -> bool:
    """True where people seem to have signed up for an occasion: most began at once, and it is a matter of days."""
    census, rows = case.census, case.rows
    signup = census.signup[rows]
    known = ~np.isnan(signup)
    if known.sum() < len(rows) / 2:
        return False
    at_once = float(np.mean(census.total_first[rows][known] - signup[known] < 2 * DAY_S))
    span = float(np.quantile(census.total_last[rows], 0.9) - np.quantile(census.total_first[rows], 0.1))
    return at_once > 0.6 and span < EVENT_DAYS * DAY_S
