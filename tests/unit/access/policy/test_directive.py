# SPDX-License-Identifier: Apache-2.0
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.policy import NOW, question, shipped_rules
from stillwatch.access.periods import Period, parse_instant
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.directive import Directive, Running, parse_directive, quoted, rules_of, shown, text_of
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.facts import Action
from stillwatch.errors import BadInput
from stillwatch.records.binding import ExportClass

FILE = """
directive: D-2026-06-12
models: [frontier, fable]
source: notice under 15 CFR 744.22(b), 12 June 2026
reason: An order reserves this model for US persons.
effective: 2026-06-12T18:30:00-04:00
only:
  person_classes: [us_person]
exempt:
  organisations: [annex-a]
running: cut
"""
BASE = Directive(directive_id="d", models=("frontier",), source="s", reason="r", from_us=NOW)


def test_a_file_says_who_keeps_access_to_what_from_when() -> None:
    found = parse_directive(FILE, name="order.yaml")
    assert found == Directive(
        directive_id="D-2026-06-12",
        models=("frontier", "fable"),
        source="notice under 15 CFR 744.22(b), 12 June 2026",
        reason="An order reserves this model for US persons.",
        from_us=parse_instant("2026-06-12T22:30:00+00:00"),
        only_classes=(ExportClass.US_PERSON,),
        exempt_organisations=("annex-a",),
    )
    assert shown(found)["only"] == {"person_classes": ["us_person"]}
    assert shown(found)["exempt"] == {"organisations": ["annex-a"]}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("models: [frontier, fable]", "models: []", "names no model"),
        ("models: [frontier, fable]", "models: [frontier, frontier]", "twice under `models`"),
        ("models: [frontier, fable]", "model: frontier", "`model`"),
        ("[us_person]", "[us_citizen]", "us_citizen"),
        ("[us_person]", "[unattested]", "nothing is attested"),
        ("running: cut", "running: slowly", "slowly"),
        ("running: cut", "until: 2026-06-12", "ends before"),
        ("18:30:00-04:00", "18:30:00", "`effective`"),
        ("reason: An order reserves this model for US persons.", "", "`reason`"),
        ("only:", "only: [", "not a directive"),
    ],
)
def test_what_is_no_directive_is_refused_in_one_sentence_that_names_the_place(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_directive(FILE.replace(old, new), name="order.yaml")
    assert says in str(refused.value)
    assert "order.yaml" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "period"),
    [
        ({}, Period(NOW, None)),
        ({"until_us": NOW + 9}, Period(NOW, NOW + 9)),
        ({"until_us": NOW + 9, "lifted_us": NOW + 5}, Period(NOW, NOW + 5)),
        ({"lifted_us": NOW}, None),
    ],
)
def test_it_is_in_force_until_it_ends_or_is_lifted(changes: dict[str, Any], period: Period | None) -> None:
    found = msgspec.structs.replace(BASE, **changes)
    assert found.period() == period
    assert [rule.periods for rule in rules_of(found)] == ([(period,)] if period else [])
    assert bool(text_of(found)) == (period is not None)


def test_it_takes_effect_at_its_instant_and_what_was_comes_back_when_it_is_lifted() -> None:
    lifted = msgspec.structs.replace(BASE, from_us=NOW + 10, lifted_us=NOW + 20)
    engine = Engine(Book(shipped_rules()).with_rules(rules_of(lifted)))
    answers = [engine.decide(question(), now_us=NOW + after) for after in (0, 9, 10, 19, 20)]
    assert [one.is_allowed for one in answers] == [True, True, False, False, True]
    assert answers[0].until_us == NOW + 10
    assert answers[2].rules == ("directive/d/frontier",)


names = st.sampled_from(["org-1", "org-2", 'o "3"'])
directives = st.builds(
    Directive,
    directive_id=st.just("d"),
    models=st.lists(st.sampled_from(["frontier", "fable"]), min_size=1, unique=True).map(tuple),
    source=st.just("s"),
    reason=st.text(min_size=1).filter(lambda text: bool(text.strip())),
    from_us=st.just(NOW),
    actions=st.lists(st.sampled_from(list(Action)), min_size=1, unique=True).map(tuple),
    only_organisations=st.none() | st.lists(names, max_size=2).map(tuple),
    only_classes=st.none() | st.lists(st.sampled_from(list(ExportClass)[1:]), max_size=2).map(tuple),
    exempt_organisations=st.lists(names, max_size=1).map(tuple),
    exempt_accounts=st.lists(st.sampled_from(["acct-1", "acct-2"]), max_size=1).map(tuple),
    exempt_keys=st.lists(st.sampled_from(["key-1", "key-2"]), max_size=1).map(tuple),
    running=st.sampled_from(Running),
)
questions = st.builds(
    lambda org, action, person, model: question(
        org={"org_id": org},
        key={"org_id": org},
        action=action,
        model={"model": model},
        circumstances={"person_class": person},
    ),
    names,
    st.sampled_from([Action.INVOKE, Action.STREAM, Action.REASONING]),
    st.sampled_from(ExportClass),
    st.sampled_from(["frontier", "fable", "small"]),
)
SHIPPED = Engine(Book(shipped_rules()))


def bars(directive: Directive, asked: Question) -> bool:
    """What a directive means, said once more."""
    if asked.model.model not in directive.models or asked.action not in directive.actions:
        return False
    org = asked.organisation.org_id
    if (
        org in directive.exempt_organisations
        or "acct-1" in directive.exempt_accounts
        or "key-1" in directive.exempt_keys
    ):
        return False
    if directive.only_organisations is None and directive.only_classes is None:
        return True
    is_named = directive.only_organisations is None or org in directive.only_organisations
    is_attested = directive.only_classes is None or asked.circumstances.person_class in directive.only_classes
    return not (is_named and is_attested)


@settings(max_examples=120, deadline=None)
@given(directives, questions)
def test_it_bars_exactly_whom_it_says_and_never_opens_anything(directive: Directive, asked: Question) -> None:
    rules = rules_of(directive)
    assert {rule.effect for rule in rules} == {"forbid"}
    before = SHIPPED.decide(asked, now_us=NOW)
    after = Engine(SHIPPED.book.with_rules(rules)).decide(asked, now_us=NOW)
    assert after.is_allowed == (before.is_allowed and not bars(directive, asked))


@given(st.text())
def test_any_text_can_be_an_id_or_a_reason(text: str) -> None:
    directive = msgspec.structs.replace(BASE, directive_id=text or "d", exempt_organisations=(text,))
    [rule] = rules_of(directive)
    assert rule.rule_id == f"directive/{text or 'd'}/frontier"
    assert f"id={text!r}" in repr(rule.tree)
    assert quoted(text).count('"') >= 2
