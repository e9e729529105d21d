# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.dossiers import NOW, dossiers, whole
from stillwatch.access.vetting.dossier import Dossier, Group, missing
from stillwatch.access.vetting.dossier_yaml import format_yaml, parse_yaml
from stillwatch.access.vetting.recognition import parse_recognition
from stillwatch.errors import BadInput


@given(st.lists(dossiers(), max_size=3))
def test_what_is_written_is_read(found: list[Dossier]) -> None:
    assert parse_yaml(format_yaml(found), name="f") == tuple(found)


def test_the_place_at_fault_is_named() -> None:
    text = format_yaml([whole(), whole("example-2", 2)]).replace("percent: 30", "percent: 300")
    line = text[: text.index("percent: 300")].count("\n") + 1
    with pytest.raises(BadInput) as caught:
        parse_yaml(text, name="f.yaml")
    assert str(caught.value).startswith(f"f.yaml, line {line}: ownership.stakes[1].percent should be float <= 100.0")


def test_a_contradiction_is_named_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"f.yaml, line \d+: ownership gives 105 per cent of the organisation away"):
        parse_yaml(format_yaml([whole()]).replace("unknown_percent: 10", "unknown_percent: 15"), name="f.yaml")


def test_norway_and_leading_noughts_stay_what_they_are() -> None:
    text = format_yaml([whole()]).replace("'NO'", "NO").replace("HRB 1", "0123")
    (found,) = parse_yaml(text, name="f")
    assert found.channel is not None
    assert found.channel.resellers[0].country == "NO"
    assert found.identity.registration_number == "0123"


def test_the_example_of_the_docs_is_a_dossier() -> None:
    page = Path(__file__).resolve().parents[4] / "docs" / "formats" / "dossier.md"
    first, second = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    (found,) = parse_yaml(first, name="dossier.md")
    assert found.org_id == "acme"
    assert missing(found, frozenset(Group), at=NOW) == ()
    (line,) = parse_recognition(second, name="dossier.md")
    assert line.tier == 3
