# SPDX-License-Identifier: Apache-2.0
"""What has happened so far in a rehearsal: the truth, which only the arena knows, and what the product has found."""

from collections import Counter
from dataclasses import dataclass, field

from stillwatch.arena.client import Answered
from stillwatch.arena.control_room import Evidence, Status
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US, Plan, Planned
from stillwatch.records.standing import Rung

CONTAINED_SHARE = 0.5
"""The campaign counts as contained once this share of its accounts at work is barred."""
_LADDER = "up the ladder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something worth telling."""

    at_us: int
    text: str
    is_grave: bool = False


@dataclass(slots=True)
class Scene:
    """The state of a rehearsal, kept up by the driver and at every barrier.

    Args:
        plan: What everybody means to do.
    """

    plan: Plan
    now_us: int = START_US
    sent: Counter[str] = field(default_factory=Counter)
    """Requests by kind of caller."""
    by_hour: dict[str, Counter[int]] = field(default_factory=dict)
    """The same by the hour of the rehearsal."""
    refused: Counter[str] = field(default_factory=Counter)
    """Requests that the gateway refused with 403, by kind of caller."""
    failed: int = 0
    """Requests that ended in any other way than an answer or such a refusal."""
    harvested: int = 0
    """Exchanges that the campaign has harvested: the leak."""
    harvested_with_reasoning: int = 0
    harvested_before_containment: int = 0
    seen: set[str] = field(default_factory=set)
    """Accounts that have sent something."""
    status: Status = field(default_factory=Status)
    moments: list[Moment] = field(default_factory=list)
    first_alarm_us: int | None = None
    """When the product first named a campaign with accounts of the hydra in it, in the arena's judgement."""
    contained_us: int | None = None
    touched: dict[str, int] = field(default_factory=dict)
    """The highest rung that each account ever stood on."""

    _raised_day: int = -1
    _raised: Counter[int] = field(default_factory=Counter)
    hydra: set[str] = field(init=False)
    """The campaign's accounts, reserve included."""

    def __post_init__(self) -> None:
        self.hydra = {caller.account_id for caller in self.plan.callers if caller.is_hydra}

    @property
    def exchanges(self) -> int:
        """Requests sent so far."""
        return self.sent.total()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The strongest campaign of each pass that found one."""
        return self.status.evidence

    def rung(self, account_id: str) -> int:
        """Where an account stands now."""
        return self.status.standing.get(account_id, 0)

    def hydra_at_work(self) -> set[str]:
        """Accounts of the campaign that have sent something."""
        return self.hydra & self.seen

    def barred(self) -> set[str]:
        """Accounts of the campaign that are refused now."""
        return {account for account in self.hydra if self.rung(account) >= Rung.VERIFY}

    def benign_touched(self, rung: Rung = Rung.OBSERVE) -> set[str]:
        """Benign accounts that ever stood on a rung or above it."""
        return {account for account, highest in self.touched.items() if highest >= rung} - self.hydra

    def on_answer(self, request: Planned, answered: Answered) -> None:
        """One answer has come."""
        kind = request.caller.kind
        self.sent[kind] += 1
        self.by_hour.setdefault(kind, Counter())[(request.at_us - START_US) // HOUR_US] += 1
        self.seen.add(request.caller.account_id)
        if answered.is_served:
            if request.is_harvest:
                self.harvested += 1
                self.harvested_with_reasoning += answered.has_reasoning
        elif answered.is_barred:
            self.refused[kind] += 1
        else:
            self.failed += 1

    def on_pass(self, now_us: int, status: Status) -> None:
        """An hour is over, and the product has said how things stand."""
        before = self.status
        self.now_us, self.status = now_us, status
        for account, rung in status.standing.items():
            self.touched[account] = max(rung, self.touched.get(account, 0))
        self._tell_cases(before)
        if self.first_alarm_us is None and any(self.hydra.intersection(case.accounts) for case in status.cases):
            self.first_alarm_us = now_us
        at_work = self.hydra_at_work()
        if self.contained_us is None and at_work and len(self.barred() & at_work) >= CONTAINED_SHARE * len(at_work):
            self.contained_us = now_us
            self.harvested_before_containment = self.harvested
            self._tell(f"CONTAINED: {len(self.barred())} of {len(at_work)} hydra accounts are barred", is_grave=True)

    def _tell_cases(self, before: Status) -> None:
        known = {case.case_id for case in before.cases}
        for case in self.status.cases:
            if case.case_id not in known:
                self._tell(
                    f"case {case.case_id} opened: {len(case.accounts)} accounts, log10 e {case.log10_e:.1f}",
                    is_grave=True,
                )
        raised = Counter(
            rung for account, rung in self.status.standing.items() if rung > before.standing.get(account, 0)
        )
        if not raised:
            return
        day = (self.now_us - START_US) // DAY_US
        if self._raised_day != day:
            self._raised_day, self._raised = day, Counter()
        elif self.moments and self.moments[-1].text.startswith(_LADDER):
            # One line a day says it: the last one is told again with the new count.
            self.moments.pop()
        self._raised += raised
        steps = ", ".join(
            f"{self._raised[rung]} to {rung.name.lower()}" for rung in Rung if rung and self._raised[rung]
        )
        self._tell(f"{_LADDER}: {steps}")

    def _tell(self, text: str, *, is_grave: bool = False) -> None:
        self.moments.append(Moment(at_us=self.now_us, text=text, is_grave=is_grave))
