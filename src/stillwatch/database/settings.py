# SPDX-License-Identifier: Apache-2.0
"""Where the database is, and how patiently it is used."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class DatabaseSettings(BaseModel):
    """The ``[database]`` table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: str = Field(default="sqlite:///stillwatch.db", repr=False)
    """``sqlite:///relative/path`` (below the data folder), ``sqlite:////absolute/path``, or
    ``postgresql+psycopg://user:password@host/name``. The environment variable named by ``url_env`` wins over it, so
    that a password need not stand in a file."""

    url_env: str = "STILLWATCH_DATABASE_URL"
    """Name of the environment variable that holds the URL, where it is set and not empty."""

    busy_timeout_seconds: float = Field(default=10.0, gt=0, le=600)
    """How long a writer waits for another before the work is refused as unavailable."""

    pool_size: int = Field(default=5, ge=1, le=100)
    """Connections that one process keeps open."""

    def resolved(self, data_dir: Path) -> Self:
        """The same with a relative SQLite path made absolute, so that every process opens the same file."""
        form, slashes, path = self.url.partition(":///")
        if not form.startswith("sqlite") or not slashes or path.startswith(("/", ":", "file:")) or not path:
            return self
        return self.model_copy(update={"url": f"{form}:///{data_dir / path}"})
