# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.dossiers import certified, dossiers, whole
from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.dossier_csv import LISTS, ORGANISATIONS, format_csv, parse_csv
from stillwatch.errors import BadInput


@given(st.lists(dossiers(), max_size=3, unique_by=lambda dossier: dossier.org_id))
def test_what_is_written_is_read(found: list[Dossier]) -> None:
    assert parse_csv(format_csv(found)) == tuple(found)


def test_every_list_has_its_table() -> None:
    tables = format_csv([whole(assurance=certified())])
    assert tables.keys() == {ORGANISATIONS, *LISTS}
    assert tables["stakes.csv"].splitlines()[1] == "example-1,parent,,60,board"


@pytest.mark.parametrize(
    ("table", "old", "new", "says"),
    [
        (ORGANISATIONS, "identity.country", "identity.county", "line 1: the column 'identity.county' is not known"),
        (ORGANISATIONS, ",DE,", ",Germany,", "line 2: identity.country should be str matching"),
        (ORGANISATIONS, "example-1,", "example-1", "line 2 has"),
        (ORGANISATIONS, "example-1,", ",", "has no org_id"),
        ("stakes.csv", "example-1,founder,,30", "example-1,founder,,30 %", "stakes.csv, line 3: percent should be"),
        ("stakes.csv", "example-1,founder,,30", "other,founder,,30", "stakes.csv, line 3: the row belongs to 'other'"),
        ("stakes.csv", "60", "95", "organisations.csv, line 2: ownership gives 135 per cent"),
        ("persons.csv", "Example Director", '"Example Director', "persons.csv, line 2 is not CSV"),
        ("persons.csv", "director|signatory", "king", "persons.csv, line 2: roles"),
    ],
)
def test_the_place_at_fault_is_named(table: str, old: str, new: str, says: str) -> None:
    tables = format_csv([whole()])
    assert old in tables[table]
    with pytest.raises(BadInput) as caught:
        parse_csv(tables | {table: tables[table].replace(old, new, 1)})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_missing_or_not_known_is_named() -> None:
    with pytest.raises(BadInput, match=r"no table organisations\.csv"):
        parse_csv({})
    with pytest.raises(BadInput, match=r"people.csv is not known"):
        parse_csv({ORGANISATIONS: "", "people.csv": ""})


def test_one_organisation_has_one_row() -> None:
    text = format_csv([whole()])[ORGANISATIONS]
    with pytest.raises(BadInput, match="second time"):
        parse_csv({ORGANISATIONS: text + text.splitlines()[1] + "\n"})


def test_no_cell_is_a_formula() -> None:
    text = format_csv([whole("example-1", identity=whole().identity.__class__(
        legal_name="=HYPERLINK(1)", country="DE", proof=whole().identity.proof))])[ORGANISATIONS]  # fmt: skip
    assert ",'=HYPERLINK(1)," in text


def test_a_separator_within_a_text_cannot_be_written() -> None:
    identity = whole().identity.__class__(legal_name="x", country="DE", proof=whole().identity.proof, aliases=("a|b",))
    with pytest.raises(BadInput, match=r"identity\.aliases"):
        format_csv([whole(identity=identity)])


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    tables = format_csv([whole()])
    assert parse_csv(tables | {ORGANISATIONS: "\ufeff" + tables[ORGANISATIONS]}) == (whole(),)
