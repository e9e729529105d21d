# SPDX-License-Identifier: Apache-2.0
import re
from html.parser import HTMLParser

from fakes.grades import grade
from fakes.worlds import point
from stillwatch.arena.grading.report.page import page


class Balance(HTMLParser):
    """Notes tags that are closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Opened and closed at once."""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_a_whole_page_is_well_formed_and_needs_nothing_from_outside() -> None:
    text = page(grade(headline=[point(contained={"h1": 1.0})], sweep=({"h1": 1.0}, {})))
    balance = Balance()
    balance.feed(text)
    assert not balance.wrong
    assert not balance.open
    assert "<script" not in text
    assert not re.search(r"(src|href)=|url\(|@import", text)


def test_every_part_is_there_and_the_command_is_escaped() -> None:
    text = page(grade(headline=[point(contained={})], sweep=({}, {})))
    for part in ("What is missed", "Beside other methods", "Campaign by campaign", "Who is wronged", "makes it harder"):
        assert part in text
    assert "--only &lt;dilution&gt;" in text
    assert "every 6 hours" in text


def test_sweeps_alone_and_a_headline_alone_are_pages_too() -> None:
    assert "Who is wronged" not in page(grade(sweep=({}, {})))
    assert "makes it harder" not in page(grade(headline=[point(contained={})]))
