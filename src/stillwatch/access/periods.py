# SPDX-License-Identifier: Apache-2.0
"""When a rule is in force: a list of periods, as law has it (in force, suspended, in force again).

Written as ISO 8601 intervals with an open end where nothing ends it: ``2025-09-29/2025-11-10, 2026-11-10/``. A day
means its beginning, UTC; the end is the first instant at which the rule is no longer in force.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from stillwatch.errors import BadInput

_HINT = "Write periods as in 2025-09-29/2025-11-10, 2026-11-10/ (from/until, the end open where there is none)."


class Period(msgspec.Struct, frozen=True, order=True, gc=False):
    """From an instant, until before another. Microseconds since the epoch."""

    from_us: int | None = None
    """None: since ever."""
    until_us: int | None = None
    """None: until further notice."""

    def holds(self, now_us: int) -> bool:
        """Whether an instant lies within."""
        return (self.from_us is None or self.from_us <= now_us) and (self.until_us is None or now_us < self.until_us)


ALWAYS = (Period(),)


def parse_periods(text: str) -> tuple[Period, ...]:
    """Read periods, which must follow each other without overlap.

    Raises:
        BadInput: The text is something else.

    Example:
        >>> [period.until_us is None for period in parse_periods("2025-09-29/2025-11-10, 2026-11-10/")]
        [False, True]
    """
    periods: list[Period] = []
    for part in text.split(","):
        begin, slash, end = part.strip().partition("/")
        if not slash:
            raise BadInput(f'"{text}" is not a list of periods.', hint=_HINT)
        period = Period(_instant(begin, text), _instant(end, text))
        if period.from_us is not None and period.until_us is not None and period.from_us >= period.until_us:
            raise BadInput(f'In "{text}", a period ends before it begins.', hint=_HINT)
        if periods and (
            periods[-1].until_us is None or period.from_us is None or period.from_us < periods[-1].until_us
        ):
            raise BadInput(f'In "{text}", periods overlap or stand in the wrong order.', hint=_HINT)
        periods.append(period)
    return tuple(periods)


def in_force(periods: Iterable[Period], now_us: int) -> bool:
    """Whether any of the periods holds at an instant."""
    return any(period.holds(now_us) for period in periods)


def next_change(periods: Iterable[Period], now_us: int) -> int | None:
    """The first instant after ``now_us`` at which a period begins or ends; None where there is none."""
    edges = (edge for period in periods for edge in (period.from_us, period.until_us))
    return min((edge for edge in edges if edge is not None and edge > now_us), default=None)


def earliest(*instants: int | None) -> int | None:
    """The first of several instants, None meaning never.

    Example:
        >>> earliest(None, 5, 3)
        3
    """
    return min((instant for instant in instants if instant is not None), default=None)


def parse_instant(text: str) -> int:
    """Microseconds since the epoch of an ISO 8601 day (its beginning, UTC) or of an instant with its offset.

    Raises:
        BadInput: The text is neither, or has a time of day without an offset.

    Example:
        >>> parse_instant("1970-01-02")
        86400000000
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f'"{text}" is neither a day nor an instant.', hint="Write 2026-11-10 or an instant.") from None
    if moment.tzinfo is None:
        if moment.time() != datetime.min.time():
            raise BadInput(f'"{text}" has no offset from UTC.', hint="Write 2026-11-10T05:00:00+00:00.")
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def written_periods(periods: Iterable[Period]) -> str:
    """Periods as ``parse_periods`` reads them, to the microsecond.

    Example:
        >>> written_periods([Period(None, 86_400_000_000)])
        '/1970-01-02T00:00:00+00:00'
    """
    return ", ".join(f"{_written(one.from_us)}/{_written(one.until_us)}" for one in periods)


def _written(instant_us: int | None) -> str:
    if instant_us is None:
        return ""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us)).isoformat()


def shown_instant(instant_us: int) -> str:
    """An instant as people write it: the day alone at midnight UTC.

    Example:
        >>> shown_instant(86_400_000_000)
        '1970-01-02'
    """
    moment = datetime.fromtimestamp(instant_us / 1_000_000, UTC)
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def shown_periods(periods: Iterable[Period]) -> str:
    """Periods in words: ``from 2026-11-10``, ``until 2025-11-10``, ``always``."""
    return " and ".join(_shown(period) for period in periods) or "never"


def _shown(period: Period) -> str:
    words = []
    if period.from_us is not None:
        words.append(f"from {shown_instant(period.from_us)}")
    if period.until_us is not None:
        words.append(f"until {shown_instant(period.until_us)}")
    return " ".join(words) or "always"


def _instant(text: str, whole: str) -> int | None:
    if not text.strip():
        return None
    try:
        return parse_instant(text)
    except BadInput as error:
        raise BadInput(f'In "{whole}": {error.args[0]}', hint=_HINT) from None
