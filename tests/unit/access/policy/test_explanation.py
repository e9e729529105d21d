# SPDX-License-Identifier: Apache-2.0
import msgspec

from fakes.policy import NOW, ORG, PERSON, book, question, shipped_rules
from stillwatch.access.periods import parse_instant
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.explanation import explained
from stillwatch.access.policy.facts import Action

SHIPPED = Book(shipped_rules())


def told(asked: Question, rules: Book = SHIPPED, now: int = NOW) -> tuple[str, ...]:
    return explained(rules, asked, Engine(rules).decide(asked, now_us=now))


def test_what_is_allowed_names_the_rule_that_permits_it() -> None:
    lines = told(question())
    assert lines[:2] == (
        "Key key-1 of org-1 asks to invoke frontier.",
        "Allowed: a rule permits it and none forbids it.",
    )
    assert lines[2].startswith("- house/permit-inference: An organisation approved at tier 1 or higher")
    assert lines[3] == "  Source: house rules: access by tier."
    assert len(lines) == 4


def test_what_is_forbidden_names_every_rule_its_source_and_its_dates() -> None:
    lines = told(question(org={"ownership_clear": ("us-ofac-50", "eu-50", "uk-50", "house-unsupported-regions")}))
    assert lines[1].startswith("Denied: a rule forbids it")
    assert lines[2].startswith("- us/affiliates: ")
    assert lines[3].endswith("In force from 2025-09-29 until 2025-11-10 and from 2026-11-10.")
    assert "Expansion of End-User Controls" in lines[3]


def test_what_nothing_permits_says_what_would() -> None:
    lines = told(question(principal=msgspec.structs.replace(PERSON, roles=()), action=Action.ADMINISTER))
    assert lines[1:3] == ("Denied: no rule permits it.", "What would permit it:")
    assert lines[3].startswith("- house/permit-administer")
    assert "No rule in force permits this action to anybody." in told(question(), Book())


def test_an_error_is_shown_with_the_rule_that_erred() -> None:
    rules = book("forbid(principal, action, resource) when { principal.organisation.tier + 9223372036854775807 > 0 }")
    lines = told(question(), rules)
    assert lines[1].startswith("Denied: a rule could not be evaluated")
    assert any("overflow" in line for line in lines)


def test_until_when_it_holds_is_said_and_facts_of_others_are_refused() -> None:
    soon = told(question(), now=parse_instant("2026-11-09"))
    assert soon[-1] == "This holds until 2026-11-10, when a rule or a fact changes."
    wrong = msgspec.structs.replace(question(), organisation=msgspec.structs.replace(ORG, org_id="org-2"))
    assert told(wrong)[1] == "Denied: the facts do not belong together."
    assert told(question(principal=ORG))[0] == "Organisation org-1 asks to invoke frontier."
