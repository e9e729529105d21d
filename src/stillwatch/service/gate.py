# SPDX-License-Identifier: Apache-2.0
"""The gate a worker asks: the newest keyring it was sent, and how long ago it heard from the control process."""

from collections.abc import Callable

from stillwatch.access.keyring import Keyring
from stillwatch.access.policy.facts import OrgFacts
from stillwatch.access.policy.judge import Judge
from stillwatch.access.policy.rulebook import Rulebook, decode_organisations, decode_rulebook
from stillwatch.access.policy.turnstile import Turnstile
from stillwatch.access.snapshot import decode_entries
from stillwatch.records.grant import Denial, Grant, Issued, Wanted
from stillwatch.records.proof import Proof
from stillwatch.service.channel import Snapshot

UNKNOWN = Denial(
    code="standing_unknown",
    status=503,
    message="The gateway cannot tell what this key may do right now. Try again shortly.",
)


class LiveGate:
    """Fails closed: without a snapshot, or with one that is too old or unreadable, every request is refused with 503.

    Between losing the control process and ``stale_after_seconds`` it goes on with what it knows: within that time a
    revocation does not reach this worker. The control process counts the workers it has not heard from.

    Args:
        empty: A keyring with no key but with the secrets keys are hashed with.
        stale_after_seconds: See ``settings.ControlSettings``.
        monotonic: A clock that only goes forward, in seconds.
        appeal: How a caller whom the access policy refuses can appeal.
    """

    def __init__(
        self,
        empty: Keyring,
        *,
        stale_after_seconds: float,
        monotonic: Callable[[], float],
        appeal: str = "Contact the operator of this service.",
    ) -> None:
        self._empty = empty
        self._appeal = appeal
        self._keyring: Keyring | None = None
        self._organisations: dict[str, OrgFacts] = {}
        """What is known of organisations, for the policy."""
        self._policy: tuple[Judge, Rulebook] | None = None
        """The access policy; None where none is in force."""
        self._turnstile: Turnstile | None = None
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
        """Take over a snapshot, or the changes since the last one.

        Raises:
            IntegrityError: It cannot be read. What was known before is forgotten: it may be what the change forbids.
        """
        base = self._empty if snapshot.full or self._keyring is None else self._keyring
        self._keyring = None
        keyring = base.with_delta(decode_entries(snapshot.entries), removed=snapshot.removed, version=snapshot.version)
        if snapshot.full:
            self._organisations, self._policy = {}, None
        if snapshot.organisations:
            self._organisations |= {one.org_id: one for one in decode_organisations(snapshot.organisations)}
        if snapshot.rulebook is not None:
            self._policy = _policy(snapshot.rulebook)
        self._turnstile = None
        if self._policy is not None:
            judge, rules = self._policy
            # A new one for each change, so that no answer outlives what it was made from.
            self._turnstile = Turnstile(
                judge,
                keyring,
                organisations=self._organisations,
                models={one.model: one for one in rules.models},
                appeal=self._appeal,
                cutting=frozenset(rules.cutting),
            )
        self._keyring = keyring
        self.heard()

    def authorize(
        self,
        api_key: str | None,
        *,
        client_ip: str | None,
        model: str | None,
        now_us: int,
        proof: Proof | None = None,
    ) -> Grant | Denial:
        """See ``gateway.interface.Gate``."""
        if self._keyring is None or self.is_stale():
            return UNKNOWN
        answer = self._keyring.authorize(api_key, client_ip=client_ip, model=model, now_us=now_us, proof=proof)
        if self._turnstile is None or model is None or not isinstance(answer, Grant):
            return answer
        return self._turnstile.ask(answer, Wanted(model=model), now_us=now_us)

    def issue_token(self, assertion: str, *, client_ip: str | None, now_us: int) -> Issued | Denial:
        """See ``gateway.interface.Gate``."""
        if self._keyring is None or self.is_stale():
            return UNKNOWN
        return self._keyring.issue_token(assertion, client_ip=client_ip, now_us=now_us)

    def reconsider(self, grant: Grant, *, client_ip: str | None, wanted: Wanted, now_us: int) -> Grant | Denial:
        """See ``gateway.interface.Gate``."""
        if self._keyring is None or self.is_stale():
            return UNKNOWN
        answer = self._keyring.reconsider(grant, client_ip=client_ip, wanted=wanted, now_us=now_us)
        if self._turnstile is None or not isinstance(answer, Grant):
            return answer
        return self._turnstile.ask(answer, wanted, now_us=now_us)

    def must_end(self, grant: Grant, wanted: Wanted, *, now_us: int) -> Denial | None:
        """See ``gateway.interface.Gate``. While nothing is known, what is under way goes on."""
        return None if self._turnstile is None else self._turnstile.must_end(grant, wanted, now_us=now_us)


def _policy(packed: bytes) -> tuple[Judge, Rulebook] | None:
    if not packed:
        return None
    rules, book = decode_rulebook(packed)
    return Judge(book), rules
