# SPDX-License-Identifier: Apache-2.0
"""Vetting on both databases: what is recorded stays, imports land whole, and workers learn what was decided."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, select, text

from fakes.dossiers import DAY_US, NOW, NOW_US, certified, lei, proof, whole
from fakes.keys import PEPPERS
from stillwatch.access.adapters.sql_directory import SqlDirectory
from stillwatch.access.adapters.sql_vetting import FEW, ITSELF, SqlVettings
from stillwatch.access.keyring import Keyring
from stillwatch.access.vetting.dossier import Dossier, Group
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.interface import Imported, Outcome, Vettings
from stillwatch.access.vetting.recognition import Recognition
from stillwatch.access.vetting.sample import sample
from stillwatch.access.vetting.states import Act, Rules, State, replay
from stillwatch.database.tables import DOSSIER, VETTING_DECISION
from stillwatch.database.transaction import reading
from stillwatch.errors import BadInput
from stillwatch.records.admission import Admission
from stillwatch.records.grant import Denial, Grant

ISO = Recognition(scheme="iso27001", tier=2, max_age_days=365, source="the standard")
CLEAR = Outcome(hits=(), lists="lists-1")
ORG = "example-1"


def opened(engine: Engine, **rules: Any) -> Vettings:
    return SqlVettings(engine, policy=lambda: Policy(rules=Rules(**rules), table=[ISO]))


@pytest.fixture
def vettings(engine: Engine) -> Vettings:
    return opened(engine)


def record(vettings: Vettings, *dossiers: Dossier, **given: Any) -> Imported:
    return vettings.record(dossiers, by="clerk", now_us=NOW_US, **given)


def screen(vettings: Vettings, outcome: Outcome = CLEAR, *, org_id: str = ORG, version: int = 1) -> None:
    vettings.screened({org_id: (version, outcome)}, by="clerk", reason="screened", now_us=NOW_US)


def step(vettings: Vettings, act: Act, *org_ids: str, by: str = "ann", now_us: int = NOW_US, **given: Any) -> None:
    vettings.decide(org_ids or (ORG,), act, by=by, reason="because", now_us=now_us, **given)


def approve(vettings: Vettings, *, tier: int = 1) -> None:
    step(vettings, Act.SUBMIT)
    screen(vettings)
    for by in ("ann", "bob"):
        step(vettings, Act.APPROVE, by=by, tier=tier)


def everything(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return [
            connection.execute(select(table).order_by(table.c.org_id, table.c.number)).all()
            for table in (DOSSIER, VETTING_DECISION)
        ]


def test_what_is_recorded_is_given_back_and_applies(vettings: Vettings, engine: Engine) -> None:
    both = whole(), whole("example-2", 2, assurance=certified())
    assert record(vettings, *both) == Imported(added=("example-1", "example-2"), changed=(), unchanged=())
    assert tuple(found.dossier for found in vettings.dossiers()) == both
    found = vettings.dossier("example-2")
    assert (found.version, found.recorded_by, found.recorded_us, found.dossier) == (1, "clerk", NOW_US, both[1])
    assert [vetting.state for vetting in vettings.vettings()] == [State.APPLIED, State.APPLIED]
    assert SqlDirectory(engine, peppers=PEPPERS).organisation(ORG).name == "Example 001 Industries"


def test_every_version_stays_and_what_says_nothing_new_makes_none(vettings: Vettings) -> None:
    record(vettings, whole())
    changed = whole(scope=None)
    assert record(vettings, changed, whole("example-2", 2)).changed == (ORG,)
    assert record(vettings, changed).unchanged == (ORG,)
    assert (vettings.dossier(ORG).version, vettings.dossier(ORG).dossier) == (2, changed)
    assert vettings.dossier(ORG, 1).dossier == whole()
    with pytest.raises(BadInput, match="no version 3"):
        vettings.dossier(ORG, 3)


def test_what_changed_since_a_version_is_given_once(vettings: Vettings) -> None:
    record(vettings, whole(), whole("example-2", 2))
    first, second = vettings.on_file()
    assert (first.recorded.dossier, first.vetting.state, first.version) == (whole(), State.APPLIED, second.version)
    assert vettings.on_file(since=first.version) == ()
    step(vettings, Act.SUBMIT, "example-2")
    (changed,) = vettings.on_file(since=first.version)
    assert (changed.recorded.dossier.org_id, changed.vetting.state) == ("example-2", State.SCREENING)
    record(vettings, whole(scope=None))
    (changed,) = vettings.on_file(since=changed.version)
    assert (changed.recorded.version, changed.recorded.dossier.scope) == (2, None)


def test_an_organisation_that_was_there_before_keeps_its_keys_and_applies(vettings: Vettings, engine: Engine) -> None:
    directory = SqlDirectory(engine, peppers=PEPPERS)
    directory.create_organisation(name="Known", org_id=ORG, now_us=1)
    assert record(vettings, whole()).added == (ORG,)
    found = directory.organisation(ORG)
    assert (found.name, found.created_us) == ("Example 001 Industries", 1)


def test_a_dry_run_says_what_would_be_and_changes_nothing(vettings: Vettings, engine: Engine) -> None:
    told: list[tuple[int, int]] = []
    found = record(vettings, whole(), is_dry_run=True, progress=lambda done, total: told.append((done, total)))
    assert (found.added, told) == ((ORG,), [(1, 1)])
    assert everything(engine) == [[], []]
    assert SqlDirectory(engine, peppers=PEPPERS).organisations() == ()


def registered(org_id: str, number: str | None, country: str | None, its_lei: str | None) -> Dossier:
    identity = msgspec.structs.replace(whole().identity, registration_number=number, registered_in=country, lei=its_lei)
    return whole(org_id, identity=identity)


@pytest.mark.parametrize(
    "twin",
    [
        registered("twin", "hrb-1", "DE", None),
        registered("twin", "HRB 1", None, None),
        registered("twin", None, None, lei(1)),
    ],
)
def test_two_organisations_with_one_entry_in_a_register_are_refused_whole(
    vettings: Vettings, engine: Engine, twin: Dossier
) -> None:
    with pytest.raises(BadInput, match="example-1 and twin have the same registration number or LEI"):
        record(vettings, whole("other", 9), whole(), twin)
    assert everything(engine) == [[], []]
    record(vettings, whole())
    before = everything(engine)
    with pytest.raises(BadInput, match="example-1 and twin"):
        record(vettings, whole("other", 9), twin)
    assert everything(engine) == before
    record(vettings, registered(ORG, "HRB 77", "DE", lei(77)))
    record(vettings, twin)


def test_one_organisation_comes_once(vettings: Vettings) -> None:
    with pytest.raises(BadInput, match="comes twice"):
        record(vettings, whole(), whole(number=2))


def test_two_people_approve_and_the_history_tells_it_all(vettings: Vettings, engine: Engine) -> None:
    record(vettings, whole())
    approve(vettings)
    vetting = vettings.vetting(ORG)
    assert (vetting.state, vetting.tier, vetting.valid_until_us) == (State.APPROVED, 1, NOW_US + 365 * DAY_US)
    history = vettings.history(ORG)
    assert [(decision.act, decision.by) for decision in history] == [
        (Act.APPLY, "clerk"), (Act.SUBMIT, "ann"), (Act.SCREENED, "clerk"), (Act.APPROVE, "ann"), (Act.APPROVE, "bob"),
    ]  # fmt: skip
    assert replay(history) == vetting
    before = everything(engine)
    step(vettings, Act.REVOKE)
    after = everything(engine)
    assert after[1][: len(before[1])] == before[1], "a decision is never overwritten"


def test_a_step_for_several_is_taken_for_all_or_none(vettings: Vettings) -> None:
    record(vettings, whole(), whole("example-2", 2))
    step(vettings, Act.SUBMIT)
    with pytest.raises(BadInput, match="example-1 cannot be given 'submit'"):
        step(vettings, Act.SUBMIT, "example-2", ORG)
    assert vettings.vetting("example-2").state is State.APPLIED


def test_who_recorded_the_dossier_may_not_vote_for_it(vettings: Vettings) -> None:
    record(vettings, whole())
    step(vettings, Act.SUBMIT)
    screen(vettings)
    with pytest.raises(BadInput, match="recorded its dossier"):
        step(vettings, Act.APPROVE, by="Clerk", tier=1)


def test_nobody_is_approved_without_what_is_needed(engine: Engine) -> None:
    vettings = opened(engine, needed=frozenset({Group.IDENTITY, Group.PEOPLE}))
    record(vettings, whole(people=None))
    step(vettings, Act.SUBMIT)
    screen(vettings)
    with pytest.raises(BadInput, match="nothing that holds is known of people"):
        step(vettings, Act.APPROVE, tier=1)


def test_a_certification_carries_a_tier_until_it_runs_out(vettings: Vettings) -> None:
    record(vettings, whole(assurance=certified(days=30)))
    approve(vettings, tier=2)
    assert vettings.vetting(ORG).valid_until_us == NOW_US + 30 * DAY_US


def test_a_hit_or_a_change_takes_an_approval_away(vettings: Vettings) -> None:
    record(vettings, whole())
    approve(vettings)
    screen(vettings, Outcome(hits=("hit-1",), lists="lists-2"))
    assert (vettings.vetting(ORG).state, vettings.vetting(ORG).hits) == (State.REVIEW, ("hit-1",))
    screen(vettings, Outcome(hits=(), lists="lists-2"))
    for by in ("ann", "bob"):
        step(vettings, Act.APPROVE, by=by, tier=1)
    record(vettings, whole(scope=None))
    assert vettings.vetting(ORG).state is State.SCREENING


def test_a_screening_that_says_nothing_new_or_is_of_an_older_dossier_is_not_noted(vettings: Vettings) -> None:
    record(vettings, whole())
    approve(vettings)
    before = vettings.history(ORG)
    screen(vettings)
    screen(vettings, Outcome(hits=(), lists=""))
    screen(vettings, org_id="nobody")
    assert vettings.history(ORG) == before
    record(vettings, whole(scope=None))
    screen(vettings, version=1)
    assert vettings.vetting(ORG).screened_version == 1
    assert vettings.vetting(ORG).state is State.SCREENING


def test_an_approval_that_has_run_out_is_noted_once(vettings: Vettings) -> None:
    record(vettings, whole())
    approve(vettings)
    end = NOW_US + 365 * DAY_US
    assert vettings.expire(now_us=end - 1) == ()
    (noted,) = vettings.expire(now_us=end)
    assert (noted.by, noted.state) == (ITSELF, State.EXPIRED)
    assert vettings.expire(now_us=end) == ()


def test_workers_learn_of_each_decision_by_the_next_change(vettings: Vettings, engine: Engine) -> None:
    directory = SqlDirectory(engine, peppers=PEPPERS)
    record(vettings, whole(assurance=certified()))
    directory.create_account(org_id=ORG, name="a", account_id="acct", now_us=NOW_US)
    text = directory.issue_key("acct", now_us=NOW_US).text
    strict = Keyring(peppers=PEPPERS, require_vetting=True)
    lax = Keyring(peppers=PEPPERS)

    def asked(keyring: Keyring, now_us: int = NOW_US) -> Grant | Denial:
        return keyring.authorize(text, client_ip=None, model=None, now_us=now_us)

    def learn() -> None:
        nonlocal strict, lax
        changes = directory.entries_since(strict.version)
        assert len(changes.entries) == 1
        strict = strict.with_delta(changes.entries, version=changes.version)
        lax = lax.with_delta(changes.entries, version=changes.version)

    learn()
    denied = asked(strict)
    assert isinstance(denied, Denial)
    assert (denied.code, denied.status) == ("organisation_not_vetted", 403)
    assert isinstance(asked(lax), Grant), "who was never vetted goes on as before"
    approve(vettings, tier=2)
    learn()
    granted = asked(strict)
    assert isinstance(granted, Grant)
    assert granted.tier == 2
    end = vettings.vetting(ORG).valid_until_us
    assert end is not None
    assert isinstance(asked(lax, end), Denial), "an approval ends by itself, whether or not anybody notes it"
    step(vettings, Act.SUSPEND)
    learn()
    assert isinstance(asked(strict), Denial)
    assert isinstance(asked(lax), Denial), "who lost an approval is out, whether or not vetting is required"


def test_a_proof_that_never_runs_out_makes_an_approval_without_end(engine: Engine) -> None:
    vettings = opened(engine, needed=frozenset({Group.IDENTITY}))
    record(vettings, whole(identity=msgspec.structs.replace(whole().identity, proof=proof(None))))
    approve(vettings)
    assert vettings.vetting(ORG).valid_until_us is None
    assert vettings.vetting(ORG).admission() is Admission.APPROVED


@pytest.mark.parametrize("org_id", ["nobody", "'; DROP TABLE dossier; --", ""])
def test_who_is_not_there_is_one_sentence(vettings: Vettings, org_id: str) -> None:
    for ask in (vettings.dossier, vettings.vetting, vettings.history):
        with pytest.raises(BadInput):
            ask(org_id)


def test_many_are_decided_as_a_few_are(vettings: Vettings) -> None:
    made = sample(FEW + 5, seed=1, models=[], at=NOW)
    names = [dossier.org_id for dossier in made]
    record(vettings, *made)
    with pytest.raises(BadInput, match="nobody has no dossier"):
        step(vettings, Act.SUBMIT, *names, "nobody")
    step(vettings, Act.SUBMIT, *names, *names)
    assert {vetting.state for vetting in vettings.vettings()} == {State.SCREENING}
    assert {len(vettings.history(name)) for name in names} == {2}
    assert all(replay(vettings.history(name)) == vettings.vetting(name) for name in names[:5])


@pytest.mark.parametrize("statement", ["UPDATE {} SET number = 9", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["dossier", "vetting_decision"])
def test_the_database_itself_keeps_what_was_recorded_and_decided(
    vettings: Vettings, engine: Engine, table: str, statement: str
) -> None:
    record(vettings, whole())
    before = everything(engine)
    with pytest.raises(Exception, match="only ever added"), engine.begin() as connection:
        connection.execute(text(statement.format(table)))
    assert everything(engine) == before


def test_a_clock_that_steps_back_brings_no_group_back_to_life(vettings: Vettings) -> None:
    identity = msgspec.structs.replace(whole().identity, proof=proof(10))
    record(vettings, whole(identity=identity))
    step(vettings, Act.SUBMIT, now_us=NOW_US + 11 * DAY_US)
    screen(vettings)
    with pytest.raises(BadInput, match="known of identity"):
        step(vettings, Act.APPROVE, tier=1, now_us=NOW_US)
