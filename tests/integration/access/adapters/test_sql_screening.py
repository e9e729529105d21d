# SPDX-License-Identifier: Apache-2.0
"""Lists in force and hits, on both databases."""

import msgspec
import pytest
from sqlalchemy import Engine

from fakes.screening import EXAMPLES, NOW, entry, screening_list, subject
from stillwatch.access.adapters.sql_screening import SqlScreeningLog
from stillwatch.access.screening.hit import HitState, Match
from stillwatch.access.screening.interface import ScreeningLog
from stillwatch.access.screening.subject import Subject
from stillwatch.database.transaction import current_version, reading
from stillwatch.errors import BadInput

CLEARED, CONFIRMED = HitState.CLEARED, HitState.CONFIRMED


@pytest.fixture
def log(engine: Engine) -> ScreeningLog:
    return SqlScreeningLog(engine)


def match_of(who: Subject, *, score: float = 0.9, at: int = 0, digest: str = "d" * 64) -> Match:
    return Match(
        subject=who,
        list_name="examples",
        list_digest=digest,
        entry=EXAMPLES.entries[at],
        query=who.names[0],
        listed=EXAMPLES.entries[at].names[0],
        score=score,
        why=("the same name",),
    )


ACME = subject("Quorvex")
OTHER = subject("Velmarin", org_id="other")


def test_a_list_in_force_is_one_of_its_name(log: ScreeningLog) -> None:
    newer = screening_list("examples", *EXAMPLES.entries, digest="e" * 64).info
    log.set_list(EXAMPLES.info)
    log.set_list(msgspec.structs.replace(EXAMPLES.info, name="another"))
    log.set_list(newer)
    assert [(info.name, info.digest) for info in log.lists()] == [("another", "d" * 64), ("examples", "e" * 64)]
    assert log.remove_list("examples") == newer
    assert [info.name for info in log.lists()] == ["another"]
    with pytest.raises(BadInput, match="no list 'examples'"):
        log.remove_list("examples")


def test_a_hit_is_recorded_once_and_kept_up_to_date(log: ScreeningLog) -> None:
    first = log.record(["acme"], [match_of(ACME)], now_us=NOW)
    assert (first.new, first.gone, len(first.found)) == (1, 0, 1)
    again = log.record(["acme"], [match_of(ACME, score=0.8, digest="e" * 64)], now_us=NOW + 9)
    assert (again.new, again.gone) == (0, 0)
    (hit,) = log.hits()
    assert (hit.score, hit.list_digest, hit.found_us) == (0.8, "e" * 64, NOW)
    assert (hit.subject_name, hit.entry_name, hit.why) == ("Quorvex", EXAMPLES.entries[0].names[0], ("the same name",))


def test_a_screening_that_says_nothing_new_writes_nothing(log: ScreeningLog, engine: Engine) -> None:
    log.record(["acme"], [match_of(ACME)], now_us=NOW)
    before = log.hits()
    log.record(["acme"], [match_of(ACME)], now_us=NOW + 1)
    assert log.hits() == before
    with reading(engine) as connection:
        assert current_version(connection) == 2


def test_what_is_no_longer_found_is_kept_for_the_record_and_other_organisations_stay(log: ScreeningLog) -> None:
    log.record(["acme", "other"], [match_of(ACME), match_of(OTHER, at=1)], now_us=NOW)
    outcome = log.record(["acme"], [], now_us=NOW + 1)
    assert (outcome.found, outcome.gone) == ((), 1)
    assert [hit.org_id for hit in log.hits()] == ["other"]
    assert [hit.org_id for hit in log.hits(is_current=False)] == ["acme"]
    assert len(log.hits(is_current=None)) == 2


def test_a_cleared_hit_stays_cleared_until_the_subject_or_the_entry_changes(log: ScreeningLog) -> None:
    log.record(["acme"], [match_of(ACME)], now_us=NOW)
    (hit,) = log.hits()
    log.rule(hit.hit_id, state=CLEARED, by="ann", reason="registered in Graz", now_us=NOW + 1)
    log.record(["acme"], [match_of(ACME, digest="e" * 64)], now_us=NOW + 2)
    assert [one.state for one in log.hits()] == [CLEARED]
    log.record(["acme"], [], now_us=NOW + 3)
    log.record(["acme"], [match_of(ACME)], now_us=NOW + 4)
    assert [one.state for one in log.hits()] == [CLEARED]
    changed = match_of(subject("Quorvex", "Quorvex Dynamics"))
    assert log.record(["acme"], [changed], now_us=NOW + 5).new == 1
    assert [one.state for one in log.hits()] == [HitState.OPEN]
    other_entry = msgspec.structs.replace(match_of(ACME), entry=entry("Quorvex", entry_id="e1"))
    assert log.record(["acme"], [other_entry], now_us=NOW + 6).new == 1
    assert [one.state for one in log.hits(is_current=None)].count(CLEARED) == 1


def test_every_ruling_stays_on_record(log: ScreeningLog) -> None:
    log.record(["acme"], [match_of(ACME)], now_us=NOW)
    (hit,) = log.hits()
    log.rule(hit.hit_id, state=CLEARED, by="ann", reason="another company", now_us=NOW + 1)
    ruled = log.rule(hit.hit_id, state=CONFIRMED, by="bob", reason="the same number after all", now_us=NOW + 2)
    assert ruled.state is CONFIRMED
    assert [(one.state, one.by, one.reason, one.at_us - NOW) for one in ruled.rulings] == [
        (CLEARED, "ann", "another company", 1),
        (CONFIRMED, "bob", "the same number after all", 2),
    ]
    assert log.hits(state=CONFIRMED) == (log.hit(hit.hit_id),)
    assert log.hits(state=HitState.OPEN) == log.hits(org_id="other") == ()


@pytest.mark.parametrize(
    ("hit_id", "state", "by", "reason"),
    [
        ("hit-0", CLEARED, "ann", "r"),
        ("'; DROP TABLE screening_hit; --", CLEARED, "ann", "r"),
        (None, CLEARED, "ann", "  "),
        (None, CLEARED, "", "r"),
        (None, HitState.OPEN, "ann", "r"),
    ],
)
def test_a_ruling_needs_a_hit_a_name_and_a_reason(
    log: ScreeningLog, hit_id: str | None, state: HitState, by: str, reason: str
) -> None:
    log.record(["acme"], [match_of(ACME)], now_us=NOW)
    (before,) = log.hits()
    with pytest.raises(BadInput):
        log.rule(hit_id or before.hit_id, state=state, by=by, reason=reason, now_us=NOW)
    assert log.hits() == (before,)


def test_thousands_of_hits_fit_in_one_screening(log: ScreeningLog) -> None:
    many = [match_of(subject("Quorvex", org_id=f"org-{number}")) for number in range(1_200)]
    names = [one.subject.org_id for one in many]
    assert log.record(names, many, now_us=NOW).new == 1_200
    assert log.record(names, many[:100], now_us=NOW).gone == 1_100
