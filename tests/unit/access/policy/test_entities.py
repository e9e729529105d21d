# SPDX-License-Identifier: Apache-2.0
from json import dumps
from typing import Any

import cedarpy
import pytest

from fakes.policy import GOOD, NOW, ORG, PERSON, question
from stillwatch.access.periods import Period
from stillwatch.access.policy.entities import context_at, entities_at, facts_until, principal_id, principal_type
from stillwatch.access.policy.facts import AccountFacts, ControlClass, Credential, Licence, OrgFacts
from stillwatch.access.policy.schema import SHAPE, schema_text

ACCOUNT = AccountFacts(account_id="acct-1", org_id="org-1", version=1, digest="d")


def attributes(asked: Any, kind: str, now: int = NOW) -> dict[str, Any]:
    found = [one["attrs"] for one in entities_at(asked, now) if one["uid"]["type"] == kind]
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.parametrize(
    "asked", [question(), question(principal=PERSON), question(principal=ACCOUNT), question(principal=ORG)]
)
def test_entities_fit_the_schema_and_have_every_attribute(asked: Any) -> None:
    made = entities_at(asked, NOW)
    cedarpy.Entities.from_json_str(dumps(made), schema=schema_text())
    for one in made:
        kind = one["uid"]["type"]
        assert set(one["attrs"]) == set({**SHAPE.principals, **SHAPE.resources}[kind])
        assert [parent["type"] for parent in one["parents"]] == ([SHAPE.parents[kind]] if kind in SHAPE.parents else [])


def test_an_organisation_of_which_nothing_is_known_fits_too_and_says_so() -> None:
    nothing = OrgFacts(org_id="org-1", version=1, digest="d", parent_countries=(), end_uses=())
    asked = question(principal=nothing, org={name: getattr(nothing, name) for name in nothing.__struct_fields__})
    cedarpy.Entities.from_json_str(dumps(entities_at(asked, NOW)), schema=schema_text())
    assert attributes(asked, "Organisation")["parent_countries"] == ("unknown",)
    assert attributes(asked, "Organisation")["end_uses"] == ("unknown",)


def test_the_context_is_the_schema_s() -> None:
    assert set(context_at(GOOD, NOW)) == set(SHAPE.context)
    assert context_at(GOOD, 5_999_999)["now"] == 5


@pytest.mark.parametrize(("now", "vetting"), [(99, "approved"), (100, "expired"), (101, "expired")])
def test_an_approval_ends_at_its_instant(now: int, vetting: str) -> None:
    asked = question(org={"vetted_until_us": 100})
    assert attributes(asked, "Organisation", now)["vetting"] == vetting
    assert facts_until(asked, now) == (100 if now < 100 else None)


def test_credentials_and_licences_end_and_the_first_end_is_told() -> None:
    asked = question(
        org={
            "credentials": (Credential(scheme="soc2", until_us=50), Credential(scheme="iso27001")),
            "licences": (Licence(rule="us/weights", until_us=70),),
        }
    )
    assert attributes(asked, "Organisation", 49)["credentials"] == ["soc2", "iso27001"]
    assert attributes(asked, "Organisation", 50)["credentials"] == ["iso27001"]
    assert attributes(asked, "Organisation", 70)["licences"] == []
    assert [facts_until(asked, now) for now in (0, 50, 70)] == [50, 70, None]


def test_a_model_is_of_its_class_for_a_time_and_else_unknown() -> None:
    classes = (
        ControlClass(control_class="none", period=Period(None, 10)),
        ControlClass(control_class="4E091", period=Period(20, 40)),
        ControlClass(control_class="house-1", period=Period(30, None)),
    )
    asked = question(model={"classes": classes})
    found = [attributes(asked, "Model", now)["control_class"] for now in (9, 10, 20, 30, 40)]
    assert found == ["none", "unknown", "4E091", "unknown", "house-1"]
    assert [facts_until(asked, now) for now in (0, 10, 20, 30, 40)] == [10, 20, 30, 40, None]


def test_principals_have_types_and_ids() -> None:
    named = [(principal_type(one), principal_id(one)) for one in (question().principal, ACCOUNT, PERSON, ORG)]
    assert named == [("Key", "key-1"), ("Account", "acct-1"), ("Person", "p-1"), ("Organisation", "org-1")]
