# SPDX-License-Identifier: Apache-2.0
"""The network an address belongs to: near enough for two customers behind one access, far enough for a moving one."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address

LONGEST = 64
"""Characters beyond which a text is no address, its zone included."""


def network_of(address: str | int) -> str:
    """Give the /24 of an IPv4 address, also where it is written as IPv6, or the /48 of an IPv6 one; empty otherwise.

    Example:
        >>> network_of("203.0.113.7"), network_of("2001:db8:1:2::3"), network_of("nonsense")
        ('203.0.113', '2001:db8:1', '')
    """
    text = str(address)
    return _network_of(text) if len(text) <= LONGEST else ""


@lru_cache(maxsize=65_536)
def _network_of(text: str) -> str:
    try:
        parsed = ip_address(text)
    except ValueError:
        return ""
    mapped = parsed if isinstance(parsed, IPv4Address) else parsed.ipv4_mapped
    if mapped is not None:
        return str(mapped).rpartition(".")[0]
    return ":".join(part.lstrip("0") or "0" for part in parsed.exploded.split(":")[:3])
