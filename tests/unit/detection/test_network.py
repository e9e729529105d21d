# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.detection.network import network_of


def test_networks_are_a_24_or_a_48() -> None:
    assert network_of("198.51.100.77") == network_of("198.51.100.1") == "198.51.100"
    assert network_of("2001:db8:7:1::1") == network_of("2001:db8:7:ffff::9")
    assert network_of("2001:db8:7::1") != network_of("2001:db8:8::1")


def test_an_ipv4_address_written_as_ipv6_is_in_the_network_of_the_ipv4_address() -> None:
    assert network_of("::ffff:198.51.100.77") == "198.51.100"


@pytest.mark.parametrize("text", ["", "999.1.1.1", "nonsense", "1" * 1_000_000, "::" * 500_000])
def test_what_is_no_address_is_in_no_network(text: str) -> None:
    assert network_of(text) == ""
