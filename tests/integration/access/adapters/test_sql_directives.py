# SPDX-License-Identifier: Apache-2.0
"""Directives on both databases: one of an id stands at a time, none is lost, and what all workers have is signed."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from stillwatch.access.adapters.signing_key import signer
from stillwatch.access.adapters.sql_directives import SqlDirectives
from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.interface import Directives
from stillwatch.access.policy.statement import verify
from stillwatch.errors import BadInput

NOW = 1_790_000_000_000_000
DIRECTIVE = Directive(directive_id="d-1", models=("frontier",), source="s", reason="r", from_us=NOW)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGN = signer(KEY)
PUBLIC = KEY.public_key().public_bytes_raw().hex()


@pytest.fixture
def directives(engine: Engine) -> Directives:
    return SqlDirectives(engine)


def test_one_of_an_id_stands_at_a_time(directives: Directives) -> None:
    first = directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    assert (first.number, first.in_force_us, first.is_standing) == (1, None, True)
    with pytest.raises(BadInput, match="stands already"):
        directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    lifted = directives.lift("d-1", by="Bob", reason="withdrawn", now_us=NOW + 9)
    assert (lifted.is_standing, lifted.directive.lifted_us, lifted.lifted_by) == (False, NOW + 9, "Bob")
    with pytest.raises(BadInput, match="stands"):
        directives.lift("d-1", by="Bob", reason="withdrawn", now_us=NOW)
    again = directives.apply(directives.order("d-1").directive, by="Cy", now_us=NOW + 20)
    assert (again.number, again.is_standing) == (2, True)
    assert [(one.number, one.is_standing) for one in directives.orders().orders] == [(1, False), (2, True)]


def test_what_every_worker_has_is_noted_once_and_signed(directives: Directives) -> None:
    before = directives.orders().version
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    assert directives.confirm(before, workers=4, now_us=NOW + 1, sign=SIGN) == ()
    (order,) = directives.confirm(before + 1, workers=4, now_us=NOW + 2, sign=SIGN)
    assert (order.in_force_us, order.workers) == (NOW + 2, 4)
    assert directives.confirm(before + 99, workers=4, now_us=NOW + 3, sign=SIGN) == ()
    directives.lift("d-1", by="Bob", reason="withdrawn", now_us=NOW + 5)
    (order,) = directives.confirm(before + 99, workers=3, now_us=NOW + 6, sign=SIGN)
    assert (order.in_force_us, order.workers, order.lift_in_force_us) == (NOW + 2, 4, NOW + 6)
    assert directives.order("d-1") == order
    said = [verify(one, public_key=PUBLIC) for one in order.statements]
    assert [(one["event"], one["in_force_us"], one["workers"]) for one in said] == [
        ("applied", NOW + 2, 4),
        ("lifted", NOW + 6, 3),
    ]


def test_a_directive_that_takes_effect_later_is_in_force_from_then(directives: Directives) -> None:
    later = msgspec.structs.replace(DIRECTIVE, from_us=NOW + 1_000)
    directives.apply(later, by="Ann", now_us=NOW)
    (order,) = directives.confirm(9, workers=1, now_us=NOW + 2, sign=SIGN)
    assert order.in_force_us == NOW + 1_000


def test_one_that_was_lifted_before_every_worker_had_it_is_noted_as_lifted_alone(directives: Directives) -> None:
    directives.apply(DIRECTIVE, by="Ann", now_us=NOW)
    directives.lift("d-1", by="Bob", reason="a mistake", now_us=NOW + 1)
    (order,) = directives.confirm(9, workers=1, now_us=NOW + 2, sign=SIGN)
    assert (order.in_force_us, order.lift_in_force_us) == (None, NOW + 2)
    assert directives.confirm(99, workers=1, now_us=NOW + 3, sign=SIGN) == ()


@pytest.mark.parametrize("directive_id", ["", "a b", "a\n", "x" * 65])
def test_an_id_that_cannot_be_used_is_refused(directives: Directives, directive_id: str) -> None:
    with pytest.raises(BadInput):
        directives.apply(msgspec.structs.replace(DIRECTIVE, directive_id=directive_id), by="Ann", now_us=NOW)
    assert directives.orders().orders == ()


def test_an_unknown_id_is_told_of(directives: Directives) -> None:
    with pytest.raises(BadInput, match="directive list"):
        directives.order("never")
