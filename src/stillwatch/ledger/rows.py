# SPDX-License-Identifier: Apache-2.0
"""What a segment's frames mean: rows of the exchange log, and what was cut short."""

from collections.abc import Iterable, Iterator

from stillwatch.errors import IntegrityError
from stillwatch.ledger.frames import Begin, Frame, Kind, read_begin, read_exchange
from stillwatch.records.exchange import Exchange, Outcome

HOUR_US = 3_600_000_000
LATEST_US = 253_402_300_799_999_999
"""The last instant of the year 9999: no calendar goes further."""


class RowMaker:
    """Turns frames into rows, and remembers what has begun and not ended.

    Attributes:
        damage: A sentence for each frame that was whole and said nonsense; such a frame makes no row.
    """

    def __init__(self) -> None:
        self.damage: list[str] = []
        self._open: dict[str, Begin] = {}

    def rows(self, frames: Iterable[Frame]) -> Iterator[Exchange]:
        """The exchanges that ended in these frames, in the order they ended."""
        for found in frames:
            try:
                if found.kind is Kind.BEGIN:
                    begin = read_begin(found)
                    self._open[begin.exchange_id] = begin
                elif found.kind is Kind.FINISH:
                    exchange = read_exchange(found)
                    self._open.pop(exchange.exchange_id, None)
                    yield exchange
            except IntegrityError as error:
                self.damage.append(str(error))

    def interrupted(self) -> Iterator[Exchange]:
        """A row for each exchange that had begun when the gateway was killed. Ask once, when no frame can follow."""
        for begin in self._open.values():
            yield Exchange(
                exchange_id=begin.exchange_id,
                ts_us=begin.ts_us,
                org_id=begin.org_id,
                account_id=begin.account_id,
                model=begin.model,
                prompt="",
                outcome=Outcome.INTERRUPTED,
            )
        self._open.clear()


def hour_of(ts_us: int) -> int:
    """The hour that an instant falls into, counted from the epoch; what no calendar knows goes to the nearest end."""
    return min(max(ts_us, 0), LATEST_US) // HOUR_US
