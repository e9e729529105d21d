# SPDX-License-Identifier: Apache-2.0
"""The disk, as Linux offers it."""

import fcntl
import os
import shutil
from pathlib import Path


class PosixDisk:
    """The real ``Disk``."""

    def create(self, path: Path) -> int:
        """See ``Disk``."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def lock(self, descriptor: int) -> None:
        """See ``Disk``."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def allocate(self, descriptor: int, offset: int, length: int) -> None:
        """See ``Disk``.

        The zeros are really written: into space that is only promised, a durable write must also change the file's
        metadata, and takes half as long again.
        """
        os.posix_fallocate(descriptor, offset, length)
        self.write(descriptor, bytes(length), offset)
        os.fdatasync(descriptor)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        """See ``Disk``."""
        written = os.pwrite(descriptor, data, offset)
        while written < len(data):
            # A short write is the kernel's right; the next one either goes on or says why it cannot.
            written += os.pwrite(descriptor, memoryview(data)[written:], offset + written)

    def write_durably(self, descriptor: int, data: bytes, offset: int) -> None:
        """See ``Disk``.

        One system call rather than two: each gives the interpreter's lock away and has to win it back, and under load
        winning it back is what costs.
        """
        written = os.pwritev(descriptor, [data], offset, os.RWF_DSYNC)
        if written < len(data):
            self.write(descriptor, data[written:], offset + written)
            self.sync(descriptor)

    def sync(self, descriptor: int) -> None:
        """See ``Disk``."""
        os.fdatasync(descriptor)

    def truncate(self, descriptor: int, length: int) -> None:
        """See ``Disk``."""
        os.ftruncate(descriptor, length)

    def close(self, descriptor: int) -> None:
        """See ``Disk``."""
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """See ``Disk``."""
        old.rename(new)

    def remove(self, path: Path) -> None:
        """See ``Disk``."""
        path.unlink()

    def remove_tree(self, path: Path) -> None:
        """See ``Disk``."""
        shutil.rmtree(path)

    def sync_path(self, path: Path) -> None:
        """See ``Disk``."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folders(self, path: Path) -> None:
        """See ``Disk``."""
        if path.is_dir():
            return
        self.make_folders(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        self.sync_path(path.parent)

    def free_bytes(self, path: Path) -> int:
        """See ``Disk``."""
        space = os.statvfs(path)
        return space.f_bavail * space.f_frsize
