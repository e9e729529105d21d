# SPDX-License-Identifier: Apache-2.0
"""The pepper, from the environment or from a file that only its owner can read."""

import os
import secrets
import stat
from pathlib import Path

from stillwatch.access.api_key import Peppers
from stillwatch.access.settings import AccessSettings
from stillwatch.errors import SettingsError, Unavailable

_BYTES = 32


def open_peppers(settings: AccessSettings) -> Peppers:
    """Read the peppers; make the file, with a fresh one, where it is missing.

    Raises:
        SettingsError: The file can be read by others, or holds something else than peppers.
        Unavailable: The file cannot be read or made.
    """
    given = os.environ.get(settings.pepper_env)
    if given:
        return _parse(given.split(","), where=f"The environment variable {settings.pepper_env}")
    path = settings.pepper_file
    try:
        if not path.exists():
            _make(path)
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(
                    f"The pepper file {path} can be read by other users of this machine.",
                    hint=f"Run: chmod 600 {path}. Replace the pepper if somebody may have read it.",
                )
            return _parse(file.read().split(), where=f"The pepper file {path}")
    except UnicodeDecodeError:
        raise SettingsError(f"The pepper file {path} holds something else than hex digits.") from None
    except OSError as error:
        raise Unavailable(
            f"The pepper file {path} cannot be read or made: {error.strerror}.", hint="Check the folder and its owner."
        ) from error


def _make(path: Path) -> None:
    """Make the file whole or not at all; where two processes do so at once, both end up with the same pepper."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, never replaces a pepper that another process has made (and used) meanwhile.
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


def _parse(words: list[str], *, where: str) -> Peppers:
    try:
        peppers = [bytes.fromhex(word) for word in words]
    except ValueError:
        # The words stay out of the message: they are secrets, or close to one.
        raise SettingsError(
            f"{where} holds something else than hex digits.", hint="Make a pepper with: openssl rand -hex 32."
        ) from None
    return Peppers.of(*peppers)
