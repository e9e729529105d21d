# SPDX-License-Identifier: Apache-2.0
"""The gate a worker asks: the newest keyring it was sent, and how long ago it heard from the control process."""

from collections.abc import Callable

from stillwatch.access.keyring import Keyring
from stillwatch.access.snapshot import decode_entries
from stillwatch.records.grant import Denial, Grant
from stillwatch.service.channel import Snapshot

UNKNOWN = Denial(
    code="standing_unknown",
    status=503,
    message="The gateway cannot tell what this key may do right now. Try again shortly.",
)


class LiveGate:
    """Fails closed: without a snapshot, or with one that is too old, every request is refused with 503.

    Between losing the control process and ``stale_after_seconds`` it goes on with what it knows: within that time a
    revocation does not reach this worker. The control process counts the workers it has not heard from.

    Args:
        empty: A keyring with no key but with the secrets keys are hashed with.
        stale_after_seconds: See ``settings.ControlSettings``.
        monotonic: A clock that only goes forward, in seconds.
    """

    def __init__(self, empty: Keyring, *, stale_after_seconds: float, monotonic: Callable[[], float]) -> None:
        self._empty = empty
        self._keyring: Keyring | None = None
        self._stale_after = stale_after_seconds
        self._monotonic = monotonic
        self._heard_at = float("-inf")

    @property
    def version(self) -> int:
        """The newest change this worker knows of; -1 before the first snapshot."""
        return -1 if self._keyring is None else self._keyring.version

    @property
    def is_ready(self) -> bool:
        """Whether requests can be judged."""
        return self._keyring is not None and not self.is_stale()

    def is_stale(self) -> bool:
        """Whether the control process has been silent for too long."""
        return self._monotonic() - self._heard_at > self._stale_after

    def heard(self) -> None:
        """Note a sign of life of the control process."""
        self._heard_at = self._monotonic()

    def apply(self, snapshot: Snapshot) -> None:
        """Take over a snapshot, or the changes since the last one."""
        base = self._empty if snapshot.full or self._keyring is None else self._keyring
        self._keyring = base.with_delta(
            decode_entries(snapshot.entries), removed=snapshot.removed, version=snapshot.version
        )
        self.heard()

    def authorize(
        self, api_key: str | None, *, client_ip: str | None, model: str | None, now_us: int
    ) -> Grant | Denial:
        """See ``gateway.interface.Gate``."""
        if self._keyring is None or self.is_stale():
            return UNKNOWN
        return self._keyring.authorize(api_key, client_ip=client_ip, model=model, now_us=now_us)

    def reconsider(self, grant: Grant, *, client_ip: str | None, model: str | None, now_us: int) -> Grant | Denial:
        """See ``gateway.interface.Gate``."""
        if self._keyring is None or self.is_stale():
            return UNKNOWN
        return self._keyring.reconsider(grant, client_ip=client_ip, model=model, now_us=now_us)
