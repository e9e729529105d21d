# SPDX-License-Identifier: Apache-2.0
"""What the control process pushes of the access policy, and what it notes once every worker goes by it."""

import logging
from collections.abc import Callable, Sequence

from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.interface import Directives, Order
from stillwatch.access.policy.rulebook import Rulebook, encode_organisations, encode_rulebook, rulebook
from stillwatch.access.policy.statement import Sign
from stillwatch.access.vetting.facts import Known
from stillwatch.errors import BadInput

_log = logging.getLogger("stillwatch.control")


class PolicyRoom:
    """The access policy as workers need it.

    Args:
        rules: Reads the rules that are enforced.
        stamp: Tells whether what they are read from has changed: another value where it has.
        known: Gives what is known, now, of the organisations of which anything changed after a version; 0 is all.
        directives: The directives.
        sign: Signs statements about them.

    Raises:
        BadInput: The rules cannot be read. Once they could, rules that cannot be read change nothing.
    """

    def __init__(
        self,
        *,
        rules: Callable[[], Rulebook],
        stamp: Callable[[], object],
        known: Callable[[int, int], Sequence[Known]],
        directives: Directives,
        sign: Sign,
    ) -> None:
        self._read = rules
        self._stamp_of = stamp
        self._stamp: object = None
        self._rules = self._read_rules()
        self._made: tuple[tuple[Rulebook, tuple[Directive, ...]] | None, bytes] = (None, b"")
        """What was packed last, after what it was made of: parsing every rule whenever a key changes would be dear."""
        self._known = known
        self._ends_us: int | None = None
        """When the first fact that was pushed runs out."""
        self._directives = directives
        self._sign = sign
        self._is_owed = True
        """Whether something is yet to be noted as in force."""

    def packed(self, *, now_us: int) -> bytes:
        """The rules with every directive that stands; empty where there is neither.

        Raises:
            Unavailable: The database cannot be reached.
        """
        orders = self._directives.orders().orders
        self._is_owed = any(one.is_owed for one in orders)
        if self._stamp_of() != self._stamp:
            try:
                self._rules = self._read_rules()
            except BadInput as error:
                _log.error("the access policy stays as it is, for it cannot be read anew: %s", error)
        rules, standing = self._rules, tuple(one.directive for one in orders if _may_hold(one, now_us))
        made_of, packed = self._made
        if made_of != (rules, standing):
            made = rulebook(rules.sources, rules.models, directives=standing)
            packed = encode_rulebook(made) if made.sources else b""
            # Set at once: two threads may ask, and neither may get what the other made.
            self._made = ((rules, standing), packed)
        return packed

    def organisations(self, *, since: int, now_us: int) -> bytes:
        """What is known of organisations, packed; empty where there is nothing to tell.

        Of those that changed after a version, or of all where a fact has run out since.

        Raises:
            Unavailable: The database cannot be reached.
        """
        has_ended = self._has_ended(now_us)
        known = self._known(0 if has_ended else since, now_us)
        ends = [one.until_us for one in known if one.until_us is not None]
        if not has_ended and since and self._ends_us is not None:
            ends.append(self._ends_us)
        self._ends_us = min(ends, default=None)
        return encode_organisations([one.facts for one in known]) if known else b""

    def is_due(self, now_us: int) -> bool:
        """Whether a fact that was pushed has run out, or what the rules are read from has changed."""
        return self._has_ended(now_us) or self._stamp_of() != self._stamp

    def confirm(self, version: int, *, workers: int, now_us: int) -> tuple[Order, ...]:
        """Note that all workers go by every change up to a version. Costs nothing where nothing is to be noted.

        Raises:
            Unavailable: The database cannot be reached. It is noted the next time.
        """
        if not self._is_owed:
            return ()
        confirmed = self._directives.confirm(version, workers=workers, now_us=now_us, sign=self._sign)
        self._is_owed = any(one.is_owed for one in self._directives.orders().orders)
        return confirmed

    def _has_ended(self, now_us: int) -> bool:
        return self._ends_us is not None and self._ends_us <= now_us

    def _read_rules(self) -> Rulebook:
        # The stamp first: what changes while the rules are read is read again.
        self._stamp = self._stamp_of()
        return self._read()


def _may_hold(order: Order, now_us: int) -> bool:
    """Whether a directive holds now or later."""
    until_us = order.directive.until_us
    return order.is_standing and (until_us is None or now_us < until_us)
