# SPDX-License-Identifier: Apache-2.0
"""The disk does what it says, and says what it cannot."""

import errno
import os
import resource
import signal
import stat
from pathlib import Path

import pytest

from stillwatch.ledger.adapters.disk import PosixDisk


@pytest.fixture
def disk() -> PosixDisk:
    return PosixDisk()


def test_a_new_file_is_its_owners_alone_and_must_be_new(disk: PosixDisk, tmp_path: Path) -> None:
    descriptor = disk.create(tmp_path / "a")
    disk.close(descriptor)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        disk.create(tmp_path / "a")


def test_claimed_space_reads_as_zeros_and_writes_land_where_they_belong(disk: PosixDisk, tmp_path: Path) -> None:
    descriptor = disk.create(tmp_path / "a")
    disk.allocate(descriptor, 0, 100)
    disk.write(descriptor, b"one", 10)
    disk.write_durably(descriptor, b"two", 20)
    disk.sync(descriptor)
    expected = bytearray(100)
    expected[10:13] = b"one"
    expected[20:23] = b"two"
    assert (tmp_path / "a").read_bytes() == expected
    disk.truncate(descriptor, 13)
    assert (tmp_path / "a").stat().st_size == 13
    disk.close(descriptor)


def test_a_second_holder_does_not_get_the_lock_until_the_first_lets_go(disk: PosixDisk, tmp_path: Path) -> None:
    first = disk.create(tmp_path / "a")
    disk.lock(first)
    second = os.open(tmp_path / "a", os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        disk.lock(second)
    disk.close(first)
    disk.lock(second)
    disk.close(second)


def test_a_write_that_only_half_fits_says_so(disk: PosixDisk, tmp_path: Path) -> None:
    """A limit on the file's size makes the kernel write less than asked, as a disk does that fills up."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            for write in (disk.write, disk.write_durably):
                descriptor = disk.create(tmp_path / write.__name__)
                try:
                    write(descriptor, bytes(1500), 0)
                except OSError as error:
                    code = 0 if error.errno == errno.EFBIG else 2
                if code:
                    break
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_folders_are_made_with_those_above_them_and_are_private(disk: PosixDisk, tmp_path: Path) -> None:
    disk.make_folders(tmp_path / "a" / "b")
    disk.make_folders(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    (tmp_path / "a" / "b" / "file").touch()
    disk.sync_path(tmp_path / "a" / "b")
    disk.rename(tmp_path / "a" / "b" / "file", tmp_path / "a" / "file")
    disk.remove(tmp_path / "a" / "file")
    disk.remove_tree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_free_space_is_what_statvfs_says(disk: PosixDisk, tmp_path: Path) -> None:
    assert 0 < disk.free_bytes(tmp_path) < 2**60
