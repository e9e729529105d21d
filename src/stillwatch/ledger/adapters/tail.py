# SPDX-License-Identifier: Apache-2.0
"""Follows the whole spool, as the workers write it: each exchange once, as soon as it is on the disk for good."""

from collections.abc import Iterator
from pathlib import Path

from stillwatch.ledger.adapters.follower import SegmentFollower
from stillwatch.ledger.adapters.spool_folder import SpoolFolder
from stillwatch.records.exchange import Exchange


class SpoolTail:
    """Reads what every worker writes, and what dead ones left behind. Not for more than one thread.

    Rows come in the order they were committed, worker by worker: not quite in the order of their ``ts``.

    Args:
        directory: The ledger's folder; the spool below it need not be there yet.
    """

    def __init__(self, directory: Path) -> None:
        self._folder = SpoolFolder(directory / "spool")
        self._following: dict[str, SegmentFollower] = {}
        self._drained: set[str] = set()

    def poll(self) -> Iterator[Exchange]:
        """Yield what has been committed since the last call. Run it to its end. Costs microseconds where nothing has.

        A row with outcome ``interrupted`` comes for each exchange that a killed worker left.
        """
        present = {path.stem: path for path in self._folder.segments()}
        self._drained &= present.keys()
        for segment_id in present.keys() - self._following.keys() - self._drained:
            try:
                self._following[segment_id] = SegmentFollower(present[segment_id])
            except FileNotFoundError:
                continue
        abandoned = [segment for segment in self._following.values() if segment.is_abandoned()]
        # The followed are asked for only now: see SegmentFollower.last_rows.
        followed = self._folder.followed() if abandoned else {}
        for segment in sorted(self._following.values(), key=lambda each: each.segment_id):
            if segment in abandoned:
                yield from segment.last_rows(followed)
                segment.close()
                del self._following[segment.segment_id]
                self._drained.add(segment.segment_id)
            else:
                yield from segment.committed_rows()

    def unsynced(self) -> frozenset[tuple[str, int]]:
        """What ``poll`` has read and does not hand out yet, because it is not known to be on the disk.

        The mark that says so may come some milliseconds after the answer has left. What is in here and, after a later
        ``poll``, no more has been handed out.
        """
        return frozenset(
            (segment.segment_id, end) for segment in self._following.values() for end in segment.unsynced()
        )

    def drained(self) -> frozenset[str]:
        """Segments that nobody writes to any more and of which every row has been handed out: these may be rolled."""
        return frozenset(self._drained)

    def close(self) -> None:
        """Let go of every segment."""
        for segment in self._following.values():
            segment.close()
        self._following.clear()
