# SPDX-License-Identifier: Apache-2.0
"""Cases on both databases: a campaign is contained whole or not at all, an undo restores exactly, deltas carry it."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

import msgspec
import pytest
from sqlalchemy import Engine, event, func, select

from fakes.campaigns import CONTAIN, HOUR, NOW, WATCH, campaign, findings
from fakes.keys import PEPPERS
from stillwatch.access.adapters.sql_directory import SqlDirectory
from stillwatch.access.keyring import Keyring
from stillwatch.database.engine import open_engine
from stillwatch.database.settings import DatabaseSettings
from stillwatch.database.tables import CASE, DECISION, DECISION_ACCOUNT, METADATA, STANDING
from stillwatch.database.transaction import reading
from stillwatch.errors import BadInput
from stillwatch.records.case import CaseState
from stillwatch.records.grant import Denial, Grant
from stillwatch.records.standing import Rung, Standing
from stillwatch.remediation.adapters.sql_cases import SqlCases
from stillwatch.remediation.effect import VERIFIED
from stillwatch.remediation.interface import Cases
from stillwatch.remediation.settings import RemediationSettings

SPAWN = multiprocessing.get_context("spawn")
TEN = [f"a{number}" for number in range(10)]
MANY = [f"hydra-{number:04}" for number in range(1_200)]
"""More accounts than fit in one statement's parameters at a time."""


@pytest.fixture
def cases(engine: Engine) -> Cases:
    return SqlCases(engine, ladder=RemediationSettings())


def standings(engine: Engine) -> dict[str, Standing]:
    with reading(engine) as connection:
        return {
            row.account_id: Standing(
                rung=Rung(row.rung), until_us=row.until_us, reason=row.reason, decision_id=row.decision_id
            )
            for row in connection.execute(select(STANDING))
        }


def count(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }


def rungs(engine: Engine) -> set[Rung]:
    return {standing.rung for standing in standings(engine).values()}


def only_case(cases: Cases) -> str:
    (case,) = cases.cases()
    return case.case_id


def test_a_whole_campaign_is_contained_in_one_version(cases: Cases, engine: Engine) -> None:
    plan = cases.judge(findings(campaign(MANY)), now_us=NOW)
    found = standings(engine)
    assert sorted(found) == MANY
    assert {standing.rung for standing in found.values()} == {Rung.VERIFY}
    assert {standing.decision_id for standing in found.values()} == {plan.decisions[0].decision_id}
    with reading(engine) as connection:
        assert set(connection.execute(select(STANDING.c.version)).scalars()) == {1}


def test_what_was_judged_is_read_back_the_same(cases: Cases) -> None:
    plan = cases.judge(findings(campaign(TEN), own={"a0": WATCH}), now_us=NOW)
    assert cases.cases(state=CaseState.OPEN) == plan.cases
    file = cases.case(only_case(cases))
    assert file.case == plan.cases[0]
    assert sorted(file.decisions, key=lambda made: made.rung) == list(plan.decisions)


def test_judging_the_same_again_changes_nothing(cases: Cases, engine: Engine) -> None:
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    before = standings(engine), cases.cases(), count(engine)
    assert cases.judge(findings(campaign(TEN)), now_us=NOW).decisions == ()
    assert (standings(engine), cases.cases(), count(engine)) == before


def test_passes_climb_and_members_come_and_go(cases: Cases, engine: Engine) -> None:
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    cases.judge(findings(campaign([*TEN[1:], "new"])), now_us=NOW + HOUR)
    found = standings(engine)
    assert found["a0"].rung is Rung.VERIFY
    assert found["new"].rung is Rung.VERIFY
    assert {found[account].rung for account in TEN[1:]} == {Rung.SUSPEND}
    assert cases.case(only_case(cases)).case.accounts == tuple(sorted([*TEN[1:], "new"]))


def test_undoing_restores_exactly_what_stood_before(cases: Cases, engine: Engine) -> None:
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    before = standings(engine)
    made = cases.act(only_case(cases), rung=Rung.SUSPEND, reason="by hand", by="ana", now_us=NOW + 1)
    assert rungs(engine) == {Rung.SUSPEND}
    undone = cases.undo(made.decision_id, reason="mistake", by="ben", now_us=NOW + 2)
    assert standings(engine) == before
    assert (undone.undone_by, undone.undone_reason, undone.undone_us) == ("ben", "mistake", NOW + 2)
    assert undone.undone_log10_e == 20.0
    assert undone in cases.case(only_case(cases)).decisions


def test_undoing_a_part_frees_only_that_part_and_the_ladder_respects_it(cases: Cases, engine: Engine) -> None:
    (made,) = cases.judge(findings(campaign(TEN)), now_us=NOW).decisions
    part = cases.undo(made.decision_id, accounts=["a3"], reason="an evaluation team", by="ana", now_us=NOW + 1)
    assert part.accounts == ("a3",)
    assert part.decision_id != made.decision_id
    assert standings(engine)["a3"].rung is Rung.GOOD
    cases.judge(findings(campaign(TEN)), now_us=NOW + HOUR)
    assert standings(engine)["a3"].rung is Rung.WITHHOLD
    assert {standings(engine)[account].rung for account in TEN if account != "a3"} == {Rung.SUSPEND}
    by_id = {decision.decision_id: decision for decision in cases.case(only_case(cases)).decisions}
    assert by_id[part.decision_id] == part
    assert by_id[made.decision_id].accounts == tuple(account for account in TEN if account != "a3")


def test_undoing_in_two_parts_is_undoing_the_whole(cases: Cases, engine: Engine) -> None:
    (made,) = cases.judge(findings(campaign(TEN)), now_us=NOW).decisions
    cases.undo(made.decision_id, accounts=TEN[:5], reason="r", by="ana", now_us=NOW + 1)
    cases.undo(made.decision_id, reason="r", by="ana", now_us=NOW + 2)
    assert rungs(engine) == {Rung.GOOD}
    with pytest.raises(BadInput, match="undone already, by ana"):
        cases.undo(made.decision_id, reason="r", by="ana", now_us=NOW + 3)


def test_a_decision_by_hand_may_be_about_some_accounts_and_last_some_hours(cases: Cases, engine: Engine) -> None:
    cases.judge(findings(campaign(TEN, action=WATCH)), now_us=NOW)
    made = cases.act(
        only_case(cases), rung=Rung.VERIFY, accounts=["a1", "a2"], reason="r", by="ana", hours=1.5, now_us=NOW + 1
    )
    assert made.until_us == NOW + 1 + HOUR * 3 // 2
    assert {account for account, standing in standings(engine).items() if standing.rung is Rung.VERIFY} == {"a1", "a2"}


def test_a_standing_that_ran_out_gives_way_to_what_still_binds(cases: Cases, engine: Engine) -> None:
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    cases.act(only_case(cases), rung=Rung.SUSPEND, accounts=["a1"], reason="r", by="ana", hours=1, now_us=NOW)
    assert cases.refresh(now_us=NOW + HOUR - 1) == 0
    assert cases.refresh(now_us=NOW + HOUR) == 1
    assert standings(engine)["a1"].rung is Rung.VERIFY
    assert cases.refresh(now_us=NOW + HOUR) == 0
    assert cases.refresh(now_us=NOW + 720 * HOUR) == 10
    assert rungs(engine) == {Rung.GOOD}
    before = count(engine), SqlDirectory(engine, peppers=PEPPERS).version()
    assert cases.refresh(now_us=NOW + 10_000 * HOUR) == 0
    assert (count(engine), SqlDirectory(engine, peppers=PEPPERS).version()) == before


def test_verifying_lifts_the_demand_for_that_account_but_no_suspension(cases: Cases, engine: Engine) -> None:
    directory = SqlDirectory(engine, peppers=PEPPERS)
    directory.create_organisation(name="Acme", org_id="acme", now_us=NOW)
    for account in TEN[:2]:
        directory.create_account(org_id="acme", name="n", account_id=account, now_us=NOW)
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    cases.act(only_case(cases), rung=Rung.SUSPEND, accounts=["a1"], reason="r", by="ana", now_us=NOW)
    (lifted,) = cases.verify_account("a0", by="ana", now_us=NOW + 1)
    assert (lifted.rung, lifted.accounts, lifted.undone_reason) == (Rung.VERIFY, ("a0",), VERIFIED)
    cases.verify_account("a1", by="ana", now_us=NOW + 1)
    found = standings(engine)
    assert (found["a0"].rung, found["a1"].rung, found["a2"].rung) == (Rung.GOOD, Rung.SUSPEND, Rung.VERIFY)
    assert (directory.account("a0").verified_us, directory.account("a0").verified_by) == (NOW + 1, "ana")
    assert cases.verify_account("a0", by="ana", now_us=NOW + 2) == ()
    cases.judge(findings(campaign(TEN)), now_us=NOW + HOUR)
    assert standings(engine)["a0"].rung is Rung.WITHHOLD


def test_a_decision_reaches_a_workers_keyring_by_delta(cases: Cases, engine: Engine) -> None:
    directory = SqlDirectory(engine, peppers=PEPPERS)
    directory.create_organisation(name="Acme", org_id="acme", now_us=NOW)
    directory.create_account(org_id="acme", name="n", account_id="a0", now_us=NOW)
    text = directory.issue_key("a0", now_us=NOW).text
    keyring = Keyring(peppers=PEPPERS)

    def answer(now: int) -> Grant | Denial:
        nonlocal keyring
        changes = directory.entries_since(keyring.version)
        keyring = keyring.with_delta(changes.entries, changes.removed, version=changes.version)
        return keyring.authorize(text, client_ip=None, model=None, now_us=now)

    assert isinstance(answer(NOW), Grant)
    (made,) = cases.judge(findings(campaign(TEN)), now_us=NOW).decisions
    refused = answer(NOW)
    assert isinstance(refused, Denial)
    assert refused.code == "verification_required"
    assert "one of 10 that act as one" in refused.message
    cases.undo(made.decision_id, reason="r", by="ana", now_us=NOW + 1)
    assert isinstance(answer(NOW + 1), Grant)


def test_a_failure_half_way_leaves_no_half(cases: Cases, engine: Engine) -> None:
    before = count(engine)

    class Broken(Exception):  # noqa: N818 - a test's own
        pass

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO standing"):
            raise Broken

    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(Broken):
        cases.judge(findings(campaign(TEN)), now_us=NOW)
    event.remove(engine, "before_cursor_execute", fail)
    assert count(engine) == before
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    assert rungs(engine) == {Rung.VERIFY}


def judge_and_hang(settings: DatabaseSettings, statement_start: str, reached: Event) -> None:
    """Judge, and stop for good just before (the second time) a statement begins so."""
    engine = open_engine(settings)

    def hang(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(statement_start):
            reached.set()
            time.sleep(60)

    event.listen(engine, "before_cursor_execute", hang)
    SqlCases(engine, ladder=RemediationSettings()).judge(findings(campaign(TEN)), now_us=NOW)


@pytest.mark.parametrize("statement", ["INSERT INTO decision_account", "INSERT INTO standing"])
def test_a_process_killed_between_statements_leaves_nothing_half_applied(
    database: DatabaseSettings, engine: Engine, cases: Cases, statement: str
) -> None:
    before = count(engine)
    reached = SPAWN.Event()
    process = SPAWN.Process(target=judge_and_hang, args=(database, statement, reached))
    process.start()
    assert reached.wait(60)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert count(engine) == before
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    assert rungs(engine) == {Rung.VERIFY}


def test_a_pass_and_people_at_once_lose_nothing(cases: Cases, engine: Engine) -> None:
    cases.judge(findings(campaign(TEN, action=WATCH)), now_us=NOW)
    case_id = only_case(cases)
    failures: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - a thread's failure is told by the main one
                failures.append(error)

        return run

    def by_hand(number: int) -> None:
        made = cases.act(case_id, rung=Rung.VERIFY, accounts=[f"a{number}"], reason="r", by="ana", now_us=NOW + 1)
        cases.undo(made.decision_id, reason="r", by="ana", now_us=NOW + 2)

    works = [guarded(lambda number=number: by_hand(number)) for number in range(4)]  # type: ignore[misc]
    works += [guarded(lambda: cases.judge(findings(campaign(TEN, action=CONTAIN)), now_us=NOW + 3))] * 2
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    file = cases.case(case_id)
    by_person = [made for made in file.decisions if made.by == "ana"]
    assert len(by_person) == 4
    assert all(made.undone_us == NOW + 2 for made in by_person)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(DECISION)).scalar_one() == len(file.decisions)
    # Every standing is what its decisions come to, whoever came last.
    for account, standing in standings(engine).items():
        binding = [made for made in file.decisions if account in made.accounts and made.undone_us is None]
        assert standing.rung is max(made.rung for made in binding)


@pytest.mark.parametrize(
    "call",
    [
        lambda c, _case: c.case("case-none"),
        lambda c, _case: c.case("x'; DROP TABLE decision; --"),
        lambda c, _case: c.case("\x00"),
        lambda c, _case: c.undo("dec-none", reason="r", by="ana", now_us=NOW),
        lambda c, _case: c.undo("' OR 1=1 --", reason="r", by="ana", now_us=NOW),
        lambda c, _case: c.undo("\ud800", reason="r", by="ana", now_us=NOW),
        lambda c, _case: c.act("nope", rung=Rung.VERIFY, reason="r", by="ana", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.GOOD, reason="r", by="ana", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="", by="ana", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="a\nb", by="ana", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="r", by=" ", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="r", by="Policy", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="r", by="ana", hours=0, now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="r", by="ana", hours=float("nan"), now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, reason="r", by="ana", hours=float("inf"), now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, accounts=["stranger"], reason="r", by="ana", now_us=NOW),
        lambda c, case: c.act(case, rung=Rung.VERIFY, accounts=[], reason="r", by="ana", now_us=NOW),
        lambda c, _case: c.verify_account("nobody", by="ana", now_us=NOW),
        lambda c, _case: c.verify_account("a'; DELETE FROM standing; --", by="ana", now_us=NOW),
        lambda c, _case: c.verify_account("\x00", by="ana", now_us=NOW),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    cases: Cases, engine: Engine, call: Callable[[Cases, str], object]
) -> None:
    cases.judge(findings(campaign(TEN)), now_us=NOW)
    before = count(engine), standings(engine), SqlDirectory(engine, peppers=PEPPERS).version()
    with pytest.raises(BadInput) as caught:
        call(cases, only_case(cases))
    assert str(caught.value).isprintable()
    assert (count(engine), standings(engine), SqlDirectory(engine, peppers=PEPPERS).version()) == before


ATTACK = "'; UPDATE standing SET rung = 0; --"


def test_text_that_looks_like_sql_is_text(cases: Cases, engine: Engine) -> None:
    found = campaign([ATTACK, "$1", ":x"], campaign_id=ATTACK)
    found = msgspec.structs.replace(
        found, facets=tuple(msgspec.structs.replace(facet, why=ATTACK) for facet in found.facets)
    )
    cases.judge(findings(found), now_us=NOW)
    made = cases.act(only_case(cases), rung=Rung.SUSPEND, reason=ATTACK, by=ATTACK, now_us=NOW)
    cases.undo(made.decision_id, accounts=[ATTACK], reason=ATTACK, by=ATTACK, now_us=NOW)
    file = cases.case(only_case(cases))
    assert file.case.campaign_id == ATTACK
    assert {made.reason for made in file.decisions if made.by == ATTACK} == {ATTACK}
    assert standings(engine)[ATTACK].rung is Rung.VERIFY
    assert standings(engine)["$1"].rung is Rung.SUSPEND


def test_every_decision_is_about_accounts_and_every_row_of_accounts_about_a_decision(
    cases: Cases, engine: Engine
) -> None:
    (made,) = cases.judge(findings(campaign(TEN)), now_us=NOW).decisions
    for account in TEN:
        cases.undo(made.decision_id, accounts=[account], reason="r", by="ana", now_us=NOW + 1)
    with reading(engine) as connection:
        about = set(connection.execute(select(DECISION_ACCOUNT.c.decision_id)).scalars())
        assert about == set(connection.execute(select(DECISION.c.decision_id)).scalars())
        assert connection.execute(select(func.count()).select_from(CASE)).scalar_one() == 1
