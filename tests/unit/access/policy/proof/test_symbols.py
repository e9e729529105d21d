# SPDX-License-Identifier: Apache-2.0
import pytest
import z3

from stillwatch.access.policy.proof.symbols import (
    Members,
    Text,
    Texts,
    assigned,
    both,
    either,
    equal,
    negated,
    open_world,
)
from stillwatch.access.policy.schema import SHAPE

X = z3.Bool("x")


def test_what_is_certain_is_folded_away() -> None:
    assert both([True, X]) is X
    assert both([X, False]) is False
    assert either([False, X]) is X
    assert either([X, True]) is True
    assert negated(True) is False
    assert equal(1, 1) is True
    assert z3.is_true(z3.simplify(negated(z3.And(X, negated(X)))))


def test_texts_have_numbers_and_numbers_texts() -> None:
    texts = Texts(["b", "a", "b"])
    assert texts.named == ("a", "b")
    assert [texts.text(texts.code(word)) for word in ("a", "b", "c")] == ["a", "b", "c"]
    assert texts.text(99) == "other-99"


def test_the_members_of_a_set_may_be_none() -> None:
    assert Members(Text, [], {}).is_empty() is True
    assert Members(Text, [], {1: True}).is_empty() is False


@pytest.mark.parametrize("kind", SHAPE.principals)
def test_a_request_out_of_nothing_keeps_to_the_schema(kind: str) -> None:
    groups = (*SHAPE.principals.values(), *SHAPE.resources.values(), SHAPE.context)
    texts = Texts(value for group in groups for attribute in group.values() for value in attribute.values)
    world = open_world(SHAPE, texts, principal_type=kind, action="invoke", resource_type="Model", witnesses=2)
    solver = z3.Solver()
    solver.add(*world.assumptions)
    assert solver.check() == z3.sat
    found = assigned(world, solver.model())
    assert {kind, "Organisation", "Model"} <= set(found.ids)
    assert found.attributes["Model"]["name"] == found.ids["Model"]
    assert found.attributes["Organisation"]["parent_countries"]
    assert found.attributes["Organisation"]["vetting"] in SHAPE.principals["Organisation"]["vetting"].values
    assert 0 <= found.attributes["context"]["binding"] <= 3
