# SPDX-License-Identifier: Apache-2.0
"""Heads are sorted into who, whence and what may go on; nothing that was not thought of goes on."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.gateway.arrival import FORWARDED, Arrival, Sorter, peer_address, returned
from stillwatch.gateway.settings import TrustedProxySettings
from stillwatch.records.proof import Proof

JSON = ("content-type", "application/json")
PROXIES = TrustedProxySettings(
    networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
    asn_header="X-Asn",
    country_header="X-Country",
    hosting_header="X-Hosting",
    ja4_header="X-Ja4",
)


PEER = "192.0.2.1:5000"


def sort(*headers: tuple[str, str], trusted: TrustedProxySettings | None = None, **fields: Any) -> Arrival:
    known: dict[str, Any] = {
        "exchange_id": "ex_1",
        "ts_us": 1,
        "method": "POST",
        "path": "/",
        "query": "",
        "peer": PEER,
    }
    return Sorter(trusted or TrustedProxySettings()).sort(headers, **{**known, **fields})


@pytest.mark.parametrize(
    ("header", "api_key"),
    [
        (("authorization", "Bearer swk_1"), "swk_1"),
        (("authorization", "bearer   swk_1 "), "swk_1"),
        (("x-api-key", "swk_1"), "swk_1"),
        (("authorization", "Basic dTpw"), None),
        (("authorization", "swk_1"), None),
        (("authorization", "Bearer a b"), None),
        (("authorization", "Bearer"), None),
        (("authorization", "Bearer "), None),
        (("authorization", "Bearer\tswk_1"), None),
        (("authorization", "BEARER swk_1"), "swk_1"),
        (("cookie", "api_key=swk_1"), None),
        (("api-key", "swk_1"), None),
        (("proxy-authorization", "Bearer swk_1"), None),
        (("authorization", ""), None),
    ],
)
def test_the_key_is_read_from_either_header(header: tuple[str, str], api_key: str | None) -> None:
    assert (sort(header).api_key or None) == api_key


def test_the_same_key_twice_is_no_conflict() -> None:
    arrival = sort(("authorization", "Bearer k"), ("x-api-key", "k"))
    assert (arrival.api_key, arrival.is_conflicting) == ("k", False)


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer a"), ("x-api-key", "b")],
        [("authorization", "Bearer a"), ("authorization", "Bearer a")],
        [("authorization", "Basic x"), ("x-api-key", "b")],
        [("x-api-key", "a"), ("x-api-key", "b")],
        [JSON, ("content-type", "text/plain")],
    ],
)
def test_what_two_readers_could_read_differently_is_a_conflict(headers: list[tuple[str, str]]) -> None:
    assert sort(*headers).is_conflicting


def test_both_lengths_are_smuggling() -> None:
    assert sort(("content-length", "3"), ("transfer-encoding", "chunked")).is_smuggling
    assert not sort(("content-length", "3")).is_smuggling


@pytest.mark.parametrize(("value", "length"), [("3", 3), ("-3", None), ("3, 3", None), ("9" * 30, None), ("٣", None)])
def test_a_length_is_a_number_or_nothing(value: str, length: int | None) -> None:
    assert sort(("content-length", value)).content_length == length


def test_only_what_is_allowed_goes_on() -> None:
    secrets = [
        ("authorization", "Bearer swk_1"),
        ("cookie", "session=1"),
        ("proxy-authorization", "Basic x"),
        ("x-forwarded-for", "192.0.2.9"),
        ("host", "gateway"),
        ("te", "trailers"),
        ("upgrade", "h2c"),
        ("x-anything", "1"),
    ]
    allowed = [JSON, ("anthropic-version", "2023-06-01"), ("traceparent", "00-1-2-01"), ("user-agent", "sdk/1")]
    assert sort(*secrets, *allowed).forwarded == allowed


def test_what_connection_names_stays() -> None:
    arrival = sort(("connection", "close, Traceparent"), ("traceparent", "x"), JSON)
    assert arrival.forwarded == [JSON]


def test_a_header_sent_twice_goes_on_as_it_came() -> None:
    betas = [("anthropic-beta", "a"), ("anthropic-beta", "b"), ("anthropic-beta", "c")]
    assert sort(*betas).forwarded == betas


def test_connection_names_headers_in_any_case_and_over_several_headers() -> None:
    named = [("connection", "keep-alive, User-Agent"), ("connection", "ACCEPT ,traceparent")]
    arrival = sort(("user-agent", "sdk/1"), ("accept", "*/*"), *named, ("traceparent", "x"), JSON)
    assert arrival.forwarded == [JSON]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*sorted(FORWARDED), "cookie", "x-api-key"]),
            st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5),
        ),
        max_size=8,
    )
)
def test_what_goes_on_goes_on_unchanged_and_in_its_order(headers: list[tuple[str, str]]) -> None:
    assert sort(*headers).forwarded == [pair for pair in headers if pair[0] in FORWARDED]


@given(st.lists(st.tuples(st.text(max_size=12).map(str.lower), st.text(max_size=12)), max_size=8))
def test_no_head_raises_or_lets_an_unknown_header_on(headers: list[tuple[str, str]]) -> None:
    arrival = sort(*headers, trusted=PROXIES, peer="10.0.0.1:1")
    assert {name for name, _ in arrival.forwarded} <= FORWARDED


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("beta=true", "beta=true"),
        ("api_key=x&beta=true", "beta=true"),
        ("key=x", ""),
        ("xbeta=true", ""),
        ("beta=truex", ""),
        ("beta=true%0d%0aX: y", ""),
        ("beta=true&beta=false", "beta=true"),
    ],
)
def test_of_a_query_only_the_beta_switch_goes_on(query: str, kept: str) -> None:
    assert sort(query=query).query == kept


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.1:5000", "192.0.2.1"),
        ("[2001:DB8::1]:5000", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[::ffff:192.0.2.7]:1", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("unix:", None),
        ("", None),
        (None, None),
        ("example.com:80", None),
    ],
)
def test_addresses_are_read_in_every_form(peer: str | None, address: str | None) -> None:
    assert peer_address(peer) == address


def test_a_stranger_is_not_believed_about_itself() -> None:
    arrival = sort(
        ("x-forwarded-for", "198.51.100.1"), ("x-asn", "64500"), ("x-country", "DE"), ("x-ja4", "t13"), trusted=PROXIES
    )
    assert (arrival.client_ip, arrival.asn, arrival.country, arrival.ja4) == ("192.0.2.1", None, None, None)


@given(st.ip_addresses(), st.lists(st.ip_addresses().map(str) | st.text(max_size=8), max_size=4))
def test_whatever_a_stranger_says_its_address_is_its_peers(peer: IPv4Address | IPv6Address, chain: list[str]) -> None:
    address = peer_address(str(peer))
    assert address is not None
    arrival = sort(("x-forwarded-for", ", ".join(chain)), ("x-asn", "64500"), trusted=PROXIES, peer=str(peer))
    if not any(ip_address(address) in network for network in PROXIES.networks):
        assert (arrival.client_ip, arrival.asn) == (address, None)


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_every_address_is_read_with_and_without_its_port(address: IPv4Address | IPv6Address, port: int) -> None:
    with_port = f"{address}:{port}" if isinstance(address, IPv4Address) else f"[{address}]:{port}"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    assert peer_address(str(address)) == peer_address(with_port) == str(mapped or address)


@given(st.text(max_size=40))
def test_no_text_is_an_error_as_an_address(text: str) -> None:
    address = peer_address(text)
    assert address is None or str(ip_address(address)) == address


@pytest.mark.parametrize(
    ("chain", "client_ip"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
        ("198.51.100.1:4000", "198.51.100.1"),
        ("fd00::1", "fd00::1"),
        ("evil, 10.1.1.1", "10.1.1.1"),
        ("10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("[2001:db8::7]:1234, fd00::1", "2001:db8::7"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, unknown", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_a_trusted_proxy_is_believed_up_to_the_first_stranger(chain: str, client_ip: str) -> None:
    assert sort(("x-forwarded-for", chain), trusted=PROXIES, peer="10.0.0.1:1").client_ip == client_ip


def test_several_forwarded_headers_are_one_list() -> None:
    headers = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.1")]
    assert sort(*headers, trusted=PROXIES, peer="10.0.0.1:1").client_ip == "198.51.100.1"


@pytest.mark.parametrize(
    ("asn", "country", "expected"),
    [("AS64500", "de", (64500, "DE")), ("64500", "DEU", (64500, None)), ("x", "1!", (None, None))],
)
def test_a_trusted_proxys_words_are_checked_for_their_form(
    asn: str, country: str, expected: tuple[int | None, str | None]
) -> None:
    arrival = sort(("x-asn", asn), ("x-country", country), ("x-ja4", "t13d"), trusted=PROXIES, peer="[fd00::2]:1")
    assert (arrival.asn, arrival.country) == expected
    assert arrival.ja4 == "t13d"


@pytest.mark.parametrize(("said", "expected"), [("yes", True), ("No", False), ("true", None), ("", None)])
def test_whether_an_address_is_hosted_is_known_only_where_it_is_said(said: str, *, expected: bool | None) -> None:
    told = ("x-hosting", said)
    assert sort(told, trusted=PROXIES, peer="10.0.0.1:1").is_hosted is expected
    assert sort(told, trusted=PROXIES, peer="192.0.2.9:1").is_hosted is None


def test_long_texts_are_cut() -> None:
    assert len(sort(("user-agent", "x" * 10_000)).user_agent or "") == 512


def test_of_an_answer_only_what_is_allowed_comes_back() -> None:
    kept = [JSON, ("retry-after", "5"), ("x-ratelimit-remaining-tokens", "9"), ("anthropic-ratelimit-x", "1")]
    lost = [("set-cookie", "a=b"), ("server", "vllm"), ("openai-organization", "org"), ("x-request-id", "theirs")]
    assert returned([*kept, *lost, ("retry-after-ms", "1\x01")]) == kept


@pytest.mark.parametrize("value", ["é", "中", "a\tb", "a\x7f"])
def test_a_value_that_no_header_should_hold_stays(value: str) -> None:
    assert sort(("user-agent", value), ("accept", "*/*")).forwarded == [("accept", "*/*")]


CERTIFIED = TrustedProxySettings(networks=(ip_network("10.0.0.0/8"),), certificate_header="Client-Cert")


def test_what_is_shown_beside_the_key_is_kept_for_the_gate_and_goes_no_further() -> None:
    shown = [("authorization", "DPoP swk_1"), ("dpop", "proof"), ("stillwatch-person", "assertion")]
    arrival = sort(*shown, path="/v1/messages")
    assert (arrival.api_key, arrival.forwarded) == ("swk_1", [])
    assert arrival.proof == Proof(
        method="POST", path="/v1/messages", dpop="proof", is_dpop_scheme=True, person="assertion"
    )


def test_most_requests_show_nothing() -> None:
    headers = [("authorization", "Bearer swk_1"), ("user-agent", "x")]
    assert sort(*headers, trusted=CERTIFIED, peer="10.0.0.1:1").proof is None


def test_a_certificate_is_believed_of_a_trusted_proxy_alone() -> None:
    certificate = ("client-cert", ":AAAA:")
    told = sort(certificate, trusted=CERTIFIED, peer="10.0.0.1:1").proof
    assert told is not None
    assert told.certificate == ":AAAA:"
    assert sort(certificate, trusted=CERTIFIED, peer="192.0.2.1:1").proof is None
    assert sort(certificate, peer="10.0.0.1:1").proof is None
    # The proxy's own address says nothing of who stands behind it with a header of his own.
    forged = sort(certificate, certificate, trusted=CERTIFIED, peer="10.0.0.1:1").proof
    assert forged is not None
    assert forged.certificate == ":AAAA:, :AAAA:"


@pytest.mark.parametrize("name", ["dpop", "stillwatch-person"])
def test_two_proofs_are_a_conflict(name: str) -> None:
    assert sort((name, "a"), (name, "a")).is_conflicting
