# SPDX-License-Identifier: Apache-2.0
"""A rule of ownership, as data: whose part counts, from what share, how shares add up and pass on, and since when."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from stillwatch.access.documents import read_document
from stillwatch.access.periods import ALWAYS, Period, in_force, parse_periods
from stillwatch.errors import BadInput


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list whose members count, and what follows for whom they own."""

    list: str
    """Its name, as entities carry it."""
    requirement: str
    """What an entity inherits of an owner on it, in words."""


class OwnershipRule(msgspec.Struct, frozen=True, kw_only=True):
    """When owners make an entity what they are."""

    rule_id: str
    title: str
    source: str
    reviewed: str
    """When the text was last held against its source, and by whom or not yet by counsel."""
    threshold_percent: Decimal
    """In (0, 100]."""
    is_inclusive: bool
    """Whether exactly the threshold is enough (at least), or not (more than)."""
    is_aggregated: bool
    """Whether the shares of several barred owners are added, or each stands alone."""
    is_cascading: bool
    """Whether an entity that the rule bars counts as wholly barred for those that it owns in turn. Shares are never
    multiplied along a chain."""
    is_control_enough: bool = False
    """Whether control by a barred party bars an entity (else it is a red flag)."""
    listings: tuple[Listing, ...] = ()
    """Whose members are barred, the most restrictive requirement first."""
    countries: tuple[str, ...] = ()
    """Headquarters in one of these bar an entity too."""
    country_requirement: str = ""
    """What is inherited of an owner for its country; less restrictive than any listing's."""
    flag_percent: Decimal = Decimal(0)
    """From which share of a barred owner, below the threshold, there is a red flag. 0: any share is one."""
    periods: tuple[Period, ...] = ALWAYS

    def is_in_force(self, now_us: int) -> bool:
        """Whether it holds at an instant."""
        return in_force(self.periods, now_us)

    def reaches(self, percent: Decimal) -> bool:
        """Whether a share is enough."""
        return percent >= self.threshold_percent if self.is_inclusive else percent > self.threshold_percent

    @property
    def share_in_words(self) -> str:
        """The threshold in words: ``at least 50 %``, ``more than 50 %``."""
        return f"{'at least' if self.is_inclusive else 'more than'} {self.threshold_percent.normalize():f} %"

    @property
    def requirements(self) -> Sequence[str]:
        """Every requirement, most restrictive first."""
        return (*(one.requirement for one in self.listings), *((self.country_requirement,) if self.countries else ()))


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it is written down."""

    id: str
    title: str
    source: str
    reviewed: str
    in_force: str = "/"
    threshold_percent: Decimal
    inclusive: bool
    aggregate: bool
    cascade: bool
    control: bool = False
    lists: tuple[Listing, ...] = ()
    countries: tuple[str, ...] = ()
    country_requirement: str = ""
    flag_percent: Decimal = Decimal(0)


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[_Written, ...]


def parse_rules(text: str | bytes, *, name: str) -> tuple[OwnershipRule, ...]:
    """Read rules from YAML, in the order of the document.

    Args:
        text: The document.
        name: What to call it in errors.

    Raises:
        BadInput: It cannot be read, a field is missing or of another type, or a rule cannot hold; the place is named.
    """
    document = read_document(text, _Document, name=name, what="a list of ownership rules")
    rules = tuple(_rule(one, name) for one in document.rules)
    if len({rule.rule_id for rule in rules}) < len(rules):
        raise BadInput(f"{name} has two rules of one id.")
    return rules


def _rule(written: _Written, name: str) -> OwnershipRule:
    where = f'{name}, rule "{written.id}"'
    if not 0 < written.threshold_percent <= 100:
        raise BadInput(f"{where}: threshold_percent is {written.threshold_percent}, which is not within 0 to 100.")
    if not written.lists and not written.countries:
        raise BadInput(f"{where} names neither lists nor countries, so it would bar nobody.")
    if written.countries and not written.country_requirement:
        raise BadInput(f"{where} has countries but no country_requirement.")
    try:
        periods = parse_periods(written.in_force)
    except BadInput as error:
        raise BadInput(f"{where}: {error.args[0]}", hint=error.hint) from None
    return OwnershipRule(
        rule_id=written.id,
        title=written.title,
        source=written.source,
        reviewed=written.reviewed,
        threshold_percent=written.threshold_percent,
        is_inclusive=written.inclusive,
        is_aggregated=written.aggregate,
        is_cascading=written.cascade,
        is_control_enough=written.control,
        listings=written.lists,
        countries=written.countries,
        country_requirement=written.country_requirement,
        flag_percent=written.flag_percent,
        periods=periods,
    )
