# SPDX-License-Identifier: Apache-2.0
"""One TOML file into the settings of every area.

Unknown keys are errors, so that a misspelt setting cannot silently leave a default in force. Relative paths in the file
are relative to the file's own folder.
"""

import tomllib
from pathlib import Path
from typing import Any

import pydantic

from stillwatch.access.settings import AccessSettings
from stillwatch.database.settings import DatabaseSettings
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import SettingsError
from stillwatch.gateway.settings import GatewaySettings, ModelSettings, UpstreamSettings
from stillwatch.ledger.settings import LedgerSettings
from stillwatch.remediation.settings import RemediationSettings


class ControlSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """The control process: it alone opens the database, runs the campaign pass and rolls the log."""

    listen: str = "127.0.0.1:9464"
    """Address of ``/metrics``, ``/status``, ``/healthz`` and ``/readyz`` for operators, which have no sign-in: keep it
    on an address that only operators reach. What is below ``/admin/`` asks for an administrator's token. Port 0 picks
    a free one."""
    poll_seconds: float = pydantic.Field(default=0.2, gt=0, le=1)
    """How often the database is asked for changed keys and standings. A change reaches every worker within this and
    the time of one message."""
    stale_after_seconds: float = pydantic.Field(default=30, gt=0)
    """How long a worker goes on with the standing it has when the control process, or its database, cannot be reached.
    After it every request is refused with 503: the gate fails closed."""
    roll_seconds: float = pydantic.Field(default=10, gt=0)
    """How often closed spool segments are rolled into Parquet."""


class ClockSettings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Where the time comes from. Only rehearsals set this."""

    file: Path | None = None
    """An 8-byte file, microseconds since the epoch as one native integer, memory-mapped by every process. A rehearsal
    writes it, so that two weeks pass in two minutes on the data's own clock. Unset: the machine's clock."""


class Settings(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Everything an operator can set."""

    data_dir: Path = Path("stillwatch-data")
    """Where the spool, the log, the database and the sockets live, unless an area names a place of its own."""
    gateway: GatewaySettings = GatewaySettings()
    upstreams: dict[str, UpstreamSettings] = {}
    models: dict[str, ModelSettings] = {}
    access: AccessSettings = AccessSettings()
    database: DatabaseSettings = DatabaseSettings()
    ledger: LedgerSettings = LedgerSettings()
    detection: DetectionSettings = DetectionSettings()
    remediation: RemediationSettings = RemediationSettings()
    control: ControlSettings = ControlSettings()
    clock: ClockSettings = ClockSettings()

    @pydantic.model_validator(mode="after")
    def _models_name_upstreams_that_exist(self) -> "Settings":
        for name, model in self.models.items():
            if model.upstream not in self.upstreams:
                raise ValueError(f'models."{name}".upstream is "{model.upstream}", which [upstreams] does not name')
        return self

    @property
    def run_dir(self) -> Path:
        """Sockets and process ids."""
        return self.data_dir / "run"

    @property
    def corpus_index(self) -> Path:
        """The operator's own lists of public prompts."""
        return self.data_dir / "prompts.corpora"

    @property
    def control_socket(self) -> Path:
        """Where workers meet the control process."""
        return self.run_dir / "control.sock"


def load_settings(path: Path) -> Settings:
    """Read one TOML file.

    Raises:
        SettingsError: The file is missing, is not TOML, or a setting is unknown or out of range; the message names it.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no settings file {path}.", hint="Make one with `stillwatch init`, or name it with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from None
    return settings_from(raw, folder=path.resolve().parent, name=str(path))


def settings_from(raw: dict[str, Any], *, folder: Path, name: str = "settings") -> Settings:
    """Build settings from parsed TOML; relative paths are taken from ``folder``.

    Raises:
        SettingsError: See ``load_settings``.
    """
    try:
        settings = Settings.model_validate(raw)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
        raise SettingsError(
            f"{name}: {where}: {first['msg']}.", hint="See docs/reference/settings.md for every setting."
        ) from None
    return _with_absolute_paths(settings, folder)


def _with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    """Resolve the paths every process must agree on, whatever folder it was started in."""
    data_dir = (folder / settings.data_dir).resolve()
    clock = settings.clock
    if clock.file is not None:
        clock = clock.model_copy(update={"file": (folder / clock.file).resolve()})
    return settings.model_copy(
        update={
            "data_dir": data_dir,
            "clock": clock,
            "database": settings.database.resolved(data_dir),
            "ledger": settings.ledger.resolved(data_dir),
            "access": settings.access.resolved(data_dir),
        }
    )
