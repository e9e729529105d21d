# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from stillwatch.access.adapters.signing_key import open_signing_key, signer
from stillwatch.errors import SettingsError, Unavailable


def test_it_is_made_once_and_signs(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first, again = open_signing_key(path), open_signing_key(path)
    assert first.private_bytes_raw() == again.private_bytes_raw()
    assert path.stat().st_mode & 0o777 == 0o600
    public_key, signature = signer(first)(b"said")
    Ed25519PublicKey.from_public_bytes(public_key).verify(signature, b"said")


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    open_signing_key(path)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        open_signing_key(path)
    for content in (
        b"nonsense",
        X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(SettingsError, match="something else"):
            open_signing_key(path)
    with pytest.raises(Unavailable):
        open_signing_key(tmp_path)
