# SPDX-License-Identifier: Apache-2.0
"""The states an organisation goes through, as a table, and what each step asks for.

A decision is a fact that stays: what an organisation's state is, is what its decisions come to (``replay``). Nothing is
ever taken out of a history.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from stillwatch.access.vetting.dossier import Group
from stillwatch.errors import BadInput
from stillwatch.records.admission import Admission


class State(StrEnum):
    """Where an organisation stands. An act that leads to one of two states leads by itself to the earlier one here."""

    APPLIED = "applied"
    """Its dossier is here; nobody has looked at it."""
    SCREENING = "screening"
    """It waits to be compared with the lists."""
    REVIEW = "review"
    """People look at it, and vote."""
    APPROVED = "approved"
    """It may use the models, at a tier, until what the approval rests on runs out."""
    SUSPENDED = "suspended"
    """It may not, for now."""
    REVOKED = "revoked"
    """It was turned down, or its approval was taken back."""
    EXPIRED = "expired"
    """What its approval rested on ran out."""


class Act(StrEnum):
    """What happens to an organisation."""

    APPLY = "apply"
    SUBMIT = "submit"
    """It is sent to be screened."""
    SCREENED = "screened"
    """It was compared with the lists: to be approved, or again because a list or its record changed."""
    APPROVE = "approve"
    """One person's vote; the last one needed approves."""
    CHANGE = "change"
    """Its dossier changed."""
    SUSPEND = "suspend"
    REVOKE = "revoke"
    EXPIRE = "expire"


TABLE: dict[tuple[State | None, Act], frozenset[State]] = {
    (None, Act.APPLY): frozenset({State.APPLIED}),
    (State.REVOKED, Act.APPLY): frozenset({State.APPLIED}),
    (State.APPLIED, Act.SUBMIT): frozenset({State.SCREENING}),
    (State.REVIEW, Act.SUBMIT): frozenset({State.SCREENING}),
    (State.SUSPENDED, Act.SUBMIT): frozenset({State.SCREENING}),
    (State.EXPIRED, Act.SUBMIT): frozenset({State.SCREENING}),
    (State.APPROVED, Act.SUBMIT): frozenset({State.SCREENING}),
    (State.SCREENING, Act.SCREENED): frozenset({State.REVIEW}),
    (State.REVIEW, Act.SCREENED): frozenset({State.REVIEW}),
    (State.APPROVED, Act.SCREENED): frozenset({State.APPROVED, State.REVIEW, State.SUSPENDED}),
    (State.SUSPENDED, Act.SCREENED): frozenset({State.SUSPENDED}),
    (State.REVIEW, Act.APPROVE): frozenset({State.REVIEW, State.APPROVED}),
    (State.APPLIED, Act.CHANGE): frozenset({State.APPLIED}),
    (State.SCREENING, Act.CHANGE): frozenset({State.SCREENING}),
    (State.REVIEW, Act.CHANGE): frozenset({State.SCREENING}),
    (State.APPROVED, Act.CHANGE): frozenset({State.SCREENING, State.APPROVED}),
    (State.SUSPENDED, Act.CHANGE): frozenset({State.SUSPENDED}),
    (State.REVOKED, Act.CHANGE): frozenset({State.REVOKED}),
    (State.EXPIRED, Act.CHANGE): frozenset({State.EXPIRED}),
    (State.APPROVED, Act.SUSPEND): frozenset({State.SUSPENDED}),
    (State.REVIEW, Act.SUSPEND): frozenset({State.SUSPENDED}),
    (State.SCREENING, Act.SUSPEND): frozenset({State.SUSPENDED}),
    (State.APPROVED, Act.EXPIRE): frozenset({State.EXPIRED}),
} | {(state, Act.REVOKE): frozenset({State.REVOKED}) for state in State if state is not State.REVOKED}
"""Where each act may lead from each state. What is not here cannot be done."""


class Rules(Struct, frozen=True, kw_only=True):
    """What an operator sets."""

    approvals: int = 2
    """How many different people an approval needs."""
    recorder_may_approve: bool = False
    """Whether who recorded the dossier may also vote for it."""
    needed: frozenset[Group] = frozenset(Group)
    """The groups without which nobody is approved."""
    needs_screening: bool = True
    """Whether an approval needs this version of the dossier to have been compared with the lists."""
    after_hit: State = State.REVIEW
    """Where an approved organisation goes when it comes to resemble somebody listed: REVIEW or SUSPENDED."""
    after_change: State = State.SCREENING
    """Where an approved organisation goes when its dossier changes: SCREENING, or APPROVED, which leaves it there."""
    tier_without_certification: int = 1
    """The highest tier that needs no certification by somebody else."""


class Vote(Struct, frozen=True, kw_only=True):
    """One person's word for an approval."""

    by: str
    tier: int


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of an organisation's history: who, when, why, and where it led."""

    org_id: str
    number: int
    """Counts an organisation's decisions from 1."""
    act: Act
    state: State
    """Where it led."""
    by: str
    made_us: int
    reason: str
    dossier_version: int
    tier: int = 0
    """Of a vote, or of the approval."""
    valid_until_us: int | None = None
    """Of an approval: when what it rests on runs out."""
    hits: tuple[str, ...] = ()
    """Of a screening: the hits that nobody has cleared."""
    lists: str = ""
    """Of a screening: the digest of the lists it was made against."""


class Vetting(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an organisation's decisions come to."""

    org_id: str
    state: State
    since_us: int
    number: int
    """Of the last decision."""
    dossier_version: int
    tier: int = 0
    """At which it is approved; 0 where it is not."""
    valid_until_us: int | None = None
    votes: tuple[Vote, ...] = ()
    hits: tuple[str, ...] = ()
    """The hits that nobody has cleared, as of the last screening."""
    screened_version: int = 0
    """Of the dossier, when it was last screened; 0 where it was not."""
    lists: str = ""
    was_approved: bool = False
    """Whether it ever was. Who lost an approval is shut out even where vetting is not required."""

    def admission(self) -> Admission:
        """What the gateway has to know."""
        if self.state is State.APPROVED:
            return Admission.APPROVED
        if self.was_approved or self.state in {State.SUSPENDED, State.REVOKED, State.EXPIRED}:
            return Admission.BARRED
        return Admission.PENDING


class Grounds(Struct, frozen=True, kw_only=True):
    """What an approval rests on, besides the history."""

    recorded_by: str
    """Who recorded this version of the dossier."""
    missing: tuple[Group, ...]
    """The needed groups that are not there or have run out."""
    certified_tier: int = 0
    """The highest tier that a recognised certification in force reaches."""
    valid_until_us: int | None = None
    """When the first of what the approval rests on runs out."""

    def reach(self, rules: Rules) -> int:
        """The highest tier that they carry."""
        return max(rules.tier_without_certification, self.certified_tier)


def decide(
    vetting: Vetting | None,
    act: Act,
    *,
    org_id: str,
    by: str,
    reason: str,
    now_us: int,
    dossier_version: int,
    rules: Rules,
    tier: int = 0,
    grounds: Grounds | None = None,
    hits: tuple[str, ...] = (),
    lists: str = "",
) -> Decision:
    """Judge one step, and give the decision to be kept.

    Args:
        vetting: What stands so far; None for an organisation that never applied.
        act: What is to happen.
        org_id: Whose it is.
        by: Who decides.
        reason: Why; it must say something.
        now_us: When. A clock that stepped back never puts a decision before the last one.
        dossier_version: The version it is about; for a change, the new one.
        rules: What the operator set.
        tier: Of an approval, from 1.
        grounds: Of an approval, and of a change of what is approved: what it rests on.
        hits: Of a screening: those that nobody has cleared.
        lists: Of a screening: the digest of the lists.

    Raises:
        BadInput: The step is not possible from here, or something it needs is missing; nothing has happened then.
    """
    state = None if vetting is None else vetting.state
    if (state, act) not in TABLE:
        stands = state.value if state else "none"
        raise BadInput(
            f"The organisation {org_id} cannot be given {act.value!r}: its state is {stands}.",
            hint="See the table of states in docs/how-to/vet-organisations.md.",
        )
    if not reason.strip() or not by.strip():
        raise BadInput("A decision needs a reason and a name.", hint="Say why with --reason and who with --by.")
    number, now_us = (1, now_us) if vetting is None else (vetting.number + 1, max(now_us, vetting.since_us))
    made = Decision(
        org_id=org_id,
        number=number,
        act=act,
        state=_only(TABLE[state, act]),
        by=by,
        made_us=now_us,
        reason=reason,
        dossier_version=dossier_version,
        hits=hits if act is Act.SCREENED else (),
        lists=lists if act is Act.SCREENED else "",
    )
    if vetting is not None and act is Act.APPROVE:
        return _vote(vetting, made, tier=tier, grounds=grounds, rules=rules)
    if vetting is None or state is not State.APPROVED:
        return made
    if act is Act.CHANGE:
        return _change(vetting, made, grounds=grounds, rules=rules)
    if act is Act.SCREENED:
        return msgspec.structs.replace(made, state=rules.after_hit if hits else State.APPROVED)
    return made


def _only(states: frozenset[State]) -> State:
    """Where an act leads if it leads to one state; else where it leads unless something speaks for the other."""
    return next(iter(states)) if len(states) == 1 else next(state for state in State if state in states)


def _vote(vetting: Vetting, made: Decision, *, tier: int, grounds: Grounds | None, rules: Rules) -> Decision:
    """The decision of one person to approve: kept as a vote until there are enough."""
    if grounds is None:
        raise ValueError("a vote needs its grounds")
    refusal = _refusal(vetting, made.by, tier=tier, grounds=grounds, rules=rules)
    if refusal:
        raise BadInput(f"The organisation {made.org_id} cannot be approved: {refusal}.")
    if len(vetting.votes) + 1 < rules.approvals:
        return msgspec.structs.replace(made, tier=tier)
    return msgspec.structs.replace(made, tier=tier, state=State.APPROVED, valid_until_us=grounds.valid_until_us)


def _change(vetting: Vetting, made: Decision, *, grounds: Grounds | None, rules: Rules) -> Decision:
    """What a new version of the dossier does to an approval: it stays only if the new one carries it too."""
    carries = grounds is not None and not grounds.missing and vetting.tier <= grounds.reach(rules)
    if rules.after_change is not State.APPROVED or grounds is None or not carries:
        return made
    return msgspec.structs.replace(made, state=State.APPROVED, valid_until_us=grounds.valid_until_us)


def _refusal(vetting: Vetting, by: str, *, tier: int, grounds: Grounds, rules: Rules) -> str:
    """Why a vote cannot be given; empty where it can."""
    if tier < 1:
        return "its tier must be 1 or more"
    if grounds.missing:
        return f"nothing that holds is known of {', '.join(group.value for group in grounds.missing)}"
    if rules.needs_screening and vetting.screened_version != vetting.dossier_version:
        return "this version of its dossier was not screened"
    if vetting.hits:
        return f"{len(vetting.hits)} screening hits are open, the first is {vetting.hits[0]}"
    if tier > grounds.reach(rules):
        return f"tier {tier} needs a recognised certification, and those in force reach tier {grounds.certified_tier}"
    if not rules.recorder_may_approve and _is_same_person(by, grounds.recorded_by):
        return f"{by} recorded its dossier, and so may not vote"
    if any(_is_same_person(by, vote.by) for vote in vetting.votes):
        return f"{by} has voted already; somebody else must"
    if vetting.votes and vetting.votes[0].tier != tier:
        return f"{vetting.votes[0].by} voted for tier {vetting.votes[0].tier}; agree, or begin the review again"
    return ""


def _is_same_person(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def apply(vetting: Vetting | None, decision: Decision) -> Vetting:
    """What stands after one more decision. It trusts the decision: ``decide`` has judged it."""
    is_approved = decision.state is State.APPROVED
    if vetting is None:
        vetting = Vetting(
            org_id=decision.org_id, state=decision.state, since_us=decision.made_us, number=0, dossier_version=0
        )
    is_screening = decision.act is Act.SCREENED
    is_vote = decision.act is Act.APPROVE
    stays_approved = is_approved and vetting.state is State.APPROVED
    keeps_term = stays_approved and decision.act is not Act.CHANGE
    votes = (*vetting.votes, Vote(by=decision.by, tier=decision.tier)) if is_vote else ()
    if decision.act is Act.SCREENED and decision.state is vetting.state and not decision.hits:
        votes = vetting.votes
    return Vetting(
        org_id=vetting.org_id,
        state=decision.state,
        since_us=decision.made_us,
        number=decision.number,
        dossier_version=decision.dossier_version,
        tier=vetting.tier if stays_approved else decision.tier if is_approved else 0,
        valid_until_us=vetting.valid_until_us if keeps_term else decision.valid_until_us,
        votes=votes,
        hits=decision.hits if is_screening else vetting.hits,
        screened_version=decision.dossier_version if is_screening else vetting.screened_version,
        lists=decision.lists if is_screening else vetting.lists,
        was_approved=vetting.was_approved or is_approved,
    )


def replay(decisions: Iterable[Decision]) -> Vetting | None:
    """What a whole history comes to; None for an empty one."""
    vetting: Vetting | None = None
    for decision in decisions:
        vetting = apply(vetting, decision)
    return vetting


def is_due(vetting: Vetting, *, now_us: int) -> bool:
    """Whether an approval has run out and only waits to be noted."""
    return vetting.state is State.APPROVED and vetting.valid_until_us is not None and now_us >= vetting.valid_until_us


def microseconds(instant: datetime) -> int:
    """An instant as it is stored: microseconds since the epoch, UTC."""
    return round(instant.timestamp() * 1_000_000)
