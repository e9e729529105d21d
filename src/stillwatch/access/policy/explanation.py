# SPDX-License-Identifier: Apache-2.0
"""A decision in words: what each rule that made it says, by what source, and what would have to change."""

from stillwatch.access.periods import ALWAYS, shown_instant, shown_periods
from stillwatch.access.policy.book import Book, Rule
from stillwatch.access.policy.decision import Decision, Reason
from stillwatch.access.policy.entities import Question, principal_id, principal_type

_OPENINGS = {
    Reason.PERMITTED: "Allowed: a rule permits it and none forbids it.",
    Reason.FORBIDDEN: "Denied: a rule forbids it, and that overrides whatever permits it.",
    Reason.NOT_PERMITTED: "Denied: no rule permits it.",
    Reason.ERROR: "Denied: a rule could not be evaluated, so nobody knows what it would have said.",
    Reason.FACTS: "Denied: the facts do not belong together.",
}


def explained(book: Book, question: Question, decision: Decision) -> tuple[str, ...]:
    """Lines that say why a decision is what it is."""
    who = f"{principal_type(question.principal)} {principal_id(question.principal)}"
    if principal_id(question.principal) != question.organisation.org_id:
        who += f" of {question.organisation.org_id}"
    lines = [f"{who} asks to {question.action.value} {question.model.model}.", _OPENINGS[decision.reason]]
    lines += [line for rule_id in decision.rules for line in _rule(book.by_id[rule_id])]
    lines += list(decision.errors)
    if decision.reason is Reason.NOT_PERMITTED:
        permits = [
            one
            for one in book.in_force(decision.decided_us)
            if one.effect == "permit" and one.may_apply_to(question.action)
        ]
        lines += ["What would permit it:"] if permits else ["No rule in force permits this action to anybody."]
        lines += [line for rule in permits for line in _rule(rule)]
    if decision.until_us is not None and decision.until_us > decision.decided_us:
        lines.append(f"This holds until {shown_instant(decision.until_us)}, when a rule or a fact changes.")
    return tuple(lines)


def _rule(rule: Rule) -> list[str]:
    dates = "" if rule.periods == ALWAYS else f" In force {shown_periods(rule.periods)}."
    return [f"- {rule.rule_id}: {rule.says}", f"  Source: {rule.source}.{dates}"]
