# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.normalise import normal

ORGANISATION, PERSON = Kind.ORGANISATION, Kind.PERSON


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quorvex Technology Co., Ltd.", "QUORVEX TECH LLC"),
        ("The Quorvex Group", "Quorvex Grp."),
        ("Q.V.X. Industries", "QVX Industry"),
        ("Quorvex Corporation", "Quorvex"),
        ("ООО «Кворвекс»", "Kvorveks"),
        ("Société Quorvex S.A.", "societe quorvex"),
    ],
)
def test_ways_of_writing_one_organisation_fold_alike(one: str, other: str) -> None:
    assert normal(one, ORGANISATION).tokens == normal(other, ORGANISATION).tokens


def test_chinese_is_translated_where_it_means_something_and_read_where_it_is_a_name() -> None:
    assert normal("恒泰科技股份有限公司", ORGANISATION).tokens == ("heng", "tai", "technology")
    assert normal("شرکت ملی نفت", ORGANISATION).tokens == ("national", "oil")


def test_legal_forms_places_and_numbers_are_set_apart() -> None:
    folded = normal("Example Shanghai 606 Institute GmbH", ORGANISATION)
    assert folded.legal
    assert folded.places
    assert folded.numbers == {"606"}
    assert "gmbh" not in folded.tokens


def test_a_persons_honorific_goes_and_a_legal_form_stays_a_name() -> None:
    assert normal("Dr. Anna Co", PERSON).tokens == ("anna", "co")


def test_a_name_of_filler_alone_is_compared_by_it() -> None:
    assert normal("The Limited Company", ORGANISATION).tokens != ()


def test_transliterations_share_a_skeleton() -> None:
    skeletons = {normal(name, PERSON).skeleton for name in ("Moammar Qaddafi", "Muammar Gaddafi", "Muammar Kadafi")}
    assert len(skeletons) == 1


@given(st.text(max_size=60), st.sampled_from(Kind))
def test_whatever_the_text_it_is_folded_to_letters_and_digits(text: str, kind: Kind) -> None:
    folded = normal(text, kind)
    assert all(token and token.isascii() and token.isalnum() for token in folded.tokens)
    assert len(folded.tokens) == len(folded.symbols) == len(folded.skeletons)
