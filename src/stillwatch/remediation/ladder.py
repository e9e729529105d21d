# SPDX-License-Identifier: Apache-2.0
"""The ladder: findings, and what was decided before, into cases and decisions. Pure; it never lowers anything itself.

The policy, within one case:

1. A member that is to be *watched* is observed. Once the case has been open for ``withhold_after_hours`` and its
   evidence has reached ``withhold_log10_e``, reasoning and log-probabilities are withheld.
2. A member that is to be *contained* must verify, at once. Where a later pass still contains it, at least
   ``suspend_after_hours`` after it was asked, with evidence of ``suspend_log10_e`` or more, it is suspended.
3. What its own finding says of a member counts before what the campaign's says.
4. A member that joins takes the campaign's rung: the highest at which more than half of the earlier members stand. It
   takes at most *verify*: no account is suspended that was not asked to verify before.
5. Nothing repeats a decision in force. Decisions run out; while the campaign goes on, the next pass renews them.
6. An undo is respected. Where a person has undone a decision about an account, the ladder puts that account on no such
   rung and no higher one until a person does, or the evidence has grown to ``regrowth_factor`` times what it was and
   by ``regrowth_log10_e``. Where a rung was undone for more than half of the accounts that were ever put on it, no
   other account is put on it either.
7. Verifying undoes *verify* for the account, not for others. It answers the case it was asked in; a later case may ask
   again.

Other cases of the same account do not count: if one is undone, the other must hold by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec

from stillwatch.records.case import Case, Decision
from stillwatch.records.finding import CampaignFinding, Findings, Recommendation
from stillwatch.records.standing import Rung
from stillwatch.remediation import docket
from stillwatch.remediation.effect import POLICY, VERIFIED, is_in_force, rung_in_force
from stillwatch.remediation.settings import RemediationSettings

HOUR_US = 3_600_000_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done after a pass. Applied whole, in one transaction."""

    cases: tuple[Case, ...]
    """Cases that open, change or close, whole."""
    decisions: tuple[Decision, ...]
    """Decisions that are new."""


def decide(
    findings: Findings,
    cases: Sequence[Case],
    decisions: Sequence[Decision],
    now_us: int,
    *,
    ladder: RemediationSettings,
) -> Plan:
    """Propose what to do about the findings of a pass.

    Args:
        findings: What the pass found.
        cases: Every open case, and every case of a campaign in ``findings``.
        decisions: Every decision ever made in these cases.
        now_us: The instant of the pass, microseconds since the epoch, on the data's clock.
        ladder: Bounds and durations.

    Returns:
        The same for the same arguments in any order. Planned again after it was applied, it holds no decision.
    """
    of_case = defaultdict(list)
    for decision in decisions:
        of_case[decision.case_id].append(decision)
    own = {(finding.campaign_id, finding.account_id): finding.action for finding in findings.accounts}
    changed: dict[str, Case] = {}
    made: list[Decision] = []
    for campaign in docket.campaigns_of(findings):
        before = docket.case_of(campaign, cases)
        after = docket.updated(before, campaign, now_us)
        changed[after.case_id] = after
        actions = {account: own.get((campaign.campaign_id, account), campaign.action) for account in after.accounts}
        book = _Book(after, of_case[after.case_id], now_us, ladder)
        rungs = book.climbs(actions, campaign.action, earlier=() if before is None else before.accounts)
        made.extend(_decisions(after, campaign, rungs, now_us, ladder))
    rest = [case for case in cases if case.case_id not in changed]
    closing = docket.quiet(rest, decisions, now_us, ladder=ladder)
    return Plan(cases=(*changed.values(), *closing), decisions=tuple(made))


def lasts_us(rung: Rung, ladder: RemediationSettings) -> int:
    """How long a decision lasts where nothing else is said, in microseconds."""
    hours = {
        Rung.OBSERVE: ladder.observe_hours,
        Rung.WITHHOLD: ladder.withhold_hours,
        Rung.VERIFY: ladder.verify_hours,
        Rung.SUSPEND: ladder.suspend_hours,
    }
    return round(hours[rung] * HOUR_US)


class _Book:
    """What was decided in one case: where its accounts stand in it, and how far the ladder may go with each."""

    def __init__(self, case: Case, decisions: Iterable[Decision], now_us: int, ladder: RemediationSettings) -> None:
        self._case = case
        self._now_us = now_us
        self._ladder = ladder
        self._of_account: dict[str, list[Decision]] = defaultdict(list)
        for decision in decisions:
            for account in decision.accounts:
                self._of_account[account].append(decision)

    def climbs(
        self, actions: Mapping[str, Recommendation], campaign_action: Recommendation, *, earlier: Sequence[str]
    ) -> dict[str, Rung]:
        """The accounts that go up, and the rung each goes up to.

        Args:
            actions: What is asked for each member.
            campaign_action: What is asked for the campaign.
            earlier: The members before this pass.
        """
        known = set(earlier)
        campaign_rung, campaign_cap = self._campaign_rung(earlier), self._campaign_cap()
        up = {}
        for account in sorted(actions):
            action, stands = actions[account], self._rung(account)
            wanted, cap = self._wanted(account, action), self._cap(account)
            is_milder = action is Recommendation.WATCH and campaign_action is Recommendation.CONTAIN
            if account not in known and not is_milder:
                wanted = max(wanted, min(campaign_rung, Rung.VERIFY))
            if stands <= campaign_cap:
                # An account that stands above the cap was left there when the others' decisions were undone.
                cap = min(cap, campaign_cap)
            rung = min(wanted, cap)
            if rung > stands:
                up[account] = rung
        return up

    def _rung(self, account: str) -> Rung:
        return rung_in_force(self._of_account.get(account, ()), self._now_us)

    def _wanted(self, account: str, action: Recommendation) -> Rung:
        """The rung that the evidence asks for, whatever was undone."""
        case, ladder = self._case, self._ladder
        if action is Recommendation.WATCH:
            is_old = self._now_us - case.opened_us >= round(ladder.withhold_after_hours * HOUR_US)
            return Rung.WITHHOLD if is_old and case.log10_e >= ladder.withhold_log10_e else Rung.OBSERVE
        asked_before_us = self._now_us - round(ladder.suspend_after_hours * HOUR_US)
        was_asked = any(
            decision.rung is Rung.VERIFY
            and is_in_force(decision, self._now_us)
            and decision.made_us <= asked_before_us
            and decision.made_us < self._now_us
            for decision in self._of_account.get(account, ())
        )
        return Rung.SUSPEND if was_asked and case.log10_e >= ladder.suspend_log10_e else Rung.VERIFY

    def _campaign_rung(self, earlier: Sequence[str]) -> Rung:
        """The highest rung at which more than half of the earlier members stand."""
        rungs = sorted((self._rung(account) for account in set(earlier)), reverse=True)
        return rungs[len(rungs) // 2] if rungs else Rung.GOOD

    def _cap(self, account: str, *, for_others: bool = False) -> Rung:
        """The highest rung that the undoing of an account's decisions leaves to the ladder.

        Args:
            account: Whose.
            for_others: Leave out what was undone because this account has verified.
        """
        decisions = self._of_account.get(account, ())
        caps = [
            Rung(decision.rung - 1)
            for decision in decisions
            if self._holds(decision, decisions) and not (for_others and decision.undone_reason == VERIFIED)
        ]
        return min(caps, default=Rung.SUSPEND)

    def _holds(self, decision: Decision, decisions: Iterable[Decision]) -> bool:
        """Whether a decision was undone, and its undoing still binds the ladder."""
        if decision.undone_us is None:
            return False
        undone_us, then = decision.undone_us, decision.undone_log10_e
        if then is not None:
            bound = max(then * self._ladder.regrowth_factor, then + self._ladder.regrowth_log10_e)
            if self._case.log10_e >= bound:
                return False
        return not any(
            later.by != POLICY and later.undone_us is None and later.made_us > undone_us and later.rung >= decision.rung
            for later in decisions
        )

    def _campaign_cap(self) -> Rung:
        """The highest rung that the undoing of others' decisions leaves to the ladder for the rest."""
        caps = {account: self._cap(account, for_others=True) for account in self._of_account}
        for rung in (Rung.OBSERVE, Rung.WITHHOLD, Rung.VERIFY, Rung.SUSPEND):
            ever = [account for account in caps if any(made.rung >= rung for made in self._of_account[account])]
            undone = sum(caps[account] < rung for account in ever)
            if 2 * undone > len(ever):
                return Rung(rung - 1)
        return Rung.SUSPEND


def _decisions(
    case: Case, campaign: CampaignFinding, rungs: Mapping[str, Rung], now_us: int, ladder: RemediationSettings
) -> Iterable[Decision]:
    """One decision for each rung, about all the accounts that go up to it."""
    for rung in sorted(set(rungs.values())):
        accounts = tuple(account for account in sorted(rungs) if rungs[account] is rung)
        # Named by what it says, so that a pass that is run again after a crash makes nothing twice.
        name = sha256("\n".join((case.case_id, rung.name, str(now_us), *accounts)).encode(errors="replace")).hexdigest()
        yield Decision(
            decision_id=f"dec-{name[:16]}",
            case_id=case.case_id,
            rung=rung,
            accounts=accounts,
            made_us=now_us,
            until_us=now_us + lasts_us(rung, ladder),
            by=POLICY,
            reason=docket.reason_for(campaign),
        )
