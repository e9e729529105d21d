# SPDX-License-Identifier: Apache-2.0
"""What the ledger needs from the world: a disk that can fail, and says so."""

from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """Everything the ledger changes on a disk goes through here, so that a test can fail or stop it at every step.

    Every method raises ``OSError`` where the operating system does.
    """

    def create(self, path: Path) -> int:
        """Make a new file, readable by its owner alone, and return its descriptor. It must not exist."""
        ...

    def lock(self, descriptor: int) -> None:
        """Lock a file against every other holder, without waiting. The lock ends with the process."""
        ...

    def allocate(self, descriptor: int, offset: int, length: int) -> None:
        """Claim space that reads as zeros, so that later writes there cannot lack it."""
        ...

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of ``data``. It survives this process, not yet a power cut."""
        ...

    def write_durably(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of ``data`` and return when these bytes, not necessarily earlier ones, are on the disk."""
        ...

    def sync(self, descriptor: int) -> None:
        """Return when all that was written to the file is on the disk."""
        ...

    def truncate(self, descriptor: int, length: int) -> None:
        """Cut the file off after ``length`` bytes."""
        ...

    def close(self, descriptor: int) -> None:
        """Close the file, and thereby end its lock."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its name in one step, replacing what bore it."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file."""
        ...

    def remove_tree(self, path: Path) -> None:
        """Remove a folder and all in it."""
        ...

    def sync_path(self, path: Path) -> None:
        """Return when a file, or the names in a folder, are on the disk."""
        ...

    def make_folders(self, path: Path) -> None:
        """Make a folder, for its owner alone, and those above it, and return when their names are on the disk."""
        ...

    def free_bytes(self, path: Path) -> int:
        """Space that is left where ``path`` lies."""
        ...
