# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

from fakes.ownership import entity, person, register, rule, stake
from stillwatch.access.ownership.register import Control, Register
from stillwatch.access.ownership.weighing import weigh
from stillwatch.access.ownership.words import explained, shown_percent


def test_a_restriction_is_told_from_the_entity_up_to_the_list() -> None:
    made = register(
        entity("t"), entity("m"), entity("b", lists=("entity-list",)), person("p"),
        stake("b", "m", "50"), stake("p", "m", "50"), stake("m", "t", "55"), stake("b", "t", "5"),
        stake("p", "t", "40"),
    )  # fmt: skip
    assert explained(made, rule(), weigh(made, rule())["t"]) == (
        "Example t is restricted by the 50 per cent rule: licence for everything.",
        "Example t is held by Example b (5 %) and Example m (55 %), together 60 %.",
        "Example b is on entity-list.",
        "Example m is held by Example b (50 %).",
    )


def test_what_is_not_resolved_says_what_is_missing() -> None:
    regions = rule(countries=("XX",), country_requirement="none")
    made = register(entity("t"), entity("o", country=None, dispersed_percent=Decimal(100)), stake("o", "t", "60"))
    assert explained(made, regions, weigh(made, regions)["t"]) == (
        "Example t is not resolved under the 50 per cent rule: what is not known may reach at least 50 %.",
        "Example t is held by Example o (60 %); has 40 % whose holders are not known.",
        "Example o has its headquarters in a country that is not known.",
    )


def test_flags_and_control_are_told() -> None:
    parts = [entity("t"), entity("b", lists=("blocked",), country="XX"), person("p")]
    stakes = [stake("b", "t", "10"), stake("p", "t", "90")]
    made = Register(parts, stakes, [Control(holder="b", over="t", means="a veto")])
    assert explained(made, rule(), weigh(made, rule())["t"]) == (
        "Example t is not restricted by the 50 per cent rule, but there is a red flag.",
        "Red flag: Example b, which the rule bars, holds 10 % in Example t.",
        "Red flag: Example b, which the rule bars, has a veto over Example t.",
    )
    strict = rule(is_control_enough=True, countries=("XX",), country_requirement="none from there")
    told = explained(made, strict, weigh(made, strict)["t"])
    assert "Example t is held by Example b (10 %); is under the control of Example b, which has a veto." in told
    assert "Example b is on blocked; has its headquarters in XX." in told


def test_what_is_clear_is_said_in_one_sentence() -> None:
    made = register(person("t"))
    assert explained(made, rule(), weigh(made, rule())["t"]) == ("Example t is clear of the 50 per cent rule.",)
    assert shown_percent(Decimal("33.30")) == "33.3 %"
