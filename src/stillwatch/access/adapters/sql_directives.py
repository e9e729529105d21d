# SPDX-License-Identifier: Apache-2.0
"""Directives in the SQL database."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, insert, or_, select, update

from stillwatch.access import fields
from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.interface import Order, Orders
from stillwatch.access.policy.statement import Sign, Statement, statement
from stillwatch.database.tables import DIRECTIVE
from stillwatch.database.transaction import current_version, reading, writing
from stillwatch.errors import BadInput

_ALL = select(DIRECTIVE).order_by(DIRECTIVE.c.applied_us, DIRECTIVE.c.directive_id, DIRECTIVE.c.number)


class SqlDirectives:
    """Implements ``access.policy.interface.Directives``.

    Args:
        engine: The database, up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def apply(self, directive: Directive, *, by: str, now_us: int) -> Order:
        """See ``Directives``."""
        directive_id = fields.checked_id(directive.directive_id, what="directive")
        by = fields.checked_text(by, what="name of who gives it")
        if directive.lifted_us is not None:
            directive = msgspec.structs.replace(directive, lifted_us=None)
        with writing(self._engine) as change:
            last = _last(change.connection, directive_id)
            if last is not None and last.lifted_us is None:
                raise BadInput(
                    f"A directive {directive_id} stands already.", hint="Lift it first, or give this one another id."
                )
            change.connection.execute(
                insert(DIRECTIVE).values(
                    directive_id=directive_id,
                    number=1 if last is None else last.number + 1,
                    body=msgspec.json.encode(directive).decode(),
                    applied_us=now_us,
                    applied_by=by,
                    statements="[]",
                    version=change.version,
                )
            )
            return self._one(change.connection, directive_id)

    def lift(self, directive_id: str, *, by: str, reason: str, now_us: int) -> Order:
        """See ``Directives``."""
        by = fields.checked_text(by, what="name of who lifts it")
        reason = fields.checked_text(reason, what="reason")
        with writing(self._engine) as change:
            last = _last(change.connection, directive_id)
            if last is None or last.lifted_us is not None:
                raise BadInput(
                    f"No directive {directive_id[:64]!r} stands.", hint="`stillwatch directive list` shows all."
                )
            lifted = {"lifted_us": now_us, "lifted_by": by, "lift_reason": reason, "version": change.version}
            change.connection.execute(update(DIRECTIVE).where(_is(directive_id, last.number)).values(**lifted))
            return self._one(change.connection, directive_id)

    def orders(self) -> Orders:
        """See ``Directives``."""
        with reading(self._engine) as connection:
            version = current_version(connection)
            return Orders(version, tuple(_order(row) for row in connection.execute(_ALL)))

    def order(self, directive_id: str) -> Order:
        """See ``Directives``."""
        with reading(self._engine) as connection:
            return self._one(connection, directive_id)

    def confirm(self, version: int, *, workers: int, now_us: int, sign: Sign) -> tuple[Order, ...]:
        """See ``Directives``."""
        wanted = select(DIRECTIVE).where(
            DIRECTIVE.c.version <= version,
            or_(
                and_(DIRECTIVE.c.lifted_us.is_(None), DIRECTIVE.c.in_force_us.is_(None)),
                and_(DIRECTIVE.c.lifted_us.is_not(None), DIRECTIVE.c.lift_in_force_us.is_(None)),
            ),
        )
        with reading(self._engine) as connection:
            if connection.execute(wanted).first() is None:
                return ()
        with writing(self._engine) as change:
            confirmed = [
                _confirmed(_order(row), workers=workers, now_us=now_us, sign=sign)
                for row in change.connection.execute(wanted).all()
            ]
            for order in confirmed:
                change.connection.execute(
                    update(DIRECTIVE)
                    .where(_is(order.directive.directive_id, order.number))
                    .values(
                        in_force_us=order.in_force_us,
                        workers=order.workers,
                        lift_in_force_us=order.lift_in_force_us,
                        statements=msgspec.json.encode(order.statements).decode(),
                        version=change.version,
                    )
                )
        return tuple(confirmed)

    @staticmethod
    def _one(connection: Connection, directive_id: str) -> Order:
        last = _last(connection, directive_id)
        if last is None:
            raise BadInput(
                f"There is no directive {directive_id[:64]!r}.", hint="`stillwatch directive list` shows all."
            )
        return _order(last)


def _confirmed(order: Order, *, workers: int, now_us: int, sign: Sign) -> Order:
    """Say from when every worker goes by an order, or by its lifting."""
    directive = order.directive
    if directive.lifted_us is not None:
        signed = statement(
            directive,
            event="lifted",
            number=order.number,
            by=order.lifted_by or "",
            given_us=directive.lifted_us,
            in_force_us=now_us,
            workers=workers,
            reason=order.lift_reason or "",
            sign=sign,
        )
        return msgspec.structs.replace(order, lift_in_force_us=now_us, statements=(*order.statements, signed))
    in_force_us = max(now_us, directive.from_us)
    signed = statement(
        directive,
        event="applied",
        number=order.number,
        by=order.applied_by,
        given_us=order.applied_us,
        in_force_us=in_force_us,
        workers=workers,
        sign=sign,
    )
    return msgspec.structs.replace(
        order, in_force_us=in_force_us, workers=workers, statements=(*order.statements, signed)
    )


def _last(connection: Connection, directive_id: str) -> Row[Any] | None:
    query = select(DIRECTIVE).where(DIRECTIVE.c.directive_id == directive_id)
    return connection.execute(query.order_by(DIRECTIVE.c.number.desc()).limit(1)).one_or_none()


def _is(directive_id: str, number: int) -> ColumnElement[bool]:
    return and_(DIRECTIVE.c.directive_id == directive_id, DIRECTIVE.c.number == number)


def _order(row: Row[Any]) -> Order:
    directive = _directive.decode(row.body)
    return Order(
        directive=msgspec.structs.replace(directive, lifted_us=row.lifted_us),
        number=row.number,
        applied_us=row.applied_us,
        applied_by=row.applied_by,
        in_force_us=row.in_force_us,
        workers=row.workers,
        lifted_by=row.lifted_by,
        lift_reason=row.lift_reason,
        lift_in_force_us=row.lift_in_force_us,
        statements=_statements.decode(row.statements),
    )


_directive = msgspec.json.Decoder(Directive)
_statements = msgspec.json.Decoder(tuple[Statement, ...])
