# SPDX-License-Identifier: Apache-2.0
from random import Random

import pytest
import z3

from fakes.random_policies import (
    SHAPE,
    cedar_s_answer,
    closed_world,
    random_assignment,
    random_policy,
    trees,
)
from stillwatch.access.policy.proof.prove import named_texts
from stillwatch.access.policy.proof.symbols import Assignment, Members, Texts, World, assigned, open_world
from stillwatch.access.policy.proof.translate import Translator, Untranslatable

ROUNDS = 1_200


def sets(dice: Random) -> str:
    """A few policies, of which one type of principal alone keeps attributes that others lack from being asked."""
    return "\n".join(random_policy(dice) for _ in range(dice.randrange(1, 5)))


def effects(policies: str, world: World) -> dict[str, tuple[object, object]]:
    found = {name: Translator(world, name=name).effects(tree) for name, tree in trees(policies).items()}
    return {name: (one.is_satisfied, one.errs) for name, one in found.items()}


def expected(policies: str, asked: Assignment) -> dict[str, tuple[bool, bool]]:
    """What Cedar makes of each policy alone: whether it is satisfied, and whether it errs."""
    found = {}
    for name, tree in trees(policies).items():
        # Alone and as a permit, a policy decides where it is satisfied.
        text = policies.splitlines()[int(name.removeprefix("policy"))].replace("forbid (", "permit (", 1)
        decides, errs = cedar_s_answer(text, asked)
        found[name] = (bool(decides), bool(errs))
        assert tree.effect in {"permit", "forbid"}
    return found


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_cedar_on_random_policies_and_requests(seed: int) -> None:
    dice = Random(seed)  # noqa: S311 - a test's dice
    satisfied = erred = 0
    for _ in range(ROUNDS // 4):
        policies, asked = sets(dice), random_assignment(dice)
        world = closed_world(asked, named_texts(SHAPE, [*trees(policies).values()])[0])
        wanted = expected(policies, asked)
        assert effects(policies, world) == wanted, policies
        satisfied += sum(one for one, _ in wanted.values())
        erred += sum(one for _, one in wanted.values())
    assert satisfied > 100
    assert erred > 20


@pytest.mark.slow
def test_agrees_with_cedar_on_ten_thousand_more() -> None:
    dice = Random(20261121)  # noqa: S311 - a test's dice
    for _ in range(10_000):
        policies, asked = sets(dice), random_assignment(dice)
        world = closed_world(asked, named_texts(SHAPE, [*trees(policies).values()])[0])
        assert effects(policies, world) == expected(policies, asked), policies


def test_whatever_z3_finds_cedar_confirms_and_what_it_rules_out_no_random_request_does() -> None:
    dice = Random(11)  # noqa: S311 - a test's dice
    outcomes = {"found": 0, "ruled out": 0}
    for _ in range(60):
        policies = random_policy(dice)
        [(name, tree)] = trees(policies).items()
        texts, witnesses = named_texts(SHAPE, [tree])
        for wanted in ("is_satisfied", "errs"):
            for kind in SHAPE.principals:
                world = open_world(
                    SHAPE, texts, principal_type=kind, action="read", resource_type="Model", witnesses=witnesses
                )
                solver = z3.Solver()
                solver.add(*world.assumptions, getattr(Translator(world, name=name).effects(tree), wanted))
                if solver.check() == z3.sat:
                    asked = assigned(world, solver.model())
                    assert expected(policies, asked)[name][wanted == "errs"], policies
                    outcomes["found"] += 1
                else:
                    requests = (random_assignment(dice) for _ in range(10))
                    same = [one for one in requests if one.principal_type == kind and one.action == "read"]
                    assert not any(expected(policies, one)[name][wanted == "errs"] for one in same), policies
                    outcomes["ruled out"] += 1
    assert min(outcomes.values()) > 40


@pytest.mark.parametrize(
    "condition",
    [
        'context.country like "a*"',
        '{a: context.country}.a == "a"',
        "context == context",
        'Organisation::"a".tier > 1',
        'Organisation::"a" in principal',
        'ip("127.0.0.1").isLoopback()',
        "[[1]].contains([1])",
        "principal.nothing == 1",
        "context has country.name",
        "(if context.is_new then context.items else context.items).isEmpty()",
    ],
)
def test_what_is_not_handled_is_refused_by_name(condition: str) -> None:
    tree = trees(f"permit (principal, action, resource) when {{ {condition} }};")["policy0"]
    texts, witnesses = named_texts(SHAPE, [tree])
    world = open_world(SHAPE, texts, principal_type="Key", action="read", resource_type="Model", witnesses=witnesses)
    with pytest.raises(Untranslatable, match='Rule "mine" has'):
        Translator(world, name="mine").effects(tree)


def test_what_cedar_never_evaluates_need_not_be_handled() -> None:
    tree = trees('permit (principal is Account, action, resource) when { context.country like "a*" };')["policy0"]
    texts = Texts(["a"])
    world = open_world(SHAPE, texts, principal_type="Key", action="read", resource_type="Model", witnesses=0)
    assert Translator(world, name="x").effects(tree).is_satisfied is False
    assert isinstance(world.slots["Key"]["scopes"].value, Members)
