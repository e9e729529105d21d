# SPDX-License-Identifier: Apache-2.0
"""Reads the API keys that open the model servers, from the environment or from files."""

from collections.abc import Mapping

from stillwatch.errors import SettingsError
from stillwatch.gateway.settings import UpstreamSettings


def read_credential(name: str, settings: UpstreamSettings, environment: Mapping[str, str]) -> str | None:
    """The API key of one upstream; None where it needs none.

    Args:
        name: What the settings call the upstream.
        settings: Where its key is.
        environment: The process's environment variables.

    Raises:
        SettingsError: It is not where the settings say, or cannot be a header's value.
    """
    if settings.credential_env is not None:
        value = environment.get(settings.credential_env, "").strip()
        place = f"the environment variable {settings.credential_env}"
    elif settings.credential_file is not None:
        place = f"the file {settings.credential_file}"
        try:
            value = settings.credential_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"upstreams.{name}: {place} cannot be read: {error}.", hint="Put the model server's API key there."
            ) from None
    else:
        return None
    if not value:
        raise SettingsError(f"upstreams.{name}: {place} is empty.", hint="Put the model server's API key there.")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise SettingsError(f"upstreams.{name}: {place} holds characters that no API key has.")
    return value


def credential_header(dialect: str, credential: str | None) -> tuple[str, str] | None:
    """The header that presents it, as the dialect has it."""
    if credential is None:
        return None
    return ("x-api-key", credential) if dialect == "anthropic" else ("authorization", f"Bearer {credential}")
