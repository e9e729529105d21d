# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.ownership import entity, person, register, rule, stake
from stillwatch.access.ownership.register import Control, Entity, Register, Stake
from stillwatch.access.ownership.rule import OwnershipRule
from stillwatch.access.ownership.weighing import Status, Verdict, weigh
from stillwatch.errors import BadInput

SEVERITY = list(Status)


def of(made: Register, key: str = "t", by: OwnershipRule | None = None) -> Verdict:
    return weigh(made, by or rule())[key]


def blocked(key: str, name: str = "entity-list") -> Entity:
    return entity(key, lists=(name,), dispersed_percent=Decimal(100))


def test_half_is_restricted_and_a_hair_less_is_a_red_flag() -> None:
    half = register(entity("t"), blocked("b"), person("p"), stake("b", "t", "50"), stake("p", "t", "50"))
    less = register(entity("t"), blocked("b"), person("p"), stake("b", "t", "49.99"), stake("p", "t", "50.01"))
    assert of(half).status is Status.RESTRICTED
    assert of(half).requirements == ("licence for everything",)
    assert of(less).status is Status.FLAGGED
    assert of(less).flags == ("Example b, which the rule bars, holds 49.99 %",)


def test_more_than_half_is_not_half() -> None:
    half = register(entity("t"), blocked("b"), person("p"), stake("b", "t", "50"), stake("p", "t", "50"))
    assert of(half, by=rule(is_inclusive=False)).status is Status.FLAGGED


def test_shares_add_up_or_do_not() -> None:
    two = register(
        entity("t"), blocked("b"), blocked("c", "blocked"), person("p"),
        stake("b", "t", "25"), stake("c", "t", "25"), stake("p", "t", "50"),
    )  # fmt: skip
    assert of(two).status is Status.RESTRICTED
    assert of(two).requirements == ("no dealings", "licence for everything")
    assert of(two, by=rule(is_aggregated=False)).status is Status.FLAGGED


def test_a_chain_cascades_and_is_never_multiplied() -> None:
    # By multiplication: 0.5 * 0.5 = 25 %.
    chain = register(
        entity("t"), entity("m"), blocked("b"), person("p"),
        stake("b", "m", "50"), stake("p", "m", "50"), stake("m", "t", "50"), stake("p", "t", "50"),
    )  # fmt: skip
    assert of(chain).status is Status.RESTRICTED
    assert of(chain, by=rule(is_cascading=False)).status is Status.FLAGGED
    assert of(chain, "m", by=rule(is_cascading=False)).status is Status.RESTRICTED


def test_a_minority_up_the_chain_does_not_pass_on() -> None:
    # By multiplication along both arms: 0.49 * 1 = 49 % and 25 % directly, 74 % together.
    chain = register(
        entity("t"), entity("m"), blocked("b"), person("p"),
        stake("b", "m", "49"), stake("p", "m", "51"), stake("m", "t", "75"), stake("b", "t", "25"),
    )  # fmt: skip
    assert of(chain).status is Status.FLAGGED


@pytest.mark.parametrize(
    "parts",
    [
        [entity("t")],
        [entity("t"), person("p"), stake("p", "t", "50")],
        [entity("t"), person("p"), blocked("b"), stake("p", "t", "20"), stake("b", "t", None)],
        [entity("t"), person("p"), blocked("b"), stake("p", "t", "50"), stake("b", "t", "1")],
        [entity("t"), entity("m"), stake("m", "t", "100")],
    ],
)
def test_an_unknown_share_is_never_zero(parts: list[Entity | Stake]) -> None:
    assert of(register(*parts)).status is Status.UNRESOLVED


def test_an_unknown_share_that_cannot_reach_the_threshold_is_no_obstacle() -> None:
    made = register(entity("t"), person("p"), stake("p", "t", "50.01"))
    assert of(made).status is Status.CLEAR


def test_an_unknown_headquarters_is_not_resolved_by_a_rule_of_countries() -> None:
    regions = rule(listings=(), countries=("XX",), country_requirement="none", is_inclusive=False)
    made = register(entity("t", country=None, dispersed_percent=Decimal(100)))
    assert of(made, by=regions).status is Status.UNRESOLVED
    there = register(entity("t"), entity("o", country="XX", dispersed_percent=Decimal(100)), stake("o", "t", "51"))
    assert of(there, by=regions).status is Status.RESTRICTED
    assert of(there, by=regions).requirements == ("none",)


def test_who_is_listed_itself_is_restricted_whoever_owns_it() -> None:
    assert of(register(blocked("t", "blocked"))).requirements == ("no dealings",)


def test_the_most_restrictive_owner_decides_however_small_its_part() -> None:
    made = register(
        entity("t"), blocked("b"), blocked("c", "blocked"), person("p"),
        stake("b", "t", "50"), stake("c", "t", "1"), stake("p", "t", "49"),
    )  # fmt: skip
    assert of(made).requirements[0] == "no dealings"


@pytest.mark.parametrize(("control", "status"), [(False, Status.FLAGGED), (True, Status.RESTRICTED)])
def test_control_is_a_red_flag_or_enough_as_the_rule_says(*, control: bool, status: Status) -> None:
    made = Register(
        [entity("t"), blocked("b"), person("p")],
        [stake("p", "t", "100")],
        [Control(holder="b", over="t", means="a veto")],
    )
    verdict = of(made, by=rule(is_control_enough=control))
    assert verdict.status is status
    assert control or verdict.flags == ("Example b, which the rule bars, has a veto",)


def test_cross_holdings_do_not_bar_each_other_but_pass_on_what_comes_from_outside() -> None:
    def ring(holder: Entity) -> Register:
        return register(
            entity("t"), entity("u"), holder,
            stake("t", "u", "60"), stake("u", "t", "49"), stake(holder.entity_id, "t", "51"),
            stake(holder.entity_id, "u", "40"),
        )  # fmt: skip

    assert of(ring(person("p"))).status is Status.CLEAR
    assert of(ring(blocked("b"))).status is Status.RESTRICTED
    assert {one.entity_id for one in of(ring(blocked("b")), "u").causes} == {"t", "u", "b"}


# A reference that goes through every way in which what is unknown may be filled in.

NAMES = ("a", "b", "c", "t")
SHARES = ("10", "25", "49", "50", "51", "75", "100", None)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    entities = [
        entity(
            name,
            lists=draw(st.sampled_from([(), (), ("blocked",), ("entity-list",)])),
            country=draw(st.sampled_from(["DE", "XX", None])),
            unknown_percent=draw(st.sampled_from([None, None, Decimal(0), Decimal(10)])),
            dispersed_percent=draw(st.sampled_from([Decimal(0), Decimal(40)])),
        )
        for name in NAMES
    ]
    pairs = [(one, other) for one in NAMES for other in NAMES if one != other]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))
    stakes: list[Stake] = []
    for owner, owned in chosen:
        wanted = stake(owner, owned, draw(st.sampled_from(SHARES)))
        try:
            Register([*entities], [*stakes, wanted])
        except BadInput:
            continue
        stakes.append(wanted)
    return Register(entities, stakes)


rules = st.builds(
    lambda inclusive, cascade, by_country: rule(
        is_inclusive=inclusive,
        is_cascading=cascade,
        **({"countries": ("XX",), "country_requirement": "none from there"} if by_country else {}),
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def fillings(made: Register, by: OwnershipRule) -> Iterable[tuple[dict[str, dict[str, Decimal]], dict[str, bool]]]:
    """Every extreme filling: the holders of each entity's shares (``!`` is barred, ``-`` is not), and who is named."""
    choices: list[list[dict[str, Decimal]]] = []
    for name, one in made.entities.items():
        stakes = made.owners.get(name, ())
        known = {each.owner: each.percent for each in stakes if each.percent is not None}
        open_owners = [each.owner for each in stakes if each.percent is None]
        rest = Decimal(100) - sum(known.values(), Decimal(0)) - one.dispersed_percent
        options = [{**known, heir: rest} for heir in ("!", "-", *open_owners)]
        choices.append(options)
    named = []
    for one in made.entities.values():
        is_listed = any(each.list in one.lists for each in by.listings) or one.country in by.countries
        named.append([True] if is_listed else [False, True] if by.countries and one.country is None else [False])
    for holders in product(*choices):
        for flags in product(*named):
            yield (
                dict(zip(made.entities, holders, strict=True)),
                dict(zip(made.entities, flags, strict=True)),
            )


def barred(holders: dict[str, dict[str, Decimal]], named: dict[str, bool], by: OwnershipRule) -> set[str]:
    def rests(name: str, counting: set[str]) -> bool:
        return by.reaches(sum((part for who, part in holders[name].items() if who in counting), Decimal(0)))

    found = {name for name, is_named in named.items() if is_named}
    base = found | {"!"}
    if not by.is_cascading:
        return found | {name for name in holders if rests(name, base)}
    while True:
        more = {name for name in holders if name not in found and rests(name, found | {"!"})}
        if not more:
            return found
        found |= more


@settings(max_examples=150, deadline=None)
@given(registers(), rules)
def test_agrees_with_every_way_to_fill_in_what_is_unknown(made: Register, by: OwnershipRule) -> None:
    worlds = [barred(holders, named, by) for holders, named in fillings(made, by)]
    ever, always = set.union(*worlds), set.intersection(*worlds)
    for name, verdict in weigh(made, by).items():
        assert (verdict.status in {Status.RESTRICTED, Status.UNRESOLVED}) == (name in ever)
        assert verdict.status is not Status.RESTRICTED or name in always


def rank(verdict: Verdict, by: OwnershipRule) -> tuple[int, int]:
    """How hard a verdict is: its status, then its first requirement."""
    wanted = [*reversed(by.requirements)]
    return SEVERITY.index(verdict.status), wanted.index(verdict.requirements[0]) if verdict.requirements else -1


@settings(max_examples=300, deadline=None)
@given(registers(), rules, st.sampled_from(NAMES), st.sampled_from(["blocked", "entity-list"]))
def test_listing_one_more_never_loosens_anything(made: Register, by: OwnershipRule, name: str, listing: str) -> None:
    entities = [
        msgspec.structs.replace(one, lists=(*one.lists, listing)) if one.entity_id == name else one
        for one in made.entities.values()
    ]
    harder = Register(entities, _stakes(made))
    before, after = weigh(made, by), weigh(harder, by)
    assert all(rank(after[key], by) >= rank(before[key], by) for key in made.entities)


@settings(max_examples=300, deadline=None)
@given(registers(), rules, st.integers(0, 5))
def test_knowing_less_of_a_share_or_giving_it_to_a_barred_party_never_clears(
    made: Register, by: OwnershipRule, place: int
) -> None:
    stakes = _stakes(made)
    if not stakes:
        return
    chosen = stakes[place % len(stakes)]
    rest = [one for one in stakes if one is not chosen]
    ghost = entity("ghost", lists=("blocked",), dispersed_percent=Decimal(100))
    entities = [*made.entities.values(), ghost]
    before = weigh(made, by)
    for instead in (
        msgspec.structs.replace(chosen, percent=None),
        msgspec.structs.replace(chosen, owner="ghost"),
    ):
        after = weigh(Register(entities, [*rest, instead]), by)
        for key, verdict in before.items():
            # Less known may turn a restriction into an open question, never into a clearance.
            floor = min(SEVERITY.index(verdict.status), SEVERITY.index(Status.UNRESOLVED))
            if verdict.status is Status.FLAGGED:
                floor = 0
            assert SEVERITY.index(after[key].status) >= floor


@settings(max_examples=200, deadline=None)
@given(registers(), rules, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(made: Register, by: OwnershipRule, dice: object) -> None:
    entities, stakes = list(made.entities.values()), _stakes(made)
    dice.shuffle(entities)  # type: ignore[attr-defined]
    dice.shuffle(stakes)  # type: ignore[attr-defined]
    assert weigh(Register(entities, stakes), by) == weigh(made, by)


def _stakes(made: Register) -> list[Stake]:
    groups: Iterable[Sequence[Stake]] = made.owners.values()
    return [one for group in groups for one in group]
