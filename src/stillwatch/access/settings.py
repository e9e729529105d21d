# SPDX-License-Identifier: Apache-2.0
"""What an operator can set about keys and what callers are told."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from stillwatch.access.binding.settings import BindingSettings
from stillwatch.access.identity import SignInSettings
from stillwatch.access.policy.settings import PolicySettings
from stillwatch.access.screening.settings import ScreeningSettings
from stillwatch.access.vetting.settings import VettingSettings


class AccessSettings(BaseModel):
    """The ``[access]`` table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    pepper_file: Path = Path("pepper")
    """File with the secret that API keys are hashed with, below the data folder unless absolute. It is made, with mode
    0600, where it is missing. Without it no key works: keep a copy, apart from the database's. Each line is one pepper
    in hex; the first hashes new keys, the others still open the keys that they hashed."""

    pepper_env: str = "STILLWATCH_PEPPER"
    """Name of an environment variable that, where it is set and not empty, takes the file's place: peppers in hex,
    separated by commas, the first for new keys."""

    signing_key_file: Path = Path("signing-key.pem")
    """File with the Ed25519 key, in PEM, that statements about directives are signed with, below the data folder unless
    absolute. It is made, with mode 0600, where it is missing. `stillwatch directive key` prints its public part: give
    that to whoever is to check statements, before there are any."""

    appeal: str = Field(default="Contact the operator of this service and quote the account.", min_length=1)
    """How a caller who is refused can appeal: a sentence that ends each such refusal. Name an address here."""

    require_vetting: bool = False
    """Whether only organisations that vetting has approved may use the models. Off: those that never applied, or wait
    for their first approval, may too. Those that were turned down, or lost their approval, never may."""

    vetting: VettingSettings = VettingSettings()
    screening: ScreeningSettings = ScreeningSettings()

    binding: BindingSettings = BindingSettings()

    sign_in: SignInSettings = SignInSettings()
    policy: PolicySettings = PolicySettings()

    def resolved(self, data_dir: Path) -> Self:
        """The same with relative paths made absolute, so that every process opens the same files."""
        return self.model_copy(
            update={
                "pepper_file": data_dir / self.pepper_file,
                "vetting": self.vetting.resolved(data_dir),
                "policy": self.policy.resolved(data_dir),
                "screening": self.screening.resolved(data_dir),
                "signing_key_file": data_dir / self.signing_key_file,
            }
        )
