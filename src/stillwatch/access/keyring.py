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
from stillwatch.access.binding.access_token import PREFIX as TOKEN_PREFIX
from stillwatch.access.binding.access_token import is_genuine, read_token
from stillwatch.access.binding.binder import Binder, client_of
from stillwatch.access.snapshot import KeyEntry
from stillwatch.records.admission import Admission
from stillwatch.records.binding import Binding, ExportClass
from stillwatch.records.grant import Denial, Grant, Issued, Wanted
from stillwatch.records.proof import Proof
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
UNBINDABLE = Denial(
    code="binding_unavailable", status=503, message="The gateway cannot check what this key is bound to."
)
MALFORMED_TOKEN = Denial(code="invalid_token", status=401, message="The access token is not well formed.")
UNKNOWN_TOKEN = Denial(code="invalid_token", status=401, message="The access token is not known.")
EXPIRED_TOKEN = Denial(code="invalid_token", status=401, message="The access token has expired. Get another.")
HONEY = "honey_key"
"""What the record says of a request with a honey key."""

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
    needs: Binding
    """The binding that its requests must have."""
    is_plain: bool
    """Whether it is neither bound nor a honey key: nothing more is asked of its requests."""
    is_lacking: bool
    """Whether it should be bound, by its organisation's tier, and is not."""


class Keyring:
    """An immutable snapshot that answers ``gateway.interface.Gate``.

    Args:
        peppers: The secrets keys are hashed with.
        appeal: How a refused caller can appeal; ends the refusals that standing causes.
        require_vetting: Whether keys of organisations that vetting has not approved are refused. Those that it turned
            down, or whose approval was taken back or ran out, are refused all the same.
        binder: Holds requests against what their key is bound to; without it those of bound keys are refused.
        bound_from_tier: The tier from which an organisation's keys must be bound; None where none must.
    """

    __slots__ = (
        "_appeal",
        "_binder",
        "_bound_from_tier",
        "_holders",
        "_pepper",
        "_peppers",
        "_require_vetting",
        "version",
    )

    version: int
    """The change of the database it is up to date with; 0 where it is empty."""

    def __init__(
        self,
        *,
        peppers: Peppers,
        appeal: str = "Contact the operator of this service.",
        require_vetting: bool = False,
        binder: Binder | None = None,
        bound_from_tier: int | None = None,
    ) -> None:
        self._peppers = peppers
        self._pepper = peppers.by_id[peppers.current_id]
        self._appeal = appeal
        self._require_vetting = require_vetting
        self._binder = binder
        self._bound_from_tier = bound_from_tier
        self._holders: Mapping[str, _Holder] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._holders)

    def __repr__(self) -> str:
        return f"Keyring(version={self.version}, keys={len(self)})"

    def emptied(self) -> "Keyring":
        """The same without any key: the base of a full snapshot."""
        return Keyring(
            peppers=self._peppers,
            appeal=self._appeal,
            require_vetting=self._require_vetting,
            binder=self._binder,
            bound_from_tier=self._bound_from_tier,
        )

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
        holders.update((entry.key_id, _hold(entry, self._bound_from_tier)) for entry in entries)
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
        self,
        api_key: str | None,
        *,
        client_ip: str | None,
        model: str | None,
        now_us: int,
        proof: Proof | None = None,
    ) -> Grant | Denial:
        """Say whether the caller may go on; see ``gateway.interface.Gate``.

        The checks go from who it is to what is asked, so that nobody learns of a key more than its holder may know:
        the key itself, what it is bound to, its organisation and account, the address, the standing, the model.

        Cost: a few microseconds, whatever the number of keys; see ``Binder.bind`` for those that are bound.
        """
        if not api_key:
            return MISSING
        key_id = parse(api_key)
        if key_id is None:
            if not api_key.startswith(TOKEN_PREFIX):
                return MALFORMED
            holder = self._holder_of_token(api_key, now_us)
            if isinstance(holder, Denial):
                return holder
        else:
            known = self._holders.get(key_id)
            if known is None:
                compare_digest(digest(api_key, self._pepper), _NO_DIGEST)
                return UNKNOWN
            holder = known
            entry = holder.entry
            # A key hashed under a pepper we were not given can never match; it must still cost the same to refuse.
            pepper = self._peppers.by_id.get(entry.pepper_id)
            is_same = compare_digest(digest(api_key, pepper or self._pepper), entry.digest)
            if not is_same or pepper is None:
                return UNKNOWN
        if holder.is_plain and proof is None:
            return self._judge(holder, client_ip, model, now_us)
        return self._bind(holder, api_key, proof, client_ip=client_ip, model=model, now_us=now_us)

    def reconsider(self, grant: Grant, *, client_ip: str | None, wanted: Wanted, now_us: int) -> Grant | Denial:
        """Judge anew a caller who has proved to hold the key; see ``gateway.interface.Gate``."""
        holder = self._holders.get(grant.key_id)
        if holder is None:
            return UNKNOWN
        judged = self._judge(holder, client_ip, wanted.model, now_us)
        if (holder.is_plain and grant.person is None) or isinstance(judged, Denial):
            return judged
        if holder.entry.is_honey or (grant.binding < holder.needs and not holder.is_plain):
            # It became so while the request's body came.
            return UNKNOWN
        return _with_proved(judged, grant.binding, grant.person, grant.person_class)

    def issue_token(self, assertion: str, *, client_ip: str | None, now_us: int) -> Issued | Denial:
        """An access token for a client's assertion; see ``gateway.interface.Gate``."""
        if self._binder is None:
            return UNBINDABLE
        try:
            client = self._binder.client_in(assertion, self._client_key, now_us=now_us)
        except ValueError as error:
            message = f"The client assertion {error}."
            return Denial(code="invalid_client_assertion", status=401, message=message)
        holder = self._holders[client]
        judged = self._judge(holder, client_ip, None, now_us)
        return judged if isinstance(judged, Denial) else self._binder.issue(holder.entry, now_us=now_us)

    def _client_key(self, key_id: str) -> str | None:
        holder = self._holders.get(key_id)
        return None if holder is None or holder.entry.is_honey else holder.entry.client_jwk

    def _holder_of_token(self, text: str, now_us: int) -> _Holder | Denial:
        """The key that an access token stands for."""
        claimed = read_token(text)
        if claimed is None:
            return MALFORMED_TOKEN
        holder = self._holders.get(claimed.key_id)
        client = "" if holder is None else client_of(holder.entry)
        is_ours = is_genuine(text, claimed, client, self._peppers)
        if not is_ours or holder is None or not client or self._binder is None:
            return UNKNOWN_TOKEN
        if claimed.expires_us <= now_us or self._binder.outlasts(claimed.expires_us, now_us):
            return EXPIRED_TOKEN
        return holder

    def _bind(
        self,
        holder: _Holder,
        credential: str,
        proof: Proof | None,
        *,
        client_ip: str | None,
        model: str | None,
        now_us: int,
    ) -> Grant | Denial:
        """Hold a request against its key's bindings, and then judge it."""
        entry = holder.entry
        if entry.is_honey:
            # To whoever found it, it is a key that does not exist: the same answer at the same cost.
            return msgspec.structs.replace(
                UNKNOWN, key_id=entry.key_id, org_id=entry.org_id, account_id=entry.account_id, noted=HONEY
            )
        if self._binder is None:
            return UNBINDABLE
        bound = self._binder.bind(entry, proof, credential=credential, now_us=now_us)
        if isinstance(bound, Denial):
            return bound
        judged = self._judge(holder, client_ip, model, now_us)
        if isinstance(judged, Denial):
            return judged
        person = bound.person
        if person is None:
            return _with_proved(judged, bound.binding)
        return _with_proved(judged, bound.binding, person.pseudonym, person.export_class)

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
        if holder.is_lacking:
            message = f"Keys of the organisation must be bound to a key pair or a certificate. {self._appeal}"
            return _deny(entry, rung, 403, "binding_required", message)
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


def enrolled(entry: KeyEntry) -> Binding:
    """The strongest binding that was enrolled for a key."""
    if entry.x5t is not None:
        return Binding.MTLS
    if entry.jkt is not None:
        return Binding.DPOP
    return Binding.BEARER if entry.cidrs is None else Binding.NETWORK


def _hold(entry: KeyEntry, bound_from_tier: int | None) -> _Holder:
    network = Binding.BEARER if entry.cidrs is None else Binding.NETWORK
    needs = enrolled(entry)
    is_bound = needs >= Binding.DPOP
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
            binding=network,
        )
        for rung in (Rung.GOOD, Rung.OBSERVE, Rung.WITHHOLD)
    )
    return _Holder(
        entry=entry,
        models=None if entry.models is None else frozenset(entry.models),
        networks=None if entry.cidrs is None else tuple(_network(cidr) for cidr in entry.cidrs),
        grants=(grants[0], grants[1], grants[2]),
        needs=needs,
        is_plain=not is_bound and not entry.is_honey,
        is_lacking=bound_from_tier is not None and entry.tier >= bound_from_tier and not is_bound,
    )


def _with_proved(
    grant: Grant, binding: Binding, person: str | None = None, person_class: ExportClass = ExportClass.UNATTESTED
) -> Grant:
    """A grant with what its caller has proved beside the key."""
    if grant.binding == binding and person is None:
        return grant
    return msgspec.structs.replace(grant, binding=binding, person=person, person_class=person_class)


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
