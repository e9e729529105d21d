# SPDX-License-Identifier: Apache-2.0
"""The files that vetting goes by: whose certifications count, issuers' keys, their status lists."""

import base64
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.recognition import Issuer, Recognition, parse_recognition
from stillwatch.access.vetting.sd_jwt import keys_of
from stillwatch.access.vetting.settings import IssuerSettings, VettingSettings
from stillwatch.errors import SettingsError

MAX_BYTES = 32 * 1024 * 1024
"""Of one file."""


def open_policy(settings: VettingSettings) -> Policy:
    """Read what the operator set. Files are read each time: status lists are kept fresh by somebody else.

    Raises:
        SettingsError: A file is missing or is not what it should be. A status list is not judged here.
        BadInput: The table of recognitions cannot be read.
    """
    return Policy(
        rules=settings.rules(),
        table=_table(settings.recognition_file),
        issuers={one.iss: _issuer(name, one) for name, one in settings.issuers.items()},
    )


def _table(path: Path | None) -> tuple[Recognition, ...]:
    if path is None:
        shipped = files("stillwatch.access.vetting").joinpath("recognised.yaml")
        return parse_recognition(shipped.read_text(encoding="utf-8"), name="recognised.yaml")
    return parse_recognition(_read(path), name=str(path))


def _issuer(name: str, settings: IssuerSettings) -> Issuer:
    try:
        jwks: Any = msgspec.json.decode(_read(settings.jwks_file))
        keys = keys_of(jwks if isinstance(jwks, dict) else {})
    except (msgspec.DecodeError, ValueError) as error:
        raise SettingsError(f"access.vetting.issuers.{name}: {settings.jwks_file}: {error}.") from None
    lists = {}
    for path in settings.status_list_files:
        token = _read(path).strip()
        lists[_subject(token)] = token
    return Issuer(settings.iss, keys, lists)


def _subject(token: str) -> str:
    """Which list a file says it is. Nothing is believed yet: who uses it verifies it first."""
    try:
        body = token.split(".", 2)[1]
        return str(msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sub"])
    except (IndexError, KeyError, TypeError, ValueError, msgspec.DecodeError):
        return ""


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingsError(f"The file {path} is larger than {MAX_BYTES // 1024 // 1024} MB.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {path} cannot be read: {error}.", hint="See [access.vetting].") from None
