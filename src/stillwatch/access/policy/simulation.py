# SPDX-License-Identifier: Apache-2.0
"""Who would gain or lose access if other rules were in force: every principal, action and model, under both."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from stillwatch.access.policy.book import Book
from stillwatch.access.policy.decision import Decision
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.entities import Question, principal_id, principal_type
from stillwatch.access.policy.facts import Action, Circumstances, OrgFacts, Principal
from stillwatch.access.policy.facts_file import Known
from stillwatch.records.binding import Binding, ExportClass

AT_BEST: Final = Circumstances(hosting="no", binding=Binding.MTLS, person_class=ExportClass.US_PERSON, standing=0)
"""Circumstances that nothing is held against. The country is that of the organisation's headquarters."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is allowed under the one rules and denied under the other."""

    org_id: str
    principal: str
    """Type and id."""
    action: Action
    model: str
    is_gained: bool
    rules: tuple[str, ...]
    """What decides it under the new rules."""


def simulate(
    old: Book,
    new: Book,
    known: Known,
    *,
    now_us: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Change, ...]:
    """Compare two books of rules on everything that is known.

    An organisation is asked about through its keys, or by itself where none is known, in each of the circumstances that
    are given, or at best where none is.
    """
    engines = Engine(old), Engine(new)
    changes = []
    for done, organisation in enumerate(known.organisations.values()):
        progress(done, len(known.organisations))
        for question in _questions(organisation, known):
            before, after = (engine.decide(question, now_us=now_us) for engine in engines)
            if before.is_allowed != after.is_allowed:
                changes.append(_change(question, after))
    return tuple(dict.fromkeys(changes))


def _questions(organisation: OrgFacts, known: Known) -> Iterator[Question]:
    own = [one for one in known.keys.values() if one.org_id == organisation.org_id]
    persons = [one for one in known.persons.values() if one.org_id == organisation.org_id]
    principals: list[Principal] = [*own, *persons] or [organisation]
    best = msgspec.structs.replace(AT_BEST, country=organisation.hq_country)
    for principal in principals:
        for model in known.models.values():
            for action in Action:
                for circumstances in known.circumstances or (best,):
                    yield Question(
                        principal=principal,
                        organisation=organisation,
                        action=action,
                        model=model,
                        circumstances=circumstances,
                    )


def _change(question: Question, after: Decision) -> Change:
    return Change(
        org_id=question.organisation.org_id,
        principal=f"{principal_type(question.principal)} {principal_id(question.principal)}",
        action=question.action,
        model=question.model.model,
        is_gained=after.is_allowed,
        rules=after.rules,
    )
