# SPDX-License-Identifier: Apache-2.0
"""A request's head: who sent it, with which key, and which of its headers may go on to a model server.

What goes on is a list of what is allowed, not of what is forbidden, so that no credential, cookie or forwarding header
that nobody thought of reaches an upstream.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

import msgspec

from stillwatch.gateway.settings import TrustedProxySettings
from stillwatch.records.proof import Proof

FORWARDED = frozenset(
    {
        "accept",
        "anthropic-beta",
        "anthropic-version",
        "content-type",
        "idempotency-key",
        "openai-beta",
        "openai-organization",
        "openai-project",
        "traceparent",
        "tracestate",
        "user-agent",
    }
)
"""Request headers that go on to the model server, unless ``Connection`` names them."""

RETURNED = frozenset(
    {
        "content-type",
        "openai-model",
        "openai-processing-ms",
        "openai-version",
        "retry-after",
        "retry-after-ms",
        "x-should-retry",
    }
)
"""Answer headers that go back to the caller, beside the rate-limit families."""
_RETURNED_FAMILIES = ("x-ratelimit-", "anthropic-ratelimit-")

PERSON_HEADER = "stillwatch-person"
"""In which an organisation asserts something about the person behind a request."""

_QUERY_ALLOWED = re.compile(r"(?:^|&)(beta=(?:true|false))(?=&|$)")
_ONCE = frozenset({"authorization", "x-api-key", "content-type", "content-length", "dpop", PERSON_HEADER})
_HOSTED = {"yes": True, "no": False}
_LONGEST_TEXT = 512
_DIGITS = re.compile(r"[0-9]{1,18}")
_BEARER = re.compile(r"(?:bearer|dpop) +(\S+) *", re.IGNORECASE)


class Arrival(msgspec.Struct, kw_only=True, gc=False):
    """One request's head, sorted."""

    exchange_id: str
    ts_us: int
    path: str
    api_key: str | None = None
    proof: Proof | None = None
    """What it shows beside its key; None where it shows nothing."""
    is_conflicting: bool = False
    """Two keys, or a header given twice that must be given once: readers would differ on which counts."""
    client_ip: str | None = None
    asn: int | None = None
    country: str | None = None
    is_hosted: bool | None = None
    """Whether the address belongs to a host, proxy or VPN; None where nobody said."""
    ja4: str | None = None
    user_agent: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_length: int | None = None
    is_smuggling: bool = False
    """Both Content-Length and Transfer-Encoding."""
    speaks_anthropic: bool = False
    forwarded: list[tuple[str, str]]
    query: str = ""


class Sorter:
    """Sorts request heads.

    Args:
        trusted: The proxies in front whose word is taken.
    """

    def __init__(self, trusted: TrustedProxySettings) -> None:
        self._networks = trusted.networks
        self._asn_header = (trusted.asn_header or "").lower()
        self._country_header = (trusted.country_header or "").lower()
        self._hosting_header = (trusted.hosting_header or "").lower()
        self._ja4_header = (trusted.ja4_header or "").lower()
        self._certificate_header = (trusted.certificate_header or "").lower()
        # Callers come back: reading an address costs more than the rest of their head.
        self._is_trusted = lru_cache(maxsize=4_096)(self._is_in_networks)

    def sort(
        self,
        headers: Sequence[tuple[str, str]],
        *,
        exchange_id: str,
        ts_us: int,
        method: str,
        path: str,
        query: str,
        peer: str | None,
    ) -> Arrival:
        """Sort one head.

        Args:
            headers: Names in lower case, in the order they came, repeated where they were.
            exchange_id: What the exchange is to be called.
            ts_us: When it arrived.
            method: Such as ``POST``.
            path: Decoded path.
            query: Query string without its question mark.
            peer: Address at the other end of the connection.
        """
        forwarded = [one for one in headers if one[0] in FORWARDED and one[1].isascii() and one[1].isprintable()]
        seen = dict(headers)
        is_doubled = len(seen) < len(headers) and _join(seen, headers)
        connection = seen.get("connection")
        if connection is not None and connection.lower() not in ("keep-alive", "close"):
            named = {token.strip().lower() for token in connection.split(",")}
            forwarded = [(name, value) for name, value in forwarded if name not in named]
        authorization = seen.get("authorization")
        bearer = _bearer(authorization)
        x_api_key = seen.get("x-api-key")
        length = seen.get("content-length", "")
        address = peer_address(peer)
        arrival = Arrival(
            exchange_id=exchange_id,
            ts_us=ts_us,
            path=path,
            api_key=bearer or x_api_key,
            is_conflicting=is_doubled or (bearer is not None and x_api_key is not None and bearer != x_api_key),
            client_ip=address,
            user_agent=_bounded(seen.get("user-agent")),
            content_type=seen.get("content-type"),
            content_encoding=seen.get("content-encoding"),
            content_length=int(length) if _DIGITS.fullmatch(length) else None,
            is_smuggling="transfer-encoding" in seen and "content-length" in seen,
            speaks_anthropic="anthropic-version" in seen,
            forwarded=forwarded,
            query=_allowed(query) if query else "",
        )
        certificate = None
        if self._networks and address is not None and self._is_trusted(address):
            self._take_word(arrival, seen)
            if self._certificate_header:
                certificate = seen.get(self._certificate_header) or None
        # The scheme of bound keys (RFC 9449, section 7.1).
        is_dpop = authorization is not None and authorization[:1] in "dD" and authorization[:5].lower() == "dpop "
        if is_dpop or "dpop" in seen or PERSON_HEADER in seen or certificate is not None:
            arrival.proof = Proof(
                method=method,
                path=path,
                dpop=seen.get("dpop"),
                is_dpop_scheme=is_dpop,
                certificate=certificate,
                person=seen.get(PERSON_HEADER),
            )
        return arrival

    def _take_word(self, arrival: Arrival, seen: dict[str, str]) -> None:
        """Believe a trusted proxy about the caller."""
        # From the right: each trusted proxy vouches for the address it wrote, and nobody for what stands before that.
        for entry in reversed(seen.get("x-forwarded-for", "").split(",")):
            address = peer_address(entry.strip())
            if address is None:
                break
            arrival.client_ip = address
            if not self._is_trusted(address):
                break
        asn = seen.get(self._asn_header, "").upper().removeprefix("AS")
        if _DIGITS.fullmatch(asn) and int(asn) < 1 << 32:
            arrival.asn = int(asn)
        country = seen.get(self._country_header, "").upper()
        if len(country) == 2 and country.isascii() and country.isalpha():
            arrival.country = country
        arrival.is_hosted = _HOSTED.get(seen.get(self._hosting_header, "").lower())
        arrival.ja4 = _bounded(seen.get(self._ja4_header)) or None

    def _is_in_networks(self, address: str) -> bool:
        number = ip_address(address)
        return any(
            number in network
            for network in self._networks
            if isinstance(network, IPv4Network if number.version == 4 else IPv6Network)
        )


@lru_cache(maxsize=4_096)
def peer_address(peer: str | None) -> str | None:
    """The address in ``address:port``, ``[address]:port`` or ``address``; None where there is none.

    Example:
        >>> peer_address("[::ffff:192.0.2.7]:5000"), peer_address("unix:")
        ('192.0.2.7', None)
    """
    if not peer:
        return None
    host = peer.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            address = IPv6Address(int(address))
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
    return str(address)


def returned(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of a model server's answer headers that the caller receives."""
    return [
        (name, value)
        for name, value in headers
        if (name in RETURNED or name.startswith(_RETURNED_FAMILIES)) and value.isascii() and value.isprintable()
    ]


def _join(seen: dict[str, str], headers: Sequence[tuple[str, str]]) -> bool:
    """Give each name all its values, since a chain of proxies may send several; say whether one may come only once."""
    seen.clear()
    is_doubled = False
    for name, value in headers:
        if name in seen:
            is_doubled = is_doubled or name in _ONCE
            seen[name] = f"{seen[name]}, {value}"
        else:
            seen[name] = value
    return is_doubled


def _bearer(value: str | None) -> str | None:
    """The key in an Authorization header; a header that holds no bearer key counts as a key that is not good."""
    if value is None:
        return None
    if value.startswith("Bearer ") and value[7:].replace("_", "").isalnum():
        return value[7:]
    match = _BEARER.fullmatch(value)
    return match[1] if match is not None else ""


def _allowed(query: str) -> str:
    match = _QUERY_ALLOWED.search(query)
    return match[1] if match is not None else ""


def _bounded(value: str | None) -> str | None:
    return value[:_LONGEST_TEXT] if value is not None else None
