# SPDX-License-Identifier: Apache-2.0
from fakes.grades import grade
from fakes.worlds import point
from stillwatch.arena.grading.words import operator_in_words, remarks
from stillwatch.arena.worlds.description import Operator


def said(*points: object) -> str:
    return "\n".join(map(str, remarks(grade(headline=points))))  # type: ignore[arg-type]


def test_a_campaign_mostly_not_contained_is_missed() -> None:
    assert "Missed: of campaign hydra, 0 of 2 accounts are contained; 1 more are watched." in said(
        point(contained={}, watched=("h1",))
    )


def test_a_campaign_contained_after_most_of_its_harvest_is_late() -> None:
    assert "Late: campaign hydra is contained, but 80% of its harvest" in said(point(contained={"h1": 8, "h2": 8}))
    assert "Late" not in said(point(contained={"h1": 1, "h2": 1}))


def test_the_wronged_are_named_by_kind() -> None:
    words = said(point(contained={"p": 1}, watched=("o",)))
    assert "benign accounts contained: person 1 of 1." in words
    assert "contained or watched: office 1 of 1, person 1 of 1." in words


def test_too_few_benign_accounts_are_said_to_be_too_few() -> None:
    assert "Not shown: 0 of 2 benign accounts" in said(point(contained={"h1": 1, "h2": 1}))


def test_a_factor_that_costs_recall_gets_a_sentence() -> None:
    words = "\n".join(map(str, remarks(grade(sweep=({"h1": 1.0, "h2": 1.0}, {})))))
    assert "Sensitive: to dilution" in words
    assert "100% at step 0 and 0% at step 1" in words
    assert "Sensitive" not in "\n".join(map(str, remarks(grade(sweep=({"h1": 1.0}, {"h2": 1.0})))))


def test_an_operator_is_told_by_what_is_special() -> None:
    assert operator_in_words(Operator(name="x", accounts=1)) == "1 account, reasoning"
    words = operator_in_words(Operator(name="x", replacement="adaptive", shared=0.0, pacing="day", system="unique"))
    assert "shared facets 0%" in words
    assert "replaces banned accounts" in words
