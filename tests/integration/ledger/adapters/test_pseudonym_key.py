# SPDX-License-Identifier: Apache-2.0
"""Where the key of the pseudonyms comes from."""

from pathlib import Path

import pytest

from stillwatch.errors import SettingsError
from stillwatch.ledger.adapters.pseudonym_key import read_pseudonym_key
from stillwatch.ledger.settings import LedgerSettings


def test_a_file_that_is_named_goes_before_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"from the file\n")
    path.chmod(0o600)
    settings = LedgerSettings(pseudonym_key_file=path)
    assert read_pseudonym_key(settings, {"STILLWATCH_PSEUDONYM_KEY": "from the environment"}) == b"from the file"


def test_without_a_file_the_environment_holds_it() -> None:
    settings = LedgerSettings(pseudonym_key_env="OURS")
    assert read_pseudonym_key(settings, {"OURS": "secret"}) == b"secret"


def test_a_key_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no key"):
        read_pseudonym_key(LedgerSettings(), {})
    with pytest.raises(SettingsError, match="cannot be read"):
        read_pseudonym_key(LedgerSettings(pseudonym_key_file=tmp_path / "none"), {})


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * 32)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="Everybody may read"):
        read_pseudonym_key(LedgerSettings(pseudonym_key_file=path), {})
