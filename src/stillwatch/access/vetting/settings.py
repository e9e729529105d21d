# SPDX-License-Identifier: Apache-2.0
"""What an operator can set about vetting."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from stillwatch.access.vetting.dossier import Group
from stillwatch.access.vetting.states import Rules, State


class IssuerSettings(BaseModel):
    """Somebody whose signed credentials (SD-JWT VC) are verified and may count. Nothing is fetched from the network."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    iss: str = Field(min_length=1)
    """What the issuer calls itself in the credentials' claim of that name."""

    jwks_file: Path
    """Its public keys, as a JWK or a JWK set, got over a way that you trust."""

    status_list_files: tuple[Path, ...] = ()
    """Its signed status lists, each a JWT in a file, which something of yours keeps fresh. A credential that refers to
    a list that is not here, or that is out of date, does not count: it may have been taken back."""


class VettingSettings(BaseModel):
    """How organisations are vetted: who approves, on what, and what takes an approval away."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    approvals: int = Field(default=2, ge=1, le=9)
    """How many different people an approval needs."""

    recorder_may_approve: bool = False
    """Whether who recorded an organisation's dossier may also vote for it."""

    needed_groups: tuple[Group, ...] = (Group.IDENTITY, Group.OWNERSHIP, Group.PEOPLE, Group.END_USE, Group.TERMS)
    """The groups of the dossier without which nobody is approved. When one runs out, so does the approval."""

    needs_screening: bool = True
    """Whether an approval needs this version of the dossier to have been compared with the lists, and no open hit."""

    after_hit: Literal["review", "suspended"] = "review"
    """Where an approved organisation goes when it comes to resemble somebody on a list. In both it may not use the
    models; from ``suspended`` somebody has to begin the review."""

    after_change: Literal["screening", "approved"] = "screening"
    """Where an approved organisation goes when its dossier changes. ``approved`` leaves it there, if the new dossier
    carries the approval too; then one person alone can change what two have approved."""

    tier_without_certification: int = Field(default=1, ge=0, le=9)
    """The highest tier that needs no certification by somebody else."""

    recognition_file: Path | None = None
    """Whose certifications are recognised, and how far: a YAML table (docs/formats/dossier.md), below the data folder
    unless absolute. Unset: the table that is shipped."""

    issuers: dict[str, IssuerSettings] = {}

    def rules(self) -> Rules:
        """The same for the machine of states."""
        return Rules(
            approvals=self.approvals,
            recorder_may_approve=self.recorder_may_approve,
            needed=frozenset(self.needed_groups),
            needs_screening=self.needs_screening,
            after_hit=State(self.after_hit),
            after_change=State(self.after_change),
            tier_without_certification=self.tier_without_certification,
        )

    def resolved(self, data_dir: Path) -> Self:
        """The same with relative files made absolute, so that every process opens the same ones."""
        issuers = {
            name: issuer.model_copy(
                update={
                    "jwks_file": data_dir / issuer.jwks_file,
                    "status_list_files": tuple(data_dir / path for path in issuer.status_list_files),
                }
            )
            for name, issuer in self.issuers.items()
        }
        table = None if self.recognition_file is None else data_dir / self.recognition_file
        return self.model_copy(update={"issuers": issuers, "recognition_file": table})
