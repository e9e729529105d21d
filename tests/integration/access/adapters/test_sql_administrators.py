# SPDX-License-Identifier: Apache-2.0
import pytest
from sqlalchemy import Engine, select

from fakes.keys import PEPPERS
from stillwatch.access.adapters.sql_administrators import SqlAdministrators
from stillwatch.access.api_key import ADMIN_PREFIX, PREFIX, Peppers
from stillwatch.access.interface import Administrators
from stillwatch.database.tables import ADMINISTRATOR
from stillwatch.database.transaction import reading
from stillwatch.errors import BadInput


@pytest.fixture
def administrators(engine: Engine) -> Administrators:
    return SqlAdministrators(engine, peppers=PEPPERS)


def test_a_token_stands_for_its_name_until_it_is_revoked(administrators: Administrators) -> None:
    made, token = administrators.create("  Ann   Example ", now_us=5)
    assert token.startswith(ADMIN_PREFIX)
    assert administrators.signed_in(token) == "Ann Example"
    assert administrators.all() == (made,)
    assert administrators.revoke(made.token_id, now_us=7).revoked_us == 7
    assert administrators.revoke(made.token_id, now_us=9).revoked_us == 7
    assert administrators.signed_in(token) is None


def test_what_is_no_token_stands_for_nobody(administrators: Administrators) -> None:
    _, token = administrators.create("Ann", now_us=5)
    other = SqlAdministrators(administrators._engine, peppers=Peppers.of(b"x" * 32))  # type: ignore[attr-defined]
    assert other.signed_in(token) is None, "a token hashed under a pepper that is not known"
    for wrong in ("", "x", token[:-1], token + "x", PREFIX + token[len(ADMIN_PREFIX) :], "é" * len(token)):
        assert administrators.signed_in(wrong) is None


def test_a_well_formed_token_with_another_secret_stands_for_nobody(
    administrators: Administrators, engine: Engine
) -> None:
    ids = iter([b"a" * 9, b"1" * 24, b"a" * 9, b"2" * 24])
    mine = SqlAdministrators(engine, peppers=PEPPERS, entropy=lambda _count: next(ids))
    _, token = mine.create("Ann", now_us=1)
    with engine.connect() as connection:
        assert len(connection.execute(select(ADMINISTRATOR)).all()) == 1
    forged = SqlAdministrators(engine, peppers=PEPPERS, entropy=lambda count: b"a" * 9 if count == 9 else b"2" * 24)
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        forged.create("Bob", now_us=1)
    assert administrators.signed_in(token) == "Ann"


def test_nobody_has_two_tokens_at_once(administrators: Administrators) -> None:
    made, _ = administrators.create("Ann Example", now_us=5)
    with pytest.raises(BadInput, match="has a token already"):
        administrators.create("ann  EXAMPLE", now_us=5)
    administrators.revoke(made.token_id, now_us=6)
    assert administrators.create("Ann Example", now_us=7)


def test_the_database_holds_no_token(administrators: Administrators, engine: Engine) -> None:
    _, token = administrators.create("Ann", now_us=5)
    with reading(engine) as connection:
        (row,) = connection.execute(select(ADMINISTRATOR))
    assert token[22:55] not in repr(row)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 201])
def test_a_name_that_cannot_be_signed_with_is_refused(administrators: Administrators, name: str) -> None:
    with pytest.raises(BadInput):
        administrators.create(name, now_us=5)


def test_a_token_that_is_not_there_cannot_be_revoked(administrators: Administrators) -> None:
    for token_id in ("nothing", "'; --"):
        with pytest.raises(BadInput):
            administrators.revoke(token_id, now_us=5)
