# SPDX-License-Identifier: Apache-2.0
"""Every key a worker knows, in memory, and what each may do. Immutable: a change makes a new keyring.

A refusal costs as much for a key that does not exist as for one that does: the hash is computed either way, and
compared in constant time, so that timing does not tell which ids are real. Only where the form or the check of a key
is wrong, which anybody can compute, is the hash left out.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from stillwatch.access.api_key import Peppers, digest, parse
from stillwatch.access.snapshot import KeyEntry
from stillwatch.records.admission import Admission
from stillwatch.records.grant import Denial, Grant, Wanted
from stillwatch.records.standing import Rung

MISSING = Denial(
    code="missing_api_key",
    status=401,
    message="No API key was sent. Send it as 'Authorization: Bearer <key>' or as 'x-api-key: <key>'.",
)
MALFORMED = Denial(
    code="invalid_api_key",
    status=401,
    message="The API key is not well formed; it may have been cut or mistyped. Copy it again.",
)
UNKNOWN = Denial(code="invalid_api_key", status=401, message="The API key is not known.")

_NO_DIGEST = bytes(32)

_Network = tuple[int, int, int]
"""IP version, address and mask, as integers."""


class _Holder(msgspec.Struct, frozen=True, gc=False):
    """An entry with what is derived from it made ready."""

    entry: KeyEntry
    models: frozenset[str] | None
    networks: tuple[_Network, ...] | None
    grants: tuple[Grant, Grant, Grant]
    """The grant at GOOD, OBSERVE and WITHHOLD: made once, handed out many times."""


class Keyring:
    """An immutable snapshot that answers ``gateway.interface.Gate``.

    Args:
        peppers: The secrets keys are hashed with.
        appeal: How a refused caller can appeal; ends the refusals that standing causes.
        require_vetting: Whether keys of organisations that vetting has not approved are refused. Those that it turned
            down, or whose approval was taken back or ran out, are refused all the same.
    """

    __slots__ = ("_appeal", "_holders", "_pepper", "_peppers", "_require_vetting", "version")

    version: int
    """The change of the database it is up to date with; 0 where it is empty."""

    def __init__(
        self,
        *,
        peppers: Peppers,
        appeal: str = "Contact the operator of this service.",
        require_vetting: bool = False,
    ) -> None:
        self._peppers = peppers
        self._pepper = peppers.by_id[peppers.current_id]
        self._appeal = appeal
        self._require_vetting = require_vetting
        self._holders: Mapping[str, _Holder] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._holders)

    def __repr__(self) -> str:
        return f"Keyring(version={self.version}, keys={len(self)})"

    def emptied(self) -> "Keyring":
        """The same without any key: the base of a full snapshot."""
        return Keyring(peppers=self._peppers, appeal=self._appeal, require_vetting=self._require_vetting)

    def with_delta(self, entries: Iterable[KeyEntry], removed: Iterable[str] = (), *, version: int) -> "Keyring":
        """The keyring after a change.

        Args:
            entries: Keys that are new or changed, whole.
            removed: Ids of keys that are gone; those it does not know are ignored.
            version: The change this brings it up to.
        """
        after = self.emptied()
        holders = dict(self._holders)
        for key_id in removed:
            holders.pop(key_id, None)
        holders.update((entry.key_id, _hold(entry)) for entry in entries)
        after._holders = holders  # noqa: SLF001 - the new keyring is still ours alone
        after.version = version
        return after

    def entries(self) -> tuple[KeyEntry, ...]:
        """Every entry, ordered by key id."""
        return tuple(self._holders[key_id].entry for key_id in sorted(self._holders))

    def entry(self, key_id: str) -> KeyEntry | None:
        """What there is to know of a key; None where it is not known."""
        holder = self._holders.get(key_id)
        return None if holder is None else holder.entry

    def authorize(
        self, api_key: str | None, *, client_ip: str | None, model: str | None, now_us: int
    ) -> Grant | Denial:
        """Say whether the caller may go on; see ``gateway.interface.Gate``.

        The checks go from who it is to what is asked, so that nobody learns of a key more than its holder may know:
        the key itself, its organisation and account, the address, the standing, the model.

        Cost: a few microseconds, whatever the number of keys.
        """
        if not api_key:
            return MISSING
        key_id = parse(api_key)
        if key_id is None:
            return MALFORMED
        holder = self._holders.get(key_id)
        if holder is None:
            compare_digest(digest(api_key, self._pepper), _NO_DIGEST)
            return UNKNOWN
        entry = holder.entry
        # A key hashed under a pepper we were not given can never match; it must still cost the same to refuse.
        pepper = self._peppers.by_id.get(entry.pepper_id)
        is_same = compare_digest(digest(api_key, pepper or self._pepper), entry.digest)
        if not is_same or pepper is None:
            return UNKNOWN
        return self._judge(holder, client_ip, model, now_us)

    def reconsider(self, grant: Grant, *, client_ip: str | None, wanted: Wanted, now_us: int) -> Grant | Denial:
        """Judge anew a caller who has proved to hold the key; see ``gateway.interface.Gate``."""
        holder = self._holders.get(grant.key_id)
        return UNKNOWN if holder is None else self._judge(holder, client_ip, wanted.model, now_us)

    def must_end(self, grant: Grant, wanted: Wanted, *, now_us: int) -> Denial | None:
        """See ``gateway.interface.Gate``: a key that is revoked ends nothing that is under way."""
        del grant, wanted, now_us
        return None

    def _judge(self, holder: _Holder, client_ip: str | None, model: str | None, now_us: int) -> Grant | Denial:
        """What a caller who has proved to hold the key may do."""
        entry = holder.entry
        standing = entry.standing
        rung = standing.at(now_us)
        if entry.revoked_us is not None and now_us >= entry.revoked_us:
            return _deny(entry, rung, 401, "revoked_api_key", "The API key has been revoked.")
        if entry.expires_us is not None and now_us >= entry.expires_us:
            return _deny(entry, rung, 401, "expired_api_key", f"The API key expired on {_day(entry.expires_us)}.")
        if not entry.org_active:
            return _deny(entry, rung, 403, "organisation_inactive", f"The organisation is not active. {self._appeal}")
        if not self._is_admitted(entry, now_us):
            message = f"The organisation is not approved to use this service. {self._appeal}"
            return _deny(entry, rung, 403, "organisation_not_vetted", message)
        if not entry.account_active:
            return _deny(entry, rung, 403, "account_inactive", f"The account is not active. {self._appeal}")
        if holder.networks is not None and not _is_inside(client_ip, holder.networks):
            return _deny(
                entry, rung, 403, "address_not_allowed", "The API key may not be used from this network address."
            )
        if rung >= Rung.VERIFY:
            return self._refuse_for_standing(entry, rung)
        if model is not None and holder.models is not None and model not in holder.models:
            message = f"The API key may not use the model {model[:100]!r}."
            return _deny(entry, rung, 403, "model_not_allowed", message)
        return holder.grants[rung]

    def _is_admitted(self, entry: KeyEntry, now_us: int) -> bool:
        """Whether vetting lets the organisation in. An approval that has run out is none, noted or not."""
        if entry.admission is Admission.APPROVED:
            return entry.vetted_until_us is None or now_us < entry.vetted_until_us
        return entry.admission is not Admission.BARRED and not self._require_vetting

    def _refuse_for_standing(self, entry: KeyEntry, rung: Rung) -> Denial:
        """In words: what is refused, until when, why, and how to appeal."""
        standing = entry.standing
        if rung >= Rung.SUSPEND:
            code = "account_suspended"
            until = f" until {_day(standing.until_us)}" if standing.until_us is not None else ""
            what = f"The account is suspended{until}."
        else:
            code = "verification_required"
            what = "The holder of this account must verify who they are before it can be used again."
        reason = f" Reason: {standing.reason.rstrip('.')}." if standing.reason else ""
        return _deny(entry, rung, 403, code, f"{what}{reason} {self._appeal}")


def _hold(entry: KeyEntry) -> _Holder:
    grants = tuple(
        Grant(
            key_id=entry.key_id,
            org_id=entry.org_id,
            account_id=entry.account_id,
            rung=rung,
            text_policy=entry.text_policy,
            payment_fp=entry.payment_fp,
            signup_ts_us=entry.signup_ts_us,
            route=entry.route,
            tier=entry.tier,
        )
        for rung in (Rung.GOOD, Rung.OBSERVE, Rung.WITHHOLD)
    )
    return _Holder(
        entry=entry,
        models=None if entry.models is None else frozenset(entry.models),
        networks=None if entry.cidrs is None else tuple(_network(cidr) for cidr in entry.cidrs),
        grants=(grants[0], grants[1], grants[2]),
    )


def _network(cidr: str) -> _Network:
    network = ip_network(cidr, strict=False)
    address, mask, version = int(network.network_address), int(network.netmask), network.version
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        # ::ffff:a.b.c.d/96+n is the IPv4 network a.b.c.d/n written another way.
        return 4, address & 0xFFFFFFFF, mask & 0xFFFFFFFF
    return version, address, mask


def _is_inside(client_ip: str | None, networks: tuple[_Network, ...]) -> bool:
    """Whether an address is in one of the networks. One that is not known or cannot be read is in none."""
    if client_ip is None:
        return False
    try:
        address = ip_address(client_ip)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    number, version = int(address), address.version
    return any(version == wanted and number & mask == base for wanted, base, mask in networks)


def _deny(entry: KeyEntry, rung: Rung, status: int, code: str, message: str) -> Denial:
    return Denial(
        code=code,
        status=status,
        message=message,
        key_id=entry.key_id,
        org_id=entry.org_id,
        account_id=entry.account_id,
        rung=rung,
    )


def _day(instant_us: int) -> str:
    """An instant as a date and a minute, UTC."""
    return datetime.fromtimestamp(instant_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
