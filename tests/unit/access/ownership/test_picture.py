# SPDX-License-Identifier: Apache-2.0
from xml.etree import ElementTree as ET

import pytest

from fakes.ownership import entity, person, register, rule, stake
from stillwatch.access.ownership.picture import picture
from stillwatch.access.ownership.register import Control, Register
from stillwatch.access.ownership.weighing import weigh

SVG = "{http://www.w3.org/2000/svg}"
LONG = '<Example> & a very "long" name of an organisation'

MADE = {
    "restricted": register(
        entity("t", name=LONG), entity("m"), entity("b", lists=("entity-list",)), person("p"),
        stake("b", "m", "50"), stake("p", "m", "50"), stake("m", "t", "55"), stake("b", "t", "5"),
        stake("p", "t", "40"),
    ),
    "unresolved": register(entity("t", name=LONG), entity("m"), stake("m", "t", "60")),
    "clear": register(entity("t", name=LONG), person("p"), person("q"), stake("p", "t", "60"), stake("q", "t", "40")),
    "flagged": Register(
        [entity("t", name=LONG), person("p"), entity("b", lists=("blocked",))],
        [stake("p", "t", "100")],
        [Control(holder="b", over="t", means="a <veto>")],
    ),
    "ring": register(
        entity("t", name=LONG), entity("u"), entity("b", lists=("blocked",)),
        stake("t", "u", "60"), stake("u", "t", "49"), stake("b", "t", "51"), stake("b", "u", "40"),
    ),
}  # fmt: skip
BOXES = {"restricted": 3, "unresolved": 2, "clear": 3, "flagged": 3, "ring": 3}


@pytest.mark.parametrize("which", MADE)
def test_every_entity_of_the_chain_has_a_box_with_its_whole_name_and_every_line_its_share(which: str) -> None:
    drawn = ET.fromstring(picture(MADE[which], rule(), weigh(MADE[which], rule())["t"]))  # noqa: S314 - our own
    titles = {one.text for one in drawn.iter(f"{SVG}title")}
    assert LONG in titles
    assert len(list(drawn.iter(f"{SVG}rect"))) == len(titles) == BOXES[which]
    labels = [one for one in drawn.iter(f"{SVG}text") if one.get("class") == "small"]
    assert len(labels) == len(titles) + len(list(drawn.iter(f"{SVG}line")))
    assert drawn.get("aria-label", "").startswith(LONG)


def test_owners_stand_above_what_they_own() -> None:
    drawn = ET.fromstring(picture(MADE["restricted"], rule(), weigh(MADE["restricted"], rule())["t"]))  # noqa: S314
    height = {one[0].text: float(one.get("y", "")) for one in drawn.iter(f"{SVG}rect")}
    assert height["Example m"] < height[LONG]
    assert height["Example b"] < height[LONG]
