# SPDX-License-Identifier: Apache-2.0
from random import Random

import msgspec
import pytest

from fakes.policy import NOW, book, question, shipped_rules
from stillwatch.access.periods import Period
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.decision import Decision
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.facts import Action, ControlClass, Credential, Licence, Vetting
from stillwatch.access.policy.judge import Judge

SHIPPED = Book(shipped_rules())


class Counting(Engine):
    asked = 0

    def decide(self, question: Question, *, now_us: int) -> Decision:
        self.asked += 1
        return super().decide(question, now_us=now_us)


def counted(rules: Book) -> tuple[Judge, Counting]:
    judge = Judge(rules)
    engine = Counting(rules)
    judge.engine = engine
    return judge, engine


def test_the_same_question_is_asked_of_cedar_once() -> None:
    judge, engine = counted(SHIPPED)
    first = judge.decide(question(), now_us=NOW)
    assert judge.decide(question(), now_us=NOW + 5) is first
    assert engine.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        question(org={"version": 2}),
        question(org={"digest": "another"}),
        question(key={"version": 2}),
        question(model={"version": 2}),
        question(action=Action.STREAM),
        question(circumstances={"standing": 1}),
    ],
)
def test_another_version_of_any_fact_is_another_question(other: Question) -> None:
    judge, engine = counted(SHIPPED)
    judge.decide(question(), now_us=NOW)
    judge.decide(other, now_us=NOW)
    assert engine.asked == 2


def test_what_no_rule_reads_makes_no_difference_and_what_one_reads_does() -> None:
    rules = book("permit(principal, action, resource) when { context.standing < 3 }")
    judge, engine = counted(rules)
    judge.decide(question(), now_us=NOW)
    judge.decide(question(circumstances={"country": "FR"}), now_us=NOW)
    assert engine.asked == 1
    assert not judge.decide(question(circumstances={"standing": 3}), now_us=NOW).is_allowed
    judge, engine = counted(book("permit(principal, action, resource) when { context == context }"))
    judge.decide(question(), now_us=NOW)
    judge.decide(question(circumstances={"country": "FR"}), now_us=NOW)
    assert engine.asked == 2


def test_a_clock_that_steps_back_is_answered_anew() -> None:
    judge, engine = counted(SHIPPED)
    judge.decide(question(), now_us=NOW)
    judge.decide(question(), now_us=NOW - 1)
    assert engine.asked == 2


def test_what_may_turn_at_any_time_is_never_kept() -> None:
    judge, engine = counted(book("permit(principal, action, resource) when { context.now * 2 < 100 }"))
    assert judge.decide(question(), now_us=49_000_000).is_allowed
    assert not judge.decide(question(), now_us=50_000_000).is_allowed
    judge.decide(question(), now_us=50_000_000)
    assert engine.asked == 3


STEPS = book(
    "permit(principal, action, resource) when {"
    '  principal.organisation.vetting == "approved" && principal.organisation.tier >= 1 };'
    '@id("dated") @says("d") @source("d") @in_force("1970-01-01T00:00:20+00:00/1970-01-01T00:00:40+00:00")'
    'forbid(principal, action, resource) when { resource.control_class != "none" };'
    "forbid(principal, action, resource) when { context.now >= 50 && context.standing > 1 };"
    "forbid(principal, action, resource) unless {"
    '  principal.organisation.credentials.contains("soc2") || principal.organisation.licences.contains("x") };'
    "forbid(principal, action, resource) when {"
    "  principal.organisation.tier > 3 && principal.organisation.tier + 9223372036854775806 > 0 }"
)


def _second(dice: Random) -> int | None:
    return dice.choice([None, dice.randrange(80) * 1_000_000])


def _changed(asked: Question, dice: Random, version: int) -> Question:
    org, model = asked.organisation, asked.model
    match dice.randrange(7):
        case 0:
            org = msgspec.structs.replace(
                org, version=version, vetting=dice.choice(list(Vetting)), vetted_until_us=_second(dice)
            )
        case 1:
            org = msgspec.structs.replace(org, version=version, tier=dice.randrange(5))
        case 2:
            credentials = (Credential(scheme="soc2", until_us=_second(dice)),) * dice.randrange(2)
            org = msgspec.structs.replace(org, version=version, credentials=credentials)
        case 3:
            licences = (Licence(rule="x", until_us=_second(dice)),) * dice.randrange(2)
            org = msgspec.structs.replace(org, version=version, licences=licences)
        case 4:
            begin = dice.randrange(80) * 1_000_000
            classes = (
                ControlClass(control_class="none", period=Period(None, begin)),
                ControlClass(control_class="4E091", period=Period(begin, None)),
            )
            model = msgspec.structs.replace(model, version=version, classes=classes)
        case 5:
            rung = msgspec.structs.replace(asked.circumstances, standing=dice.randrange(5))
            return msgspec.structs.replace(asked, circumstances=rung)
        case _:
            return asked
    return msgspec.structs.replace(asked, organisation=org, model=model)


def _answers(asked: Question, rules: Book, now: int) -> tuple[bool, str, tuple[str, ...]]:
    found = Engine(rules, handles=1).decide(asked, now_us=now)
    return found.is_allowed, found.reason, found.rules


@pytest.mark.slow
def test_no_history_of_changes_and_clock_steps_ever_gets_another_answer_than_a_fresh_engine_s() -> None:
    dice = Random(20261121)  # noqa: S311 - a test's dice
    bans = STEPS.with_rules(book('@id("ban") @says("b") @source("b") forbid(principal, action, resource)').rules)
    fresh = {id(STEPS): Engine(STEPS, handles=1), id(bans): Engine(bans, handles=1)}
    allowed = 0
    for _ in range(10_000):
        asked, now, rules = question(org={"tier": 1}), dice.randrange(80) * 1_000_000, STEPS
        judge = Judge(rules, decisions=dice.choice([1, 3, 100]))
        for step in range(dice.randrange(2, 6)):
            asked = _changed(asked, dice, version=step + 2)
            # The clock goes on, and now and then back.
            now = max(0, now + dice.choice([0, 1, 999_999, 1_000_000, 9_000_000, -5_000_000]))
            if dice.random() < 0.1:
                rules = bans if rules is STEPS else STEPS
                judge = Judge(rules)
            found = judge.decide(asked, now_us=now)
            engine = fresh[id(rules)]
            wanted = engine.decide(asked, now_us=now)
            assert (found.is_allowed, found.reason, found.rules) == (wanted.is_allowed, wanted.reason, wanted.rules)
            allowed += found.is_allowed
    assert allowed > 1_000


def test_a_short_history_agrees_with_a_fresh_engine_at_every_step() -> None:
    dice = Random(7)  # noqa: S311 - a test's dice
    asked, now = question(org={"tier": 1}), 0
    judge = Judge(STEPS, decisions=3)
    for step in range(300):
        asked, now = _changed(asked, dice, version=step + 2), max(0, now + dice.choice([0, 1_000_000, -1_000_000]))
        found = judge.decide(asked, now_us=now)
        assert (found.is_allowed, found.reason, found.rules) == _answers(asked, STEPS, now)
