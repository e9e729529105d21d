# SPDX-License-Identifier: Apache-2.0
from typing import Any

import msgspec
import pytest

from fakes.policy import KEY, MODEL, NOW, ORG, PERSON, book, question, shipped_rules
from stillwatch.access.periods import parse_instant
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.decision import Decision, Reason
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.facts import Action, ControlClass, Licence, OrgFacts, Reseller, Vetting
from stillwatch.records.binding import Binding, ExportClass

SHIPPED = Engine(Book(shipped_rules()))


def ask(now: int = NOW, **changes: Any) -> Decision:
    return SHIPPED.decide(question(**changes), now_us=now)


def test_who_has_everything_is_let_through_and_the_decision_carries_what_it_was_made_from() -> None:
    found = ask()
    assert found.is_allowed
    assert found.reason is Reason.PERMITTED
    assert found.rules == ("house/permit-inference",)
    assert found.book_digest == SHIPPED.book.digest
    assert dict(found.fact_digests) == {
        "organisation": ORG.digest,
        "principal": KEY.digest,
        "model": MODEL.digest,
        "list:csl": "sha256:csl",
        "list:eu-fsf": "sha256:eu-fsf",
        "list:uk-sanctions": "sha256:uk-sanctions",
    }
    assert (found.decided_us, found.until_us) == (NOW, None)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"org": {"vetting": Vetting.REVIEW}}, "house/vetted"),
        ({"org": {"vetted_until_us": NOW}}, "house/vetted"),
        ({"org": {"screened": ()}}, "house/screened"),
        ({"org": {"open_hits": 1}}, "house/open-hits"),
        ({"org": {"open_hits": -1}}, "house/open-hits"),
        ({"org": {"confirmed_hits": 1}}, "house/confirmed-hits"),
        ({"org": {"terms": "unknown"}}, "house/terms"),
        ({"org": {"models": ("other",)}}, "house/contract-models"),
        ({"org": {"end_uses": ("competing_model",)}}, "house/competing-use"),
        ({"org": {"end_uses": ()}}, "house/competing-use"),
        ({"org": {"reseller": Reseller.UNDISCLOSED}}, "house/resellers"),
        ({"key": {"scopes": ("stream",)}}, "house/key-scopes"),
        ({"key": {"models": ()}}, "house/key-models"),
        ({"circumstances": {"binding": Binding.BEARER}}, "house/binding"),
        ({"circumstances": {"binding": Binding.DPOP, "hosting": "unknown"}}, "house/hosted-addresses"),
        ({"circumstances": {"standing": 3}}, "house/standing"),
        ({"circumstances": {"standing": 2}, "action": Action.REASONING}, "house/withheld"),
        ({"org": {"hq_country": "CN"}}, "house/regions"),
        ({"org": {"parent_countries": ("DE", "unknown")}}, "house/regions"),
        ({"org": {"parent_countries": ()}}, "house/regions"),
        ({"circumstances": {"country": "RU"}}, "house/regions"),
        ({"org": {"ownership_clear": ()}}, "house/owners"),
        ({"org": {"ownership_flagged": ("us-bis-affiliates",)}}, "house/red-flags"),
        ({"org": {"ownership_clear": ()}}, "us/affiliates"),
        ({"org": {"ownership_clear": ()}}, "us/blocked-owners"),
        ({"org": {"hq_country": "VE"}}, "us/arms-embargoed"),
        ({"org": {"end_uses": ("military",), "hq_country": "KH"}}, "us/military-end-use"),
        ({"model": {"classes": (ControlClass(control_class="us-persons-only"),)},
          "circumstances": {"person_class": ExportClass.A5_A6}}, "us/persons-only"),
        ({"action": Action.DOWNLOAD_WEIGHTS}, "us/weights"),
        ({"org": {"hq_country": "RU"}}, "eu/russia-belarus"),
        ({"org": {"ownership_clear": ("us-ofac-50",)}}, "uk/owners"),
    ],
)  # fmt: skip
def test_each_rule_forbids_what_it_says(changes: dict[str, Any], rule: str) -> None:
    found = ask(**changes)
    assert not found.is_allowed
    assert found.reason is Reason.FORBIDDEN
    assert rule in found.rules


def test_an_organisation_of_which_nothing_is_known_has_no_access_to_anything() -> None:
    nothing = OrgFacts(org_id="org-1", version=1, digest="d")
    for action in Action:
        asked = msgspec.structs.replace(question(action=action), organisation=nothing)
        assert not SHIPPED.decide(asked, now_us=NOW).is_allowed


def test_a_licence_lifts_what_it_names_and_ends_with_its_day() -> None:
    until = parse_instant("2027-01-01")
    changes: dict[str, Any] = {
        "org": {"licences": (Licence(rule="us/weights", until_us=until),)},
        "action": Action.DOWNLOAD_WEIGHTS,
    }
    found = ask(**changes)
    assert found.is_allowed
    assert found.until_us == until
    assert ask(now=until, **changes).rules == ("us/weights",)


def test_the_affiliates_rule_binds_again_from_the_day_its_suspension_ends() -> None:
    changes: dict[str, Any] = {
        "org": {"ownership_clear": tuple(one for one in ORG.ownership_clear if one != "us-bis-affiliates")}
    }
    back = parse_instant("2026-11-10")
    before = ask(now=back - 1, **changes)
    assert before.is_allowed
    assert before.until_us == back
    assert ask(now=back, **changes).rules == ("us/affiliates",)
    # And back again: a clock that steps back finds the rules of its day.
    assert ask(now=back - 1, **changes).is_allowed


def test_persons_administer_by_their_role() -> None:
    assert ask(principal=PERSON, action=Action.ADMINISTER).is_allowed
    clerk = msgspec.structs.replace(PERSON, roles=("clerk",), version=2)
    assert ask(principal=clerk, action=Action.ADMINISTER).reason is Reason.NOT_PERMITTED


def test_nothing_is_permitted_by_no_rules() -> None:
    found = Engine(Book()).decide(question(), now_us=NOW)
    assert not found.is_allowed
    assert found.reason is Reason.NOT_PERMITTED


ERRS = "forbid(principal, action, resource) when { principal.organisation.tier + 9223372036854775807 > 0 }"


@pytest.mark.parametrize("effect", ["forbid", "permit"])
def test_a_rule_that_cannot_be_evaluated_denies_and_is_named(effect: str) -> None:
    engine = Engine(book(f"permit(principal, action, resource); {ERRS.replace('forbid', effect)}"))
    found = engine.decide(question(), now_us=NOW)
    assert not found.is_allowed
    assert found.reason is Reason.ERROR
    assert found.rules == ("1",)
    assert "overflow" in found.errors[0]
    assert engine.decide(question(org={"tier": 0, "version": 2}), now_us=NOW).is_allowed == (effect == "permit")


def test_a_rule_that_errs_out_of_force_or_for_another_action_does_not_matter() -> None:
    dated = f'@id("x") @says("x") @source("x") @in_force("2030-01-01/") {ERRS}'
    other = ERRS.replace("action,", 'action == Action::"stream",')
    engine = Engine(book(f"permit(principal, action, resource); {dated}; {other}"))
    assert engine.decide(question(), now_us=NOW).is_allowed
    assert engine.decide(question(action=Action.STREAM), now_us=NOW).reason is Reason.ERROR
    assert engine.decide(question(), now_us=parse_instant("2030-01-01")).reason is Reason.ERROR


@pytest.mark.parametrize(
    "asked",
    [
        msgspec.structs.replace(question(), organisation=msgspec.structs.replace(ORG, org_id="org-2")),
        question(principal=msgspec.structs.replace(ORG, tier=9)),
    ],
)
def test_facts_that_do_not_belong_together_are_denied(asked: Any) -> None:
    found = Engine(book("permit(principal, action, resource)")).decide(asked, now_us=NOW)
    assert (found.is_allowed, found.reason) == (False, Reason.FACTS)


def test_facts_that_cedar_cannot_read_are_denied() -> None:
    engine = Engine(book("permit(principal, action, resource)"))
    found = engine.decide(question(org={"tier": 2**70}), now_us=NOW)
    assert (found.is_allowed, found.reason) == (False, Reason.ERROR)
    assert not found.holds_at(NOW)


def test_a_decision_by_the_clock_holds_until_the_clock_reaches_the_number() -> None:
    engine = Engine(book("permit(principal, action, resource) when { context.now < 100 }"))
    found = engine.decide(question(), now_us=5_000_000)
    assert (found.is_allowed, found.until_us) == (True, 100_000_000)
    assert not engine.decide(question(), now_us=100_000_000).is_allowed
    unforeseen = Engine(book("permit(principal, action, resource) when { context.now * 2 < 100 }"))
    assert not unforeseen.decide(question(), now_us=5_000_000).holds_at(5_000_000)


def test_ids_with_quotes_and_line_breaks_are_ids() -> None:
    odd = 'a "b" \\ \n c'
    engine = Engine(
        book("permit(principal is Key, action, resource) when { principal.models.contains(resource.name) }")
    )
    found = engine.decide(question(key={"models": (odd,), "key_id": odd}, model={"model": odd}), now_us=NOW)
    assert found.is_allowed
