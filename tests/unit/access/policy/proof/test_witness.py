# SPDX-License-Identifier: Apache-2.0
import pytest
import z3

from stillwatch.access.policy.entities import context_at, entities_at
from stillwatch.access.policy.proof.symbols import Texts, assigned, open_world
from stillwatch.access.policy.proof.witness import witness_of
from stillwatch.access.policy.schema import SHAPE


@pytest.mark.parametrize("kind", SHAPE.principals)
def test_a_solution_becomes_facts_that_say_the_same(kind: str) -> None:
    groups = (*SHAPE.principals.values(), *SHAPE.resources.values(), SHAPE.context)
    texts = Texts([value for group in groups for attribute in group.values() for value in attribute.values])
    world = open_world(SHAPE, texts, principal_type=kind, action="stream", resource_type="Model", witnesses=1)
    solver = z3.Solver()
    solver.add(*world.assumptions)
    assert solver.check() == z3.sat
    solution = assigned(world, solver.model())
    witness = witness_of(solution)
    rendered = {one["uid"]["type"]: one for one in entities_at(witness.question, witness.now_us)}
    for owner in solution.ids:
        found = {name: value for name, value in rendered[owner]["attrs"].items() if name != "organisation"}
        known = {name: sorted(value) if isinstance(value, (list, tuple)) else value for name, value in found.items()}
        assert known == dict(solution.attributes[owner])
    assert context_at(witness.question.circumstances, witness.now_us) == dict(solution.attributes["context"])
