# SPDX-License-Identifier: Apache-2.0
from xml.etree import ElementTree as ET

from stillwatch.arena.grading.report.svg import Scale, area, circle, line, path, picture, rect, text


def test_a_picture_is_well_formed_whatever_the_words() -> None:
    shapes = [
        line(0, 0, 1, 1, "grid"),
        rect(0, 0, -1, 1, "bar", title="<a & b>"),
        circle(0, 0, 1, "dot", title='"'),
        text(0, 0, "x < y & z"),
        path([(0, 0), (1, 1)], "line"),
        area([(0, 0)], [(1, 1)], "band"),
    ]
    root = ET.fromstring(picture(10, 10, shapes, label="<&>"))  # noqa: S314 - our own text
    assert root.attrib["aria-label"] == "<&>"
    assert root.findall(".//title")[0].text == "<a & b>"
    assert root.find("rect") is not None
    assert root.find("rect").attrib["width"] == "0.0"  # type: ignore[union-attr]


def test_a_scale_clips_and_bears_an_empty_range() -> None:
    assert Scale(0, 1, 0, 100)(2.0) == 100
    assert Scale(0, 1, 0, 100)(-1.0) == 0
    assert Scale(3, 3, 10, 20)(3) == 10
