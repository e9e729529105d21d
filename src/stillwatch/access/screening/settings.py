# SPDX-License-Identifier: Apache-2.0
"""What an operator can set about screening."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class ScreeningSettings(BaseModel):
    """The ``[screening]`` table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    folder: Path = Path("lists")
    """Where the entries of loaded lists are kept, below the data folder unless absolute."""

    shrink: float = Field(default=0.1, ge=0, lt=1)
    """Share of a list's entries that may be missing when it is loaded anew. More than that is taken for a list that
    was cut
    short, and refused."""

    def resolved(self, data_dir: Path) -> Self:
        """The same with a relative folder made absolute, so that every process reads the same one."""
        return self.model_copy(update={"folder": data_dir / self.folder})
