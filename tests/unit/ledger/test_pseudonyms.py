# SPDX-License-Identifier: Apache-2.0
"""Pseudonyms hide identifiers from everybody but the key's holder."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.exchanges import an_exchange
from stillwatch.errors import IntegrityError, SettingsError
from stillwatch.ledger.pseudonyms import Pseudonyms

KEY = b"k" * 32


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_key_turns_a_pseudonym_back(identifier: str) -> None:
    hidden = Pseudonyms(("account_id",), KEY).pseudonym("account_id", identifier)
    assert hidden.startswith("psn1_")
    assert Pseudonyms(("account_id",), KEY).identifier("account_id", hidden) == identifier


def test_equal_identifiers_have_equal_pseudonyms_and_others_do_not() -> None:
    names = Pseudonyms(("account_id",), KEY)
    again = Pseudonyms(("account_id",), KEY)
    assert names.pseudonym("account_id", "a") == again.pseudonym("account_id", "a")
    assert names.pseudonym("account_id", "a") != names.pseudonym("account_id", "b")


def test_the_same_identifier_looks_different_in_another_column_and_under_another_key() -> None:
    names = Pseudonyms(("account_id",), KEY)
    hidden = names.pseudonym("account_id", "a")
    assert names.pseudonym("org_id", "a") != hidden
    assert Pseudonyms(("account_id",), b"o" * 32).pseudonym("account_id", "a") != hidden


def test_only_the_columns_that_were_asked_for_are_hidden() -> None:
    names = Pseudonyms(("account_id", "client_ip", "payment_fp"), KEY)
    exchange = an_exchange()
    hidden = names.hide(exchange)
    assert hidden.account_id != exchange.account_id
    assert hidden.client_ip != exchange.client_ip
    assert hidden.payment_fp is None
    assert hidden.org_id == exchange.org_id
    assert names.show(hidden) == exchange


def test_rows_from_before_pseudonyms_were_switched_on_are_read_as_they_are() -> None:
    names = Pseudonyms(("account_id",), KEY)
    assert names.show(an_exchange()) == an_exchange()


def test_another_key_is_noticed() -> None:
    hidden = Pseudonyms(("account_id",), KEY).hide(an_exchange())
    with pytest.raises(IntegrityError, match="not made with this key"):
        Pseudonyms(("account_id",), b"o" * 32).show(hidden)


@pytest.mark.parametrize("text", ["psn1_", "psn1_x", "psn1_!!!!", "psn1_" + "A" * 30])
def test_what_only_looks_like_a_pseudonym_is_noticed(text: str) -> None:
    with pytest.raises(IntegrityError):
        Pseudonyms(("account_id",), KEY).show(msgspec.structs.replace(an_exchange(), account_id=text))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="32 or more"):
        Pseudonyms(("account_id",), b"short")
