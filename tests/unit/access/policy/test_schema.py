# SPDX-License-Identifier: Apache-2.0
import cedarpy

from stillwatch.access.policy.facts import Action, Circumstances
from stillwatch.access.policy.schema import SHAPE, schema_text


def test_the_schema_is_one_that_cedar_reads() -> None:
    assert "Organisation" in str(cedarpy.Schema.from_str(schema_text()))


def test_every_principal_leads_to_its_organisation_and_no_attribute_may_be_missing() -> None:
    assert all("organisation" in attributes for attributes in SHAPE.principals.values())
    groups = (*SHAPE.principals.values(), *SHAPE.resources.values(), SHAPE.context)
    assert not any(one.is_optional for group in groups for one in group.values())


def test_actions_and_context_are_those_of_the_facts() -> None:
    assert set(SHAPE.actions) == set(Action)
    assert set(SHAPE.context) == {*Circumstances.__struct_fields__, "now"}
