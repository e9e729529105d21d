# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from stillwatch.access.adapters.lists import un_xml
from stillwatch.access.screening.entry import Kind
from stillwatch.errors import BadInput

SHARED = Path(os.environ.get("STILLWATCH_SHARED", "")) / "data" / "screening"
LIST = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09Z"><INDIVIDUALS>
<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>EXAMPLE</FIRST_NAME><SECOND_NAME>OF A NAME</SECOND_NAME>
<UN_LIST_TYPE>X</UN_LIST_TYPE><REFERENCE_NUMBER>Xi.001</REFERENCE_NUMBER><LISTED_ON>2020-01-02</LISTED_ON>
<NAME_ORIGINAL_SCRIPT>пример имени</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Iran (Islamic Republic
of)</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Sample Name; Other Name</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DOCUMENT><NUMBER>A1234567</NUMBER></INDIVIDUAL_DOCUMENT></INDIVIDUAL></INDIVIDUALS>
<ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>EXAMPLE FRONT</FIRST_NAME><ENTITY_ALIAS><ALIAS_NAME/></ENTITY_ALIAS>
<ENTITY_ADDRESS><COUNTRY>Yemen</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES></CONSOLIDATED_LIST>
"""


def test_persons_and_entities_are_read_with_all_their_names() -> None:
    person, front = un_xml.read(LIST.encode())
    assert person.names == ("EXAMPLE OF A NAME", "пример имени", "Sample Name", "Other Name")
    assert (person.kind, person.countries, person.ids) == (Kind.PERSON, ("ir",), ("A1234567",))
    assert (person.programme, person.starts) == ("X, Xi.001", "2020-01-02")
    assert (front.kind, front.names, front.countries) == (Kind.ORGANISATION, ("EXAMPLE FRONT",), ("ye",))
    assert un_xml.date_of(LIST.encode()) == "2026-02-27"


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_nothing_is_expanded_and_nothing_else_is_read(declared: str) -> None:
    with pytest.raises(BadInput, match="declares a document type"):
        un_xml.read(LIST.replace("<CONSOLIDATED_LIST", f"{declared}<CONSOLIDATED_LIST", 1).encode())


def test_wherever_the_file_is_cut_it_is_refused() -> None:
    data = LIST.strip().encode()
    for end in range(1, len(data), 7):
        with pytest.raises(BadInput):
            un_xml.read(data[:end])


@pytest.mark.parametrize("text", ["<OTHER/>", "<a>" * 20 + "</a>" * 20, LIST.replace("<DATAID>2</DATAID>", "")])
def test_another_document_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        un_xml.read(text.encode())


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not here")
def test_the_real_list_is_read_whole() -> None:
    found = un_xml.read((SHARED / "un_consolidated_2026-02-27.xml").read_bytes())
    assert [sum(entry.kind is kind for entry in found) for kind in (Kind.PERSON, Kind.ORGANISATION)] == [730, 273]
