# SPDX-License-Identifier: Apache-2.0
"""What the access policy needs from the world: somewhere to keep directives."""

from typing import NamedTuple, Protocol

import msgspec

from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.statement import Sign, Statement


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A directive as it was given, and what became of it."""

    directive: Directive
    """With ``lifted_us`` where it was lifted."""
    number: int
    """Counts the times a directive of this id was given, from 1."""
    applied_us: int
    applied_by: str
    in_force_us: int | None = None
    """The recorded instant of effect: from it on, no worker has let anybody in whom the directive bars. None while a
    worker has yet to say that it goes by it."""
    workers: int | None = None
    """How many workers said so."""
    lifted_by: str | None = None
    lift_reason: str | None = None
    lift_in_force_us: int | None = None
    """From when every worker went by the lifting."""

    statements: tuple[Statement, ...] = ()
    """What was signed: that it was in force, and that it was lifted."""

    @property
    def is_standing(self) -> bool:
        """Whether it was not lifted."""
        return self.directive.lifted_us is None

    @property
    def is_owed(self) -> bool:
        """Whether it is yet to be noted that every worker goes by it, or by its lifting."""
        return self.in_force_us is None if self.is_standing else self.lift_in_force_us is None


class Orders(NamedTuple):
    """The directives, and the change of the database up to which they are known."""

    version: int
    orders: tuple[Order, ...]


class Directives(Protocol):
    """The directives that were given.

    Every change is one transaction. Every method raises ``Unavailable`` where the database cannot be reached.
    """

    def apply(self, directive: Directive, *, by: str, now_us: int) -> Order:
        """Give a directive. Workers go by it within a second.

        Raises:
            BadInput: One of this id stands.
        """
        ...

    def lift(self, directive_id: str, *, by: str, reason: str, now_us: int) -> Order:
        """End a directive.

        Raises:
            BadInput: None of this id stands.
        """
        ...

    def orders(self) -> Orders:
        """Every one, oldest first."""
        ...

    def order(self, directive_id: str) -> Order:
        """The newest of an id.

        Raises:
            BadInput: There is none.
        """
        ...

    def confirm(self, version: int, *, workers: int, now_us: int, sign: Sign) -> tuple[Order, ...]:
        """Note, signed, that every worker goes by all changes up to a version; give the orders it was not noted of.

        Args:
            version: What all workers have.
            workers: How many they are.
            now_us: Now. A directive that takes effect later is in force from then.
            sign: Signs the statements.
        """
        ...
