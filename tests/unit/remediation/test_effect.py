# SPDX-License-Identifier: Apache-2.0
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.case import Decision
from stillwatch.records.standing import Rung, Standing
from stillwatch.remediation.effect import effective, is_in_force, rung_in_force

RUNGS = [rung for rung in Rung if rung is not Rung.GOOD]
NOW = 1_000


def decision(
    number: int, rung: Rung, *, made: int = 0, until: int | None = None, undone: int | None = None
) -> Decision:
    return Decision(
        decision_id=f"d-{number}",
        case_id="case",
        rung=rung,
        accounts=("a",),
        made_us=made,
        until_us=until,
        by="policy",
        reason=f"reason {number}",
        undone_us=undone,
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Decision]:
    return [
        decision(
            number,
            draw(st.sampled_from(RUNGS)),
            made=draw(st.integers(0, NOW)),
            until=draw(st.none() | st.integers(NOW - 3, NOW + 3)),
            undone=draw(st.none() | st.integers(0, NOW)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


def test_without_decisions_an_account_is_good() -> None:
    assert effective([], NOW) == Standing()


def test_the_most_severe_decision_in_force_counts_with_its_reason() -> None:
    standing = effective([decision(1, Rung.OBSERVE), decision(2, Rung.SUSPEND, until=NOW + 1)], NOW)
    assert standing == Standing(rung=Rung.SUSPEND, until_us=NOW + 1, reason="reason 2", decision_id="d-2")


def test_what_lies_below_comes_back_when_what_lies_above_runs_out() -> None:
    both = [decision(1, Rung.VERIFY, until=NOW + 9), decision(2, Rung.SUSPEND, until=NOW + 1)]
    assert effective(both, NOW).rung is Rung.SUSPEND
    assert effective(both, NOW + 1).rung is Rung.VERIFY
    assert effective(both, NOW + 9) == Standing()


def test_of_equals_the_longest_counts_and_then_the_oldest() -> None:
    short, long = decision(1, Rung.VERIFY, until=NOW + 1), decision(2, Rung.VERIFY, until=NOW + 2)
    assert effective([short, long], NOW).decision_id == "d-2"
    endless = decision(3, Rung.VERIFY)
    assert effective([short, endless, long], NOW).decision_id == "d-3"
    assert effective([endless, decision(4, Rung.VERIFY, made=5)], NOW).decision_id == "d-3"


@given(histories(), st.randoms())
def test_the_order_of_decisions_does_not_matter(history: list[Decision], chance: Random) -> None:
    shuffled = history.copy()
    chance.shuffle(shuffled)
    assert effective(shuffled, NOW) == effective(history, NOW)


@given(histories(), st.sampled_from(RUNGS))
def test_undoing_a_decision_restores_exactly_what_was(history: list[Decision], rung: Rung) -> None:
    made = decision(99, rung)
    undone = msgspec.structs.replace(made, undone_us=NOW, undone_by="someone", undone_reason="mistake")
    assert effective([*history, made], NOW).rung >= rung
    assert effective([*history, undone], NOW) == effective(history, NOW)


@given(histories())
def test_a_standing_agrees_with_the_rung_in_force_and_lasts_as_long_as_it_says(history: list[Decision]) -> None:
    standing = effective(history, NOW)
    assert standing.at(NOW) is rung_in_force(history, NOW) is standing.rung
    if standing.until_us is not None:
        assert effective(history, standing.until_us).rung <= standing.rung
        assert standing.at(standing.until_us) is Rung.GOOD
    assert all(not is_in_force(made, NOW) or made.rung <= standing.rung for made in history)
