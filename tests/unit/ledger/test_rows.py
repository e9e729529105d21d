# SPDX-License-Identifier: Apache-2.0
"""From frames to rows."""

from fakes.exchanges import START_US, an_exchange
from stillwatch.ledger.frames import Begin, Frame, Kind, SegmentHeader, SegmentReader, begin_frame, finish_frame, frame
from stillwatch.ledger.frames import opening as opening_of
from stillwatch.ledger.rows import HOUR_US, RowMaker, hour_of
from stillwatch.records.exchange import Outcome


def frames(*pieces: bytes) -> list[Frame]:
    header = SegmentHeader(segment_id="s", worker_id="w", created_us=0, nonce=b"12345678")
    return list(SegmentReader().feed(opening_of(header) + b"".join(pieces)))


def test_what_began_and_did_not_end_was_interrupted() -> None:
    maker = RowMaker()
    begun = [begin_frame(Begin(f"ex-{number:06d}", START_US, "org-1", "acct-1", "large-1")) for number in range(3)]
    rows = list(maker.rows(frames(*begun, finish_frame(an_exchange(1)))))
    assert rows == [an_exchange(1)]
    interrupted = list(maker.interrupted())
    assert [row.exchange_id for row in interrupted] == ["ex-000000", "ex-000002"]
    assert {row.outcome for row in interrupted} == {Outcome.INTERRUPTED}
    assert interrupted[0].ts_us == START_US
    assert interrupted[0].account_id == "acct-1"


def test_the_interrupted_are_told_once() -> None:
    maker = RowMaker()
    list(maker.rows(frames(begin_frame(Begin("ex", 0, "o", "a", "m")))))
    assert len(list(maker.interrupted())) == 1
    assert list(maker.interrupted()) == []


def test_an_exchange_that_never_began_is_a_row_all_the_same() -> None:
    maker = RowMaker()
    assert list(maker.rows(frames(finish_frame(an_exchange(4))))) == [an_exchange(4)]


def test_a_frame_of_nonsense_is_noted_and_the_next_one_read() -> None:
    maker = RowMaker()
    rows = list(maker.rows(frames(frame(Kind.FINISH, b"\xc1"), finish_frame(an_exchange(5)))))
    assert rows == [an_exchange(5)]
    assert len(maker.damage) == 1


def test_an_hour_begins_with_its_first_microsecond() -> None:
    assert hour_of(HOUR_US - 1) == 0
    assert hour_of(HOUR_US) == 1


def test_instants_that_no_calendar_knows_go_to_its_nearest_end() -> None:
    assert hour_of(-5) == 0
    assert hour_of(2**62) == hour_of(253_402_300_799_999_999)
