# SPDX-License-Identifier: Apache-2.0
"""What an operator may set about the record."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Identifier = Literal["org_id", "account_id", "key_id", "client_ip", "payment_fp", "conversation_id"]
"""A column that can be kept as a keyed pseudonym."""


class LedgerSettings(BaseModel):
    """The record of every exchange: where it lies, how long, and under which names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path = Path("record")
    """Folder for the record, below the data folder unless absolute. It gets ``spool/`` (what was just written),
    ``log/`` (Parquet, by hour) and, should a file ever be damaged, ``quarantine/``. It must be a local disk: a network
    share may not keep its word on sync."""

    segment_bytes: int = Field(default=64 * 1024 * 1024, ge=64 * 1024, le=1024**3)
    """A worker begins a new segment of the spool when the present one is this large."""

    segment_seconds: float = Field(default=300.0, gt=0)
    """…or this old, so that the log in Parquet is never much further behind."""

    gather_us: int = Field(default=1_000, ge=0, le=100_000)
    """While several exchanges end at once, how long to gather them into one commit, in microseconds. A lone exchange
    never waits. Larger saves processor time and adds as much latency under load."""

    reserve_bytes: int = Field(default=256 * 1024 * 1024, ge=0)
    """Free space at which new requests are refused with 503. Exchanges under way are still recorded, out of this
    reserve."""

    retry_seconds: float = Field(default=1.0, gt=0)
    """How often a disk that failed is tried again."""

    retention_days: int | None = Field(default=400, ge=1)
    """Hours of the log older than this are removed, by the data's clock. None keeps them for ever."""

    pseudonymise: tuple[Identifier, ...] = ()
    """Identifiers that the log in Parquet keeps as keyed pseudonyms (AES-SIV) instead of in clear. The same identifier
    always gets the same pseudonym, so accounts can still be told apart and linked; only who holds the key can tell who
    they are. The spool keeps them in clear until it is rolled, for detection and recovery."""

    pseudonym_key_file: Path | None = None
    """File that holds the key of the pseudonyms: 32 bytes or more of anything. Losing it leaves pseudonyms for ever;
    changing it gives everybody a new one."""

    pseudonym_key_env: str = "STILLWATCH_PSEUDONYM_KEY"
    """Environment variable that holds that key, 32 characters or more, where no file is named."""

    def resolved(self, data_dir: Path) -> Self:
        """The same with relative paths made absolute, so that every process uses the same folder."""
        key_file = self.pseudonym_key_file
        return self.model_copy(
            update={
                "directory": data_dir / self.directory,
                "pseudonym_key_file": None if key_file is None else data_dir / key_file,
            }
        )
