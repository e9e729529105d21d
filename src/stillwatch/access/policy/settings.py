# SPDX-License-Identifier: Apache-2.0
"""What an operator can set about the access policy."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

Pack = Literal["house", "us", "eu", "uk"]


class PolicySettings(BaseModel):
    """Which rules decide who may do what with which model."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    enforce: bool = False
    """Whether the gateway asks the rules. Off: everything is permitted that no directive forbids. On: what no rule
    permits is refused. Approve organisations first, and see with `stillwatch policy simulate` who would lose what."""

    packs: tuple[Pack, ...] = ("house", "us")
    """The packs of rules that come with the program and are to be in force. Only ``house`` permits anything; the others
    forbid. They are a dated reading of public texts and no legal advice: have your counsel review them."""

    folder: Path | None = None
    """A folder with rules of your own: every ``*.cedar`` in it is in force beside the packs, every ``invariants*.yaml``
    is checked beside theirs, and ``models.yaml`` says how your models are controlled and since when."""

    def resolved(self, data_dir: Path) -> Self:
        """The same with the folder made absolute."""
        return self if self.folder is None else self.model_copy(update={"folder": data_dir / self.folder})
