# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fakes.dossiers import DAY_US, NOW_US, certified, dossiers, proof, whole
from stillwatch.access.ownership.rule import Listing, OwnershipRule
from stillwatch.access.policy.facts import UNKNOWN, OrgFacts, Reseller, ScreenedList
from stillwatch.access.policy.facts import Vetting as Standing
from stillwatch.access.vetting import dossier as records
from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.facts import Known, Listed, facts_of
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.recognition import Recognition
from stillwatch.access.vetting.states import State, Vetting

RULE = OwnershipRule(
    rule_id="half",
    title="t",
    source="s",
    reviewed="r",
    threshold_percent=Decimal(50),
    is_inclusive=True,
    is_aggregated=True,
    is_cascading=True,
    listings=(Listing(list="bad", requirement="none at all"),),
)
LISTS = tuple(ScreenedList(name=name, digest="d") for name in ("bad", "other"))
ISO = Recognition(scheme="iso27001", tier=2, max_age_days=365, source="the standard")
VETTING = Vetting(
    org_id="example-1",
    state=State.APPROVED,
    since_us=1,
    number=5,
    dossier_version=1,
    screened_version=1,
    tier=1,
    valid_until_us=NOW_US + DAY_US,
)


def known(dossier: Dossier, vetting: Vetting = VETTING, *, now_us: int = NOW_US, **given: Any) -> Known:
    return facts_of(
        dossier, vetting, rules=[RULE], policy=Policy(table=[ISO]), version=7, now_us=now_us,
        **({"screened": LISTS} | given),
    )  # fmt: skip


def facts(dossier: Dossier, vetting: Vetting = VETTING, **given: Any) -> OrgFacts:
    return known(dossier, vetting, **given).facts


def owned(percent: float, unknown: float) -> Dossier:
    owners = (
        records.Owner(id="a", name="A", kind=records.OwnerKind.PERSON, country="FR"),
        records.Owner(id="b", name="B", kind=records.OwnerKind.PERSON, country="FR"),
    )
    stakes = (records.Stake(owner="a", percent=percent), records.Stake(owner="b", percent=100 - percent - unknown))
    return whole(ownership=records.Ownership(unknown_percent=unknown, proof=proof(), owners=owners, stakes=stakes))


def test_what_is_known_is_told() -> None:
    found = facts(whole(assurance=certified()))
    assert (found.org_id, found.version, found.vetting, found.tier) == ("example-1", 7, Standing.APPROVED, 1)
    assert (found.hq_country, found.terms, found.models) == ("DE", "2026-10", ("large-1",))
    assert (found.end_uses, found.uses, found.screened) == (("internal_tools",), ("internal_tools",), LISTS)
    assert [(one.scheme, one.until_us) for one in found.credentials] == [("iso27001", NOW_US + 185 * DAY_US)]
    assert found.vetted_until_us == NOW_US + DAY_US


def test_owners_on_a_list_make_it_what_they_are() -> None:
    clear = facts(owned(60, 0))
    assert (clear.ownership_clear, clear.requirements) == (("half",), ())
    listed = facts(owned(60, 0), hits=[Listed("owner:a", "bad", is_confirmed=True)])
    assert (listed.ownership_restricted, listed.requirements, listed.confirmed_hits) == (("half",), ("none at all",), 1)
    minor = facts(owned(20, 0), hits=[Listed("owner:a", "bad", is_confirmed=True)])
    assert minor.ownership_flagged == ("half",)
    assert facts(owned(20, 50)).ownership_unresolved == ("half",)
    itself = facts(owned(60, 0), hits=[Listed("self", "bad", is_confirmed=True)])
    assert itself.ownership_restricted == ("half",)


def test_a_hit_that_nobody_judged_is_counted_apart() -> None:
    found = facts(owned(60, 0), hits=[Listed("owner:a", "bad", is_confirmed=False)])
    assert (found.open_hits, found.confirmed_hits, found.ownership_clear) == (1, 0, ("half",))


def test_a_group_that_is_absent_or_has_run_out_reads_as_unknown() -> None:
    bare = Dossier(org_id="example-1", identity=whole().identity)
    for found in (facts(bare), facts(whole(), now_us=NOW_US + 366 * DAY_US)):
        assert (found.parent_countries, found.terms, found.end_uses) == ((UNKNOWN,), UNKNOWN, (UNKNOWN,))
        assert (found.models, found.uses, found.reseller) == ((), (), Reseller.UNKNOWN)
        assert (found.ownership_clear, found.ownership_unresolved) == ((), ("half",))
    assert facts(whole(), now_us=NOW_US + 366 * DAY_US).hq_country == UNKNOWN


def test_a_dossier_that_was_not_screened_was_screened_against_nothing() -> None:
    assert facts(whole(), replace(VETTING, dossier_version=2)).screened == ()


@pytest.mark.parametrize(
    ("resellers", "said"),
    [
        ((), Reseller.DIRECT),
        ((records.Reseller(name="R", agreement="7"),), Reseller.AUTHORISED),
        ((records.Reseller(name="R", agreement="7"), records.Reseller(name="S")), Reseller.UNDISCLOSED),
    ],
)
def test_a_chain_is_authorised_where_every_link_is(resellers: tuple[records.Reseller, ...], said: Reseller) -> None:
    assert facts(whole(channel=records.Channel(proof=proof(), resellers=resellers))).reseller is said


def test_facts_hold_until_the_first_of_their_grounds_runs_out() -> None:
    dossier = whole(channel=records.Channel(proof=proof(30)), assurance=certified(days=20))
    assert known(dossier).until_us == NOW_US + 20 * DAY_US
    assert known(dossier, now_us=NOW_US + 20 * DAY_US).until_us == NOW_US + 30 * DAY_US
    assert known(dossier, now_us=NOW_US + 400 * DAY_US).until_us is None


@given(dossiers(), st.sampled_from(State))
def test_any_dossier_in_any_state_has_facts_and_only_an_approval_has_a_tier(dossier: Dossier, state: State) -> None:
    vetting = replace(VETTING, state=state, tier=VETTING.tier if state is State.APPROVED else 0)
    found = facts(dossier, vetting)
    assert found.vetting.value == state.value
    assert (found.tier > 0) == (state is State.APPROVED)
    assert found == msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=OrgFacts)


def test_the_digest_changes_with_each_thing_they_were_made_from() -> None:
    digests = {
        facts(whole()).digest,
        facts(whole(scope=None)).digest,
        facts(whole(), replace(VETTING, tier=2)).digest,
        facts(whole(), hits=[Listed("self", "bad", is_confirmed=False)]).digest,
        facts(whole(), screened=LISTS[:1]).digest,
    }
    assert len(digests) == 5
