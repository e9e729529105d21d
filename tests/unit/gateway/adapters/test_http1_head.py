# SPDX-License-Identifier: Apache-2.0
"""Heads of requests and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import BadInput, SettingsError
from stillwatch.gateway.adapters.http1_head import (
    FRAMING,
    RequestHead,
    checked_name,
    parse_base_url,
    passed_on,
    verifying_context,
)


def test_request_line_host_headers_and_length_stand_in_this_order() -> None:
    head = RequestHead(parse_base_url("http://models.example:8000/v1/"))
    assert head.encode("POST", "/chat", [("A", "b"), ("C", "")], 12) == (
        b"POST /v1/chat HTTP/1.1\r\nHost: models.example:8000\r\nA: b\r\nC: \r\nContent-Length: 12\r\n\r\n"
    )


@pytest.mark.parametrize(("method", "has_length"), [("GET", False), ("HEAD", False), ("DELETE", False), ("PUT", True)])
def test_empty_body_states_its_length_only_where_one_is_expected(method: str, has_length: bool) -> None:  # noqa: FBT001 - a table's column
    head = RequestHead(parse_base_url("http://a")).encode(method, "/", [], 0)
    assert (b"Content-Length: 0\r\n" in head) is has_length


def test_second_writing_of_the_same_request_is_the_same() -> None:
    head = RequestHead(parse_base_url("http://a"))
    headers = [("Authorization", "Bearer k"), ("X-A", "é")]
    assert head.encode("POST", "/x", headers, 3) == head.encode("POST", "/x", headers, 3)


@given(name=st.text(max_size=8), value=st.text(max_size=20), target=st.text(max_size=8), method=st.text(max_size=5))
def test_whatever_is_asked_the_head_holds_exactly_the_lines_meant(
    name: str, value: str, target: str, method: str
) -> None:
    head = RequestHead(parse_base_url("http://a"))
    try:
        written = head.encode(method, target, [(name, value)], 1)
    except BadInput:
        return
    lines = written.split(b"\r\n")
    assert lines == [
        f"{method} {target} HTTP/1.1".encode(),
        b"Host: a",
        name.encode() + b": " + value.encode(),
        b"Content-Length: 1",
        b"",
        b"",
    ]
    assert not any(byte in written.replace(b"\r\n", b"") for byte in (b"\r", b"\n", b"\x00"))


@pytest.mark.parametrize("name", sorted(FRAMING))
def test_headers_of_the_connection_are_refused_in_any_case(name: str) -> None:
    for spelled in (name, name.upper(), name.title()):
        with pytest.raises(BadInput):
            checked_name(spelled)


def test_names_and_lines_without_end_do_not_fill_memory() -> None:
    head = RequestHead(parse_base_url("http://a"))
    for number in range(3000):
        head.encode("GET", f"/{number}", [(f"X-{number}", "")], 0)
    assert len(head._lines) <= 512
    assert len(head._names) <= 512


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "path"),
    [
        ("http://a", "a", 80, "a", ""),
        ("https://a/", "a", 443, "a", ""),
        ("https://a:8443/v1/", "a", 8443, "a:8443", "/v1"),
        ("http://[::1]:80/x/y", "::1", 80, "[::1]:80", "/x/y"),
        ("HTTP://A.Example", "a.example", 80, "a.example", ""),
    ],
)
def test_base_url_is_taken_apart(url: str, host: str, port: int, authority: str, path: str) -> None:
    base = parse_base_url(url)
    assert (base.host, base.port, base.authority, base.path) == (host, port, authority, path)
    assert base.is_https is url.lower().startswith("https")


def test_refused_base_url_does_not_repeat_its_credential() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_base_url("http://user:hunter2@a/")
    assert "hunter2" not in str(caught.value)


def test_answer_headers_lose_what_speaks_of_the_connection() -> None:
    raw = [
        (b"Content-Type", b"text/event-stream "),
        (b"CONNECTION", b"close, X-Mine"),
        (b"x-mine", b"1"),
        (b"Content-Length", b"3"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Set-Cookie", b"\xe9"),
    ]
    assert passed_on(raw) == [("content-type", "text/event-stream"), ("set-cookie", "é")]


def test_invented_answer_names_do_not_fill_memory() -> None:
    for number in range(3000):
        assert passed_on([(b"X-N%d" % number, b"")]) == [(f"x-n{number}", "")]


def test_default_tls_verifies_certificate_and_name() -> None:
    context = verifying_context()
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
