# SPDX-License-Identifier: Apache-2.0
"""The entries of loaded lists, one file each, named by list and digest.

A file is written whole under another name, synced, and renamed; its first line is the SHA-256 of the rest. A file
that is
there is never written again, so whatever the database says is in force can be read until another list is.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from stillwatch.access.screening.entry import ListInfo, ScreeningList
from stillwatch.errors import IntegrityError, Unavailable

_HINT = "Load the list again with `stillwatch list load`."


class FileListShelf:
    """``access.screening.interface.ListShelf`` in a folder.

    Args:
        folder: It is made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, made: ScreeningList) -> None:
        """See ``ListShelf``."""
        body = msgspec.json.encode(made)
        path = self._path(made.info)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with draft.open("xb") as file:
                    file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise Unavailable(
                f"The list cannot be kept in {self._folder}: {error.strerror}.",
                hint="Check the folder, its owner and the space on the disk.",
            ) from error

    def get(self, info: ListInfo) -> ScreeningList:
        """See ``ListShelf``."""
        try:
            digest, _, body = self._path(info).read_bytes().partition(b"\n")
        except OSError as error:
            raise IntegrityError(f'The list "{info.name}" cannot be read: {error.strerror}.', hint=_HINT) from error
        if hashlib.sha256(body).hexdigest().encode() != digest:
            raise IntegrityError(f'The file of the list "{info.name}" is damaged.', hint=_HINT)
        try:
            return msgspec.json.decode(body, type=ScreeningList)
        except msgspec.DecodeError as error:
            raise IntegrityError(f'The file of the list "{info.name}" is of another release.', hint=_HINT) from error

    def keep_only(self, infos: Sequence[ListInfo]) -> None:
        """See ``ListShelf``. What cannot be removed stays, and does no harm."""
        kept = {self._path(info).name for info in infos}
        for path in self._folder.glob("*.list"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _path(self, info: ListInfo) -> Path:
        # The instant belongs to the name: a file loaded again with another name, date or reason is another list.
        return self._folder / f"{info.name}.{info.digest[:16]}.{info.loaded_us}.list"

    def _sync(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
