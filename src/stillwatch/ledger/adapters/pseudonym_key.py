# SPDX-License-Identifier: Apache-2.0
"""Reads the key of the pseudonyms from where the operator keeps it."""

from collections.abc import Mapping

from stillwatch.errors import SettingsError
from stillwatch.ledger.settings import LedgerSettings


def read_pseudonym_key(settings: LedgerSettings, environment: Mapping[str, str]) -> bytes:
    """The key, from the file where one is named, else from the environment.

    Raises:
        SettingsError: It is in neither place, or everybody may read the file.
    """
    path = settings.pseudonym_key_file
    if path is None:
        key = environment.get(settings.pseudonym_key_env, "")
        if not key:
            raise SettingsError(
                f"ledger.pseudonymise is set, but {settings.pseudonym_key_env} holds no key.",
                hint="Set it, or name a file in ledger.pseudonym_key_file.",
            )
        return key.encode()
    try:
        if path.stat().st_mode & 0o004:
            raise SettingsError(f"Everybody may read {path}.", hint=f"Run `chmod o-rwx {path}`.")
        return path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"The key of the pseudonyms cannot be read from {path}: {error.strerror}.") from error
