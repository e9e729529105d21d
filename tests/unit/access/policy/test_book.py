# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.policy import NOW, PACKS, book, shipped_rules
from stillwatch.access.periods import parse_instant
from stillwatch.access.policy.book import Book, parse_rules
from stillwatch.access.policy.facts import Action
from stillwatch.errors import BadInput

GOOD = '@id("a") @says("b") @source("c") permit (principal, action, resource);'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("permit (", "not a set of Cedar policies"),
        (GOOD.replace('@id("a")', ""), "has no @id"),
        (GOOD.replace('@says("b")', ""), "has no @says"),
        (GOOD.replace('@source("c")', '@source(" ")'), "has no @source"),
        (GOOD.replace("permit", '@note("x") permit'), "@note"),
        (GOOD.replace("permit", '@in_force("soon") permit'), 'rule "a"'),
        (GOOD.replace("(principal,", "(principal == ?principal,"), "template"),
        (GOOD.replace(";", " when { principal.organisation.teir > 1 };"), "does not fit the schema"),
        (GOOD.replace(";", " when { context.standing };"), "does not fit the schema"),
        (GOOD.replace("action,", 'action == Action::"invok",'), "does not fit the schema"),
    ],
)
def test_what_is_no_rule_is_refused_in_one_sentence_that_names_it(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_rules(text, pack="own", name="own.cedar")
    assert says in str(refused.value)
    assert "own.cedar" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_rules_of_one_id_are_refused() -> None:
    rules = parse_rules(GOOD, pack="own", name="own.cedar")
    with pytest.raises(BadInput, match='"a"'):
        Book((*rules, *rules))


def test_every_shipped_rule_has_a_source_and_says_something_in_one_sentence() -> None:
    rules = shipped_rules()
    assert len(rules) >= 30
    for rule in rules:
        assert rule.says.endswith(".")
        assert rule.source
        assert rule.rule_id.startswith(f"{rule.pack}/")
        assert rule.pack in PACKS


def test_only_the_house_permits() -> None:
    assert {rule.pack for rule in shipped_rules() if rule.effect == "permit"} == {"house"}


def test_a_rule_is_in_force_between_its_dates_and_the_book_knows_when_that_changes() -> None:
    made = Book(shipped_rules("us"))
    ids = [{rule.rule_id for rule in made.in_force(parse_instant(day))} for day in ("2025-12-01", "2026-11-21")]
    assert ids[1] - ids[0] == {"us/affiliates"}
    epoch = made.epoch(parse_instant("2025-12-01"))
    assert (epoch.since_us, epoch.until_us) == (parse_instant("2025-11-10"), parse_instant("2026-11-10"))
    assert made.epoch(NOW).until_us is None


def test_the_digest_is_of_what_the_rules_say_whatever_their_order_and_spacing() -> None:
    rules = shipped_rules()
    assert Book(rules).digest == Book(reversed(rules)).digest
    assert (
        Book(parse_rules(GOOD, pack="p", name="n")).digest
        == Book(parse_rules(f"// x\n{GOOD} ", pack="p", name="n")).digest
    )
    for old, new in (
        ('"b"', '"x"'),
        ('"c"', '"x"'),
        ("permit", "forbid"),
        ("permit", '@in_force("2026-01-01/") permit'),
    ):
        assert (
            Book(parse_rules(GOOD.replace(old, new), pack="p", name="n")).digest
            != Book(parse_rules(GOOD, pack="p", name="n")).digest
        )
    assert Book(rules).digest != Book(rules[1:]).digest
    assert Book(rules[1:]).with_rules(rules[:1]).digest == Book(rules).digest


def test_rules_of_other_actions_are_left_out_of_an_action_s_handle() -> None:
    made = book(
        'permit(principal, action == Action::"invoke", resource);'
        'permit(principal, action in [Action::"stream", Action::"logprobs"], resource);'
        "forbid(principal, action, resource) when { false }"
    )
    sizes = {action: len(made.epoch(NOW).handle(action).to_pst().static_policies) for action in Action}
    assert sizes[Action.INVOKE] == sizes[Action.STREAM] == sizes[Action.LOGPROBS] == 2
    assert sizes[Action.ADMINISTER] == 1


def test_what_the_rules_read_and_when_they_may_turn_is_gathered() -> None:
    made = book(
        "permit(principal, action, resource) when { context.now < 100 };"
        "forbid(principal, action, resource) when { context.standing > 2 }"
    )
    assert made.reads == {"now", "standing"}
    assert [made.next_edge(second * 1_000_000) for second in (0, 100, 101)] == [100_000_000, 101_000_000, None]
    assert not made.is_clocked
    assert book("permit(principal, action, resource) when { context.now * 2 < 100 }").is_clocked
