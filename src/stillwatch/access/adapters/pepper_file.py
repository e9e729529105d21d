# SPDX-License-Identifier: Apache-2.0
"""The pepper, from the environment or from a file that only its owner can read."""

import os
import secrets
import stat

from stillwatch.access.adapters.secret_file import make_secret_file
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
            make_secret_file(path, f"{secrets.token_hex(_BYTES)}\n".encode("ascii"))
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


def _parse(words: list[str], *, where: str) -> Peppers:
    try:
        peppers = [bytes.fromhex(word) for word in words]
    except ValueError:
        # The words stay out of the message: they are secrets, or close to one.
        raise SettingsError(
            f"{where} holds something else than hex digits.", hint="Make a pepper with: openssl rand -hex 32."
        ) from None
    return Peppers.of(*peppers)
