# SPDX-License-Identifier: Apache-2.0
"""Makes files that hold a secret."""

import os
import secrets
from pathlib import Path


def make_secret_file(path: Path, content: bytes) -> None:
    """Make a file, with mode 0600, whole or not at all. Where two processes do so at once, both end up with one secret.

    Args:
        path: Where. A file that is there already is left as it is.
        content: What it holds.

    Raises:
        OSError: It cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, never replaces a secret that another process has made (and used) meanwhile.
            path.hardlink_to(draft)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
