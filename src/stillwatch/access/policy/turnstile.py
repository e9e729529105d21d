# SPDX-License-Identifier: Apache-2.0
"""The access policy on the path of a request: a grant and a wish in, a grant or a denial out, with the verdict on it.

Immutable in what it knows: another rule, fact or key makes another turnstile, so nothing that was decided before
outlives a change. What is not known of an organisation or a model reads as not good, and denies.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

import msgspec

from stillwatch.access.keyring import Keyring, enrolled
from stillwatch.access.policy.cache import Bounded
from stillwatch.access.policy.decision import Decision
from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.facts import ANY, UNKNOWN, Action, Circumstances, KeyFacts, ModelFacts, OrgFacts
from stillwatch.access.policy.judge import Judge
from stillwatch.access.snapshot import KeyEntry
from stillwatch.records.grant import Denial, Grant, Verdict, Wanted

ANSWERS: Final = 32_768
"""Answers kept: about 1 KB each."""
_HOSTING: Final = {True: "yes", False: "no", None: UNKNOWN}
NOT_KNOWN: Final = "unknown"
"""Digest of what nothing is known of."""


class Turnstile:
    """Decides what a caller who holds a key may do with a model.

    Args:
        judge: Decides by the rules in force.
        keyring: Every key.
        organisations: What is known of organisations, by id.
        models: What is known of models, by name.
        appeal: How a refused caller can appeal: the end of a refusal.
        cutting: Ids of the rules that end what is under way, too.
    """

    def __init__(
        self,
        judge: Judge,
        keyring: Keyring,
        *,
        organisations: Mapping[str, OrgFacts],
        models: Mapping[str, ModelFacts],
        appeal: str,
        cutting: frozenset[str] = frozenset(),
    ) -> None:
        self._judge = judge
        self._keyring = keyring
        self._organisations = organisations
        self._models = models
        self._appeal = appeal
        self._cutting = cutting
        self._kept: Bounded[tuple[Grant, Wanted], tuple[Grant | Denial, int, int | None]] = Bounded(ANSWERS)

    def ask(self, grant: Grant, wanted: Wanted, *, now_us: int) -> Grant | Denial:
        """Give the grant with its verdict, or a denial.

        Cost: about a microsecond where the same was asked before, else a decision of the engine for each action.
        """
        kept = self._kept.get((grant, wanted))
        if kept is not None:
            answer, decided_us, until_us = kept
            if decided_us <= now_us and (until_us is None or now_us < until_us):
                return answer
        decisions = self._decide(grant, wanted, now_us)
        answer = self._answer(grant, decisions)
        ends = [one.until_us for one in decisions if one.until_us is not None]
        self._kept.put((grant, wanted), (answer, now_us, min(ends, default=None)))
        return answer

    def must_end(self, grant: Grant, wanted: Wanted, *, now_us: int) -> Denial | None:
        """Give the denial by which an exchange under way must be cut; None where it may go on."""
        if not self._cutting:
            return None
        answer = self.ask(msgspec.structs.replace(grant, verdict=None), wanted, now_us=now_us)
        if not isinstance(answer, Denial) or answer.verdict is None:
            return None
        return None if self._cutting.isdisjoint(answer.verdict.rules.split(" ")) else answer

    def _decide(self, grant: Grant, wanted: Wanted, now_us: int) -> list[Decision]:
        """Decide each action that is wanted, up to the first that is denied."""
        entry = self._keyring.entry(grant.key_id)
        organisation = self._organisations.get(grant.org_id) or OrgFacts(
            org_id=grant.org_id, version=0, digest=NOT_KNOWN
        )
        model = self._models.get(wanted.model) or ModelFacts(model=wanted.model, version=0, digest=NOT_KNOWN)
        circumstances = Circumstances(
            country=wanted.country or UNKNOWN,
            hosting=_HOSTING[wanted.is_hosted],
            binding=grant.binding,
            person_class=grant.person_class,
            standing=int(grant.rung),
        )
        decisions = []
        for action in _actions(wanted):
            question = Question(
                principal=_key_facts(grant, entry),
                organisation=organisation,
                action=action,
                model=model,
                circumstances=circumstances,
            )
            decisions.append(self._judge.decide(question, now_us=now_us))
            if not decisions[-1].is_allowed:
                break
        return decisions

    def _answer(self, grant: Grant, decisions: list[Decision]) -> Grant | Denial:
        last = decisions[-1]
        decisive = decisions if last.is_allowed else [last]
        rules = dict.fromkeys(rule for decision in decisive for rule in decision.rules)
        facts = (("rules", last.book_digest), *last.fact_digests)
        verdict = Verdict(" ".join(rules), " ".join(f"{name}={digest}" for name, digest in facts))
        if last.is_allowed:
            return msgspec.structs.replace(grant, verdict=verdict)
        # Which rule and which fact it was stays on the record: a refusal must not tell a caller what is known of him.
        return Denial(
            code="policy_denied",
            status=403,
            message=f"The access policy of this service does not permit this. {self._appeal}",
            key_id=grant.key_id,
            org_id=grant.org_id,
            account_id=grant.account_id,
            rung=grant.rung,
            verdict=verdict,
        )


def _actions(wanted: Wanted) -> Iterable[Action]:
    yield Action.INVOKE
    if wanted.stream:
        yield Action.STREAM
    if wanted.reasoning:
        yield Action.REASONING
    if wanted.logprobs:
        yield Action.LOGPROBS


def _key_facts(grant: Grant, entry: KeyEntry | None) -> KeyFacts:
    if entry is None:
        return KeyFacts(
            key_id=grant.key_id, account_id=grant.account_id, org_id=grant.org_id, version=0, digest=NOT_KNOWN
        )
    return KeyFacts(
        key_id=entry.key_id,
        account_id=entry.account_id,
        org_id=entry.org_id,
        version=0,
        digest=f"sha256:{sha256(_encoder.encode(entry)).hexdigest()}",
        scopes=(ANY,) if entry.scopes is None else entry.scopes,
        models=(ANY,) if entry.models is None else entry.models,
        binding=enrolled(entry),
    )


_encoder = msgspec.msgpack.Encoder()
