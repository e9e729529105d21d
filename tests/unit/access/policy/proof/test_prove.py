# SPDX-License-Identifier: Apache-2.0
from importlib.resources import files

import msgspec
import pytest

from fakes.policy import NOW, PACKS, book, shipped_rules
from stillwatch.access.periods import Period, parse_instant
from stillwatch.access.policy.book import Book, parse_rules
from stillwatch.access.policy.directive import Directive, rules_of
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.facts import Action, Vetting
from stillwatch.access.policy.proof.invariants import Invariant, parse_invariants
from stillwatch.access.policy.proof.prove import Proof, Verdict, prove, prove_narrower
from stillwatch.access.policy.proof.translate import Untranslatable
from stillwatch.records.binding import ExportClass

FOLDER = files("stillwatch.access.policy") / "packs"
SHIPPED = Book(shipped_rules())
SMALL = book(
    'permit(principal, action, resource) when { principal.organisation.vetting == "approved" };'
    "forbid(principal, action, resource) when { context.standing > 2 };"
    "forbid(principal, action, resource) when { principal.organisation.tier * 1000000000000000000 > 3 }"
)


def shipped_invariants() -> list[Invariant]:
    texts = {name: (FOLDER / name / "invariants.yaml").read_text() for name in PACKS}
    return [one for name, text in texts.items() for one in parse_invariants(text, name=name)]


def never(condition: str) -> Invariant:
    return parse_invariants(f"invariants: [{{id: x, says: x, never: '{condition}'}}]", name="test")[0]


def some(condition: str) -> Invariant:
    return parse_invariants(f"invariants: [{{id: x, says: x, some: '{condition}'}}]", name="test")[0]


def one(rules: Book, claim: Invariant, *, now: int = NOW) -> Proof:
    return prove(rules, [claim], from_us=now)[0]


def test_every_invariant_of_the_shipped_packs_is_proved() -> None:
    claims = shipped_invariants()
    told: list[int] = []
    found = prove(SHIPPED, claims, from_us=NOW, progress=lambda done, _: told.append(done))
    assert {proof.invariant_id: proof.verdict for proof in found} == {
        claim.invariant_id: Verdict.PROVED for claim in claims
    }
    assert told == list(range(28))
    usable = next(proof for proof in found if proof.invariant_id == "house/usable")
    assert usable.witness is not None
    assert Engine(SHIPPED).decide(usable.witness.question, now_us=usable.witness.now_us).is_allowed


@pytest.mark.parametrize(
    "left_out",
    [
        "house/open-hits",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("house/confirmed-hits", "us/blocked-owners", "us/persons-only")
        ),
    ],
)
def test_a_pack_with_a_planted_hole_fails_with_a_request_that_the_engine_allows(left_out: str) -> None:
    holed = Book([rule for rule in SHIPPED.rules if rule.rule_id != left_out])
    broken = [proof for proof in prove(holed, shipped_invariants(), from_us=NOW) if proof.verdict is Verdict.BROKEN]
    assert broken
    for proof in broken:
        assert proof.witness is not None
        assert Engine(holed).decide(proof.witness.question, now_us=proof.witness.now_us).is_allowed
        assert not Engine(SHIPPED).decide(proof.witness.question, now_us=proof.witness.now_us).is_allowed


def test_a_permit_that_is_too_wide_is_found_and_shown() -> None:
    rules = book(
        'permit(principal, action == Action::"reasoning", resource) when {'
        ' principal.organisation.vetting != "revoked" }'
    )
    proof = one(rules, never('principal.organisation.vetting != "approved"'))
    assert proof.verdict is Verdict.BROKEN
    assert proof.witness is not None
    assert proof.witness.question.action is Action.REASONING
    assert proof.witness.question.organisation.vetting not in {Vetting.REVOKED, Vetting.APPROVED}


def test_a_rule_that_errs_denies_so_what_it_guards_is_safe_though_cedar_would_allow_it() -> None:
    rules = book(
        "permit(principal, action, resource);"
        "forbid(principal, action, resource) when { principal.organisation.tier + 9223372036854775807 > 0 }"
    )
    assert one(rules, never("principal.organisation.tier > 0")).verdict is Verdict.PROVED
    # At tier 0 nothing overflows, and the sum is above 0 too.
    assert one(rules, never("principal.organisation.tier == 0")).verdict is Verdict.PROVED
    assert one(rules, some("true")).verdict is Verdict.BROKEN


def test_rules_that_deny_everything_prove_everything_but_that_somebody_has_access() -> None:
    rules = book("forbid(principal, action, resource)")
    assert one(rules, never("true")).verdict is Verdict.PROVED
    assert one(rules, some("true")).verdict is Verdict.BROKEN


def test_every_period_to_come_is_looked_at_and_none_that_is_past() -> None:
    rules = Book(
        parse_rules(
            '@id("a") @says("a") @source("a") permit (principal, action, resource);'
            '@id("b") @says("b") @source("b") @in_force("/2027-01-01") forbid (principal, action, resource)'
            " when { context.standing > 2 };",
            pack="test",
            name="test",
        )
    )
    proof = one(rules, never("context.standing > 2"))
    assert proof.verdict is Verdict.BROKEN
    assert proof.period == Period(parse_instant("2027-01-01"), None)
    assert proof.witness is not None
    assert proof.witness.now_us >= parse_instant("2027-01-01")
    later = book('@id("c") @says("c") @source("c") @in_force("/2026-01-01") permit (principal, action, resource)')
    assert one(later, never("true")).verdict is Verdict.PROVED


def test_a_period_of_less_than_a_second_is_looked_at_too() -> None:
    at = "2027-01-01T00:00:00"
    rules = book(
        f'@id("a") @says("a") @source("a") @in_force("{at}.400000+00:00/{at}.600000+00:00")'
        "permit(principal, action, resource)"
    )
    proof = one(rules, never("true"))
    assert proof.verdict is Verdict.BROKEN
    assert proof.witness is not None
    assert proof.witness.now_us == parse_instant("2027-01-01") + 400_000


def test_sets_are_seen_as_wholes_and_by_what_nobody_names() -> None:
    rules = book(
        "permit(principal, action, resource);"
        'forbid(principal, action, resource) when { principal.organisation.uses.contains("a") };'
        "forbid(principal, action, resource) when { principal.organisation.uses.isEmpty() }"
    )
    assert one(rules, never('principal.organisation.uses.containsAny(["a"])')).verdict is Verdict.PROVED
    assert one(rules, never("principal.organisation.uses == principal.organisation.screened")).verdict is Verdict.BROKEN
    assert (
        one(rules, some("principal.organisation.uses.containsAny(principal.organisation.screened)")).verdict
        is Verdict.PROVED
    )
    empty = never("principal.organisation.parent_countries.isEmpty()")
    assert one(rules, empty).verdict is Verdict.PROVED


def test_what_cannot_be_translated_is_refused_and_never_assumed() -> None:
    rules = book('permit(principal, action, resource) when { context.country like "D*" }')
    with pytest.raises(Untranslatable, match='Rule "0" has'):
        one(rules, never("true"))
    with pytest.raises(Untranslatable, match='"x"'):
        one(book("permit(principal, action, resource)"), never('context.country like "D*"'))


DIRECTIVE = Directive(
    directive_id="d",
    models=("frontier", "fable"),
    source="s",
    reason="r",
    from_us=NOW + 5_000_000,
    only_organisations=("org-1", "org-2"),
    only_classes=(ExportClass.US_PERSON,),
    exempt_organisations=("annex-a",),
    exempt_accounts=("acct-9",),
    exempt_keys=("key-9",),
)


@pytest.mark.parametrize(
    "directive",
    [
        DIRECTIVE,
        msgspec.structs.replace(DIRECTIVE, only_organisations=None),
        msgspec.structs.replace(DIRECTIVE, only_classes=None, until_us=NOW + 9_000_000),
        msgspec.structs.replace(DIRECTIVE, only_organisations=None, only_classes=None),
    ],
)
def test_a_directive_only_ever_narrows(directive: Directive) -> None:
    ordered = SMALL.with_rules(rules_of(directive))
    assert prove_narrower(SMALL, ordered, from_us=NOW).verdict is Verdict.PROVED


@pytest.mark.slow
def test_a_directive_only_ever_narrows_all_that_is_shipped() -> None:
    ordered = SHIPPED.with_rules(rules_of(DIRECTIVE))
    assert prove_narrower(SHIPPED, ordered, from_us=NOW).verdict is Verdict.PROVED


def test_what_a_directive_orders_is_proved_from_the_instant_it_takes_effect() -> None:
    ordered = SMALL.with_rules(rules_of(DIRECTIVE))
    claim = never(
        'resource == Model::"frontier" && context.person_class != "us_person" && '
        '!(principal.organisation == Organisation::"annex-a") && '
        '!(principal in Account::"acct-9") && !(principal in Key::"key-9")'
    )
    assert one(ordered, claim, now=NOW + 5_000_000).verdict is Verdict.PROVED
    early = one(ordered, claim)
    assert early.verdict is Verdict.BROKEN
    assert early.period == Period(NOW, NOW + 5_000_000)


def test_a_book_that_allows_more_is_shown_by_a_request() -> None:
    wider = Book([rule for rule in SHIPPED.rules if rule.rule_id != "us/screened"])
    proof = prove_narrower(SHIPPED, wider, from_us=NOW)
    assert proof.verdict is Verdict.BROKEN
    assert proof.witness is not None
    assert "csl" not in {one.name for one in proof.witness.question.organisation.screened}
