# SPDX-License-Identifier: Apache-2.0
"""The folder of segments: which there are, and which one continues which."""

import contextlib
from pathlib import Path

from stillwatch.errors import IntegrityError
from stillwatch.ledger.adapters.segment import SUFFIX
from stillwatch.ledger.frames import HEADER_SIZE, MAGIC, MAX_OPENING, SegmentHeader, SegmentReader


class SpoolFolder:
    """Looks a spool over. What a segment says of itself never changes, so it is read once.

    Args:
        folder: The spool; it need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._headers: dict[Path, SegmentHeader] = {}

    def segments(self) -> list[Path]:
        """The segments, oldest name first."""
        return sorted(self.path.glob(f"*{SUFFIX}"))

    def header(self, path: Path) -> SegmentHeader | None:
        """What a segment says of itself; None where it has gone, or its beginning is damaged."""
        if path not in self._headers:
            reader = SegmentReader()
            with contextlib.suppress(FileNotFoundError, IntegrityError), path.open("rb") as file:
                for _ in reader.feed(file.read(len(MAGIC) + HEADER_SIZE + MAX_OPENING)):
                    break
            if reader.header is None:
                return None
            self._headers[path] = reader.header
        return self._headers[path]

    def followed(self) -> dict[str, int]:
        """For each segment that another one continues: how many of its bytes count."""
        present = self.segments()
        self._headers = {path: self._headers[path] for path in present if path in self._headers}
        headers = [header for path in present if (header := self.header(path)) is not None]
        return {header.follows: header.follows_bytes for header in headers if header.follows is not None}

    def predecessor(self, path: Path) -> Path | None:
        """The segment that this one continues, where it is still there."""
        header = self.header(path)
        if header is None or header.follows is None:
            return None
        before = self.path / f"{header.follows}{SUFFIX}"
        return before if before.exists() else None

    def in_order(self) -> list[Path]:
        """The segments, each after the one it continues. Names sort by the clock, which may have gone back."""
        ordered: dict[Path, None] = {}
        for path in self.segments():
            chain = [path]
            while (before := self.predecessor(chain[-1])) is not None and before not in ordered and before not in chain:
                chain.append(before)
            ordered.update(dict.fromkeys(reversed(chain)))
        return list(ordered)
