# SPDX-License-Identifier: Apache-2.0
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fakes.policy import ORG
from stillwatch.access.adapters.signing_key import signer
from stillwatch.access.policy.directive import Directive, Running
from stillwatch.access.policy.interface import Directives
from stillwatch.access.policy.rulebook import Source, decode_organisations, decode_rulebook, rulebook
from stillwatch.access.vetting.facts import Known
from stillwatch.service.offices import open_directives
from stillwatch.service.policy_room import PolicyRoom
from stillwatch.settings import Settings

NOW = 1_790_000_000_000_000
DIRECTIVE = Directive(directive_id="d-1", models=("m",), source="s", reason="r", from_us=NOW, running=Running.CUT)
RULE = Source("house", "house.cedar", '@id("a") @says("s") @source("t") permit(principal, action, resource);')

KNOWN = [
    Known(msgspec.structs.replace(ORG, org_id="a", version=3), None),
    Known(msgspec.structs.replace(ORG, org_id="b", version=5), NOW + 10),
]


@pytest.fixture
def directives(settings: Settings) -> Directives:
    return open_directives(settings)


def room(directives: Directives, *sources: Source) -> PolicyRoom:
    sign = signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    return PolicyRoom(
        rules=lambda: rulebook(sources),
        stamp=lambda: None,
        known=lambda since, _now_us: [one for one in KNOWN if one.facts.version > since],
        directives=directives,
        sign=sign,
    )


def test_where_there_is_no_rule_there_is_no_policy(directives: Directives) -> None:
    assert room(directives).packed(now_us=NOW) == b""


def test_a_directive_alone_forbids_and_permits_the_rest(directives: Directives) -> None:
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    rules, book = decode_rulebook(room(directives).packed(now_us=NOW))
    assert sorted(book.by_id) == ["directive/d-1/m", "open/permit"]
    assert rules.cutting == ("directive/d-1/m",)


def test_beside_other_rules_it_only_narrows(directives: Directives) -> None:
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    _, book = decode_rulebook(room(directives, RULE).packed(now_us=NOW))
    assert {rule.rule_id: rule.effect for rule in book.rules} == {"a": "permit", "directive/d-1/m": "forbid"}


def test_one_that_is_lifted_or_over_is_left_out(directives: Directives) -> None:
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    directives.lift("d-1", by="Ann", reason="r", now_us=NOW)
    ending = Directive(directive_id="d-2", models=("m",), source="s", reason="r", from_us=NOW, until_us=NOW + 5)
    directives.apply(ending, by="Ann", now_us=NOW)
    assert room(directives).packed(now_us=NOW + 5) == b""
    assert room(directives).packed(now_us=NOW + 4) != b""


def test_what_is_owed_is_noted_and_then_costs_nothing(directives: Directives) -> None:
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    made = room(directives)
    version = directives.orders().version
    (order,) = made.confirm(version, workers=2, now_us=NOW + 1)
    assert (order.in_force_us, order.workers) == (NOW + 1, 2)
    assert made.confirm(version + 9, workers=2, now_us=NOW + 2) == ()


def test_what_is_known_is_told_once_and_anew_when_a_fact_runs_out(directives: Directives) -> None:
    made = room(directives)

    def told(since: int, now_us: int) -> list[str]:
        packed = made.organisations(since=since, now_us=now_us)
        return [one.org_id for one in decode_organisations(packed)] if packed else []

    assert told(0, NOW) == ["a", "b"]
    assert told(4, NOW + 1) == ["b"]
    assert told(5, NOW + 9) == []
    assert (made.is_due(NOW + 9), made.is_due(NOW + 10)) == (False, True)
    assert told(5, NOW + 10) == ["a", "b"]


def test_rules_that_change_are_read_and_rules_that_break_change_nothing(
    directives: Directives, caplog: pytest.LogCaptureFixture
) -> None:
    written = [RULE]

    made = PolicyRoom(
        rules=lambda: rulebook(written),
        stamp=lambda: written[0].text,
        known=lambda _since, _now_us: [],
        directives=directives,
        sign=signer(Ed25519PrivateKey.from_private_bytes(bytes(32))),
    )
    before = made.packed(now_us=NOW)
    assert not made.is_due(NOW)
    written[0] = Source("house", "house.cedar", "permit(")
    assert made.is_due(NOW)
    assert made.packed(now_us=NOW) == before
    assert "stays as it is" in caplog.text
    assert not made.is_due(NOW)
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    _, book = decode_rulebook(made.packed(now_us=NOW))
    assert sorted(book.by_id) == ["a", "directive/d-1/m"]
    written[0] = Source("house", "house.cedar", RULE.text.replace('@id("a")', '@id("b")'))
    _, book = decode_rulebook(made.packed(now_us=NOW))
    assert sorted(book.by_id) == ["b", "directive/d-1/m"]
