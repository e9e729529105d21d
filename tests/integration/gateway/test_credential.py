# SPDX-License-Identifier: Apache-2.0
"""A model server's key is where the settings say, or the gateway does not start."""

from pathlib import Path

import pytest

from stillwatch.errors import SettingsError
from stillwatch.gateway.credential import credential_header, read_credential
from stillwatch.gateway.settings import UpstreamSettings

URL = "http://127.0.0.1:8000/v1"


def test_it_is_read_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-file\n")
    assert read_credential("u", UpstreamSettings(base_url=URL, credential_file=file), {}) == "sk-file"
    from_environment = UpstreamSettings(base_url=URL, credential_env="KEY")
    assert read_credential("u", from_environment, {"KEY": "sk-env"}) == "sk-env"
    assert read_credential("u", UpstreamSettings(base_url=URL), {}) is None


@pytest.mark.parametrize("value", ["", "  ", "two words", "line\nend", "é"])
def test_what_is_no_key_stops_the_start(value: str) -> None:
    with pytest.raises(SettingsError, match=r"upstreams\.u"):
        read_credential("u", UpstreamSettings(base_url=URL, credential_env="KEY"), {"KEY": value})


@pytest.mark.parametrize("written", ["sk-1", "sk-1\n", "\t sk-1\r\n\r\n"])
def test_white_space_around_it_is_ignored(written: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(written.encode())
    assert read_credential("u", UpstreamSettings(base_url=URL, credential_file=file), {}) == "sk-1"
    assert read_credential("u", UpstreamSettings(base_url=URL, credential_env="KEY"), {"KEY": written}) == "sk-1"


@pytest.mark.parametrize("value", ["two words", "split\r\nX: y", "nul\x00", "del\x7f"])
def test_what_cannot_be_a_headers_value_is_not_shown(value: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(value.encode())
    for settings in (
        UpstreamSettings(base_url=URL, credential_env="KEY"),
        UpstreamSettings(base_url=URL, credential_file=file),
    ):
        with pytest.raises(SettingsError, match="characters that no API key has") as refused:
            read_credential("u", settings, {"KEY": value})
        assert value not in str(refused.value)


def test_a_file_that_is_no_text_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "binary", tmp_path):
        with pytest.raises(SettingsError, match="cannot be read") as refused:
            read_credential("u", UpstreamSettings(base_url=URL, credential_file=path), {})
        assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_credential("u", UpstreamSettings(base_url=URL, credential_file=tmp_path / "none"), {})


def test_each_dialect_has_its_header() -> None:
    assert credential_header("openai", "k") == ("authorization", "Bearer k")
    assert credential_header("anthropic", "k") == ("x-api-key", "k")
    assert credential_header("openai", None) is None
