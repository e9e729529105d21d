# SPDX-License-Identifier: Apache-2.0
"""The engine as the gateway runs it: exchanges in one by one, a window made of them whenever a pass is due.

The windows are those of a replay of the same log, reduced by the same definitions. What is kept between passes are the
sightings since the last one, and of the hour before it the first and second messages, whose conversations may go on.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.detection.corpora import Corpus
from stillwatch.detection.engine import Engine
from stillwatch.detection.relations.interface import HOUR_US, KNOWN, TableEngine
from stillwatch.detection.relations.reduction import Span, reduce
from stillwatch.detection.replay import windows
from stillwatch.detection.settings import DetectionSettings
from stillwatch.detection.sightings import SIGHTINGS, sightings_of_exchanges
from stillwatch.detection.window import Window
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings

_log = logging.getLogger("stillwatch.control")

BATCH_ROWS = 512
"""Exchanges that are made into sightings at once: their texts are not kept longer, and fit into a processor's cache."""
LAST_US = 253_402_300_799_999_999
"""The end of the year 9999, microseconds since the epoch: no later instant is believed."""
TRIES = 12
"""How often a window that cannot be taken in is tried before it is given up: one must not stop all that come after."""
_KEY = ("account", "ts_us", "exchange_hash")


class LiveEngine:
    """Detection as it happens.

    Args:
        settings: See ``DetectionSettings``.
        open_tables: Opens what a window is reduced on, once for each pass; it is closed after it.
        corpora: See ``Engine``.
    """

    def __init__(
        self, settings: DetectionSettings, open_tables: Callable[[], TableEngine], corpora: tuple[Corpus, ...] = ()
    ) -> None:
        self.engine = Engine(settings, corpora)
        self.lost = 0
        """Exchanges that no sighting could be made of, or whose window could not be taken in."""
        self._open_tables = open_tables
        self._cadence_us = settings.cadence_seconds * 1_000_000
        self._exchanges: list[Exchange] = []
        self._sightings: list[pa.RecordBatch] = []
        self._held = SIGHTINGS.empty_table()
        """First and second messages of the hour before ``_after_us``."""
        self._after_us: int | None = None
        """The end of the last window reduced; None before the first."""
        self._ready: deque[Window] = deque()
        """Windows that were reduced and are yet to be taken in."""
        self._tries = 0
        """How often the first of them was tried in vain."""

    def observe(self, exchange: Exchange) -> None:
        """Take one exchange in. It never fails; what cannot be read is counted in ``lost``."""
        self._exchanges.append(exchange)
        if len(self._exchanges) >= BATCH_ROWS:
            self._sight()

    def campaign_pass(self, now_us: int) -> Findings:
        """Take in every window that has ended, and say what all of them show.

        Args:
            now_us: The present on the data's clock, microseconds since the epoch.

        Raises:
            BadInput: The window needs more memory than there is.
            Exception: Whatever keeps a window from being taken in. Nothing is lost: the next pass tries again, and
                gives the window up only after ``TRIES``.
        """
        self.take_in(now_us)
        return self.engine.campaign_pass(now_us)

    def take_in(self, now_us: int) -> None:
        """Take in every window that has ended, without looking: what a restart does with the log.

        What comes too late for its window counts in the newest one.

        Raises:
            BadInput: See ``campaign_pass``.
            Exception: See ``campaign_pass``.
        """
        self._sight()
        # What the next window is reduced to depends on what the census has of the ones before it.
        self._absorb()
        until_us = now_us - now_us % self._cadence_us
        fresh = pa.Table.from_batches(self._sightings, SIGHTINGS)
        if self._after_us is None and fresh.num_rows:
            first_us = pc.min(fresh["ts_us"]).as_py()
            self._after_us = first_us - first_us % self._cadence_us
        if self._after_us is None or until_us <= self._after_us:
            return
        is_due = pc.less(fresh["ts_us"], until_us)
        due = _in_time(fresh.filter(is_due), self._held, after_us=self._after_us)
        given = pa.concat_tables([self._held, due])
        made = []
        if given.num_rows:
            with closing(self._open_tables()) as tables:
                span = Span(after_us=self._after_us, until_us=until_us)
                reduced = reduce(tables, given, cadence_us=self._cadence_us, span=span, known=self._known(due))
                made = list(windows(reduced, cadence_us=self._cadence_us))
        may_go_on = pc.and_(
            pc.greater_equal(given["ts_us"], until_us - HOUR_US), pc.or_(given["is_first"], given["is_second"])
        )
        self._held = given.filter(may_go_on)
        self._sightings = fresh.filter(pc.invert(is_due)).to_batches()
        self._after_us = until_us
        self._ready.extend(made)
        self._absorb()

    def note(self) -> str:
        """See ``Engine.note``."""
        return self.engine.note()

    def findings(self, now_us: int) -> Findings:
        """Give all findings up to now without looking again."""
        return self.engine.findings(now_us)

    def _absorb(self) -> None:
        """Take in the windows that are ready, in order; one that fails stays the first."""
        while self._ready:
            try:
                self.engine.absorb(self._ready[0])
            except Exception as error:
                self._tries += 1
                if self._tries < TRIES:
                    raise
                count = pc.sum(self._ready[0].activity["count"]).as_py() or 0
                self.lost += count
                _log.error("%d exchanges cannot be taken in by detection and are given up: %s", count, error)
            self._ready.popleft()
            self._tries = 0

    def _sight(self) -> None:
        """Make sightings of the exchanges that wait."""
        waiting, self._exchanges = self._exchanges, []
        try:
            made = [_sightings(waiting)]
        except Exception:  # noqa: BLE001 - one row of whatever kind must not cost the others
            made = [batch for one in waiting if (batch := self._sighted(one)) is not None]
        self._sightings += [batch for batch in made if batch.num_rows]

    def _sighted(self, exchange: Exchange) -> pa.RecordBatch | None:
        try:
            return _sightings([exchange])
        except Exception as error:  # noqa: BLE001 - as above
            self.lost += 1
            _log.error("exchange %.64s cannot be read by detection: %s", exchange.exchange_id, error)
            return None

    def _known(self, due: pa.Table) -> pa.Table:
        """Give ``KNOWN`` of the accounts that are in a window."""
        census = self.engine.census
        names = [name for name in pc.unique(due["account"]).to_pylist() if name in census.index]
        rows = np.fromiter((census.index[name] for name in names), np.int64, len(names))
        return pa.table([pa.array(names, pa.string()), pa.array(census.ever[rows])], KNOWN)


def _sightings(exchanges: list[Exchange]) -> pa.RecordBatch:
    """Make sightings.

    Raises:
        ValueError: An instant is not believed.
    """
    if not all(0 <= one.ts_us <= LAST_US for one in exchanges):
        raise ValueError("its instant is not within the years 1970 to 9999")
    return sightings_of_exchanges(exchanges)


def _keys(sightings: pa.Table) -> Iterator[tuple[object, ...]]:
    """Give what tells a sighting from every other one."""
    return zip(*(sightings[name].to_pylist() for name in _KEY), strict=True)


def _in_time(due: pa.Table, held: pa.Table, *, after_us: int) -> pa.Table:
    """Put what came late at the beginning of the newest window, in its order, and leave out what is held already."""
    late = pc.less(due["ts_us"], after_us)
    if not pc.any(late).as_py():
        return due
    came = due.filter(late).sort_by([(name, "ascending") for name in ("ts_us", "exchange_hash")])
    known = set(_keys(held))
    new = []
    for place, key in enumerate(_keys(came)):
        if key not in known:
            known.add(key)
            new.append(place)
    came = came.take(pa.array(new, pa.int64()))
    instants = pa.array(after_us + np.arange(came.num_rows))
    came = came.set_column(came.schema.get_field_index("ts_us"), SIGHTINGS.field("ts_us"), instants)
    return pa.concat_tables([due.filter(pc.invert(late)), came])
