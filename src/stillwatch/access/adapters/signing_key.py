# SPDX-License-Identifier: Apache-2.0
"""The key that statements are signed with, in a file that only its owner can read. It is made where it is missing."""

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from stillwatch.access.adapters.secret_file import make_secret_file
from stillwatch.access.policy.statement import Sign
from stillwatch.errors import SettingsError, Unavailable


def open_signing_key(path: Path) -> Ed25519PrivateKey:
    """Read the key; make it where it is missing.

    Raises:
        SettingsError: The file can be read by others, or holds something else than an Ed25519 key in PEM.
        Unavailable: The file cannot be read or made.
    """
    try:
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            make_secret_file(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(
                    f"The signing key {path} can be read by other users of this machine.",
                    hint=f"Run: chmod 600 {path}. Replace the key if somebody may have read it.",
                )
            key = load_pem_private_key(file.read(), password=None)
    except OSError as error:
        raise Unavailable(
            f"The signing key {path} cannot be read or made: {error.strerror}.", hint="Check the folder and its owner."
        ) from error
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"The file {path} holds something else than an Ed25519 key in PEM.")
    return key


def signer(key: Ed25519PrivateKey) -> Sign:
    """What signs with a key."""
    public_key = key.public_key().public_bytes_raw()
    return lambda data: (public_key, key.sign(data))
