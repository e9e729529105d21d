# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.gateway.adapters.inbound_head import Broken, Head, read_head

HOST = (b"Host", b"x")


def read(*headers: tuple[bytes, bytes], method: bytes = b"POST", target: bytes = b"/v1", version: str = "1.1") -> Head:
    return read_head(method, target, version, [HOST, *headers])


def test_names_are_folded_and_values_lose_the_space_around_them() -> None:
    head = read((b"X-Odd", b"\xe9 b \t"), (b"x-ODD", b"\xa0"))
    assert head.headers == [("host", "x"), ("x-odd", "é b"), ("x-odd", "\xa0")]


def test_a_body_is_measured_or_comes_in_chunks_or_is_not_there() -> None:
    assert read().length == 0
    assert read((b"Content-Length", b"12")).length == 12
    assert read((b"Transfer-Encoding", b"Chunked")).length is None


def test_only_a_caller_of_this_century_can_take_chunks_and_be_told_to_go_on() -> None:
    expecting = (b"Expect", b"100-Continue")
    new, old = read(expecting), read(expecting, version="1.0")
    assert (new.has_chunks, new.expects_continue) == (True, True)
    assert (old.has_chunks, old.expects_continue) == (False, False)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/v1/models/a%2Fb", "/v1/models/a/b", ""),
        (b"/v1?a=%20&b", "/v1", "a=%20&b"),
        (b"//v1/x", "//v1/x", ""),
        (b"https://x", "/", ""),
        (b"http://x/v1/%c3%a9?q", "/v1/é", "q"),
        (b"*", "*", ""),
        (b"/%ff", "/\N{REPLACEMENT CHARACTER}", ""),
    ],
)
def test_a_target_is_a_path_and_a_query(target: bytes, path: str, query: str) -> None:
    head = read(target=target)
    assert (head.path, head.query) == (path, query)


@pytest.mark.parametrize("target", [b"x", b"", b"?", b"/a#b", b"/a?b#c", b"ftp://x/", b"http:///x", b"http://[x/"])
def test_a_target_that_is_none_is_refused(target: bytes) -> None:
    with pytest.raises(Broken):
        read(target=target)


def test_what_two_readers_could_take_two_ways_is_refused() -> None:
    chunked = (b"Transfer-Encoding", b"chunked")
    for headers in ([HOST], [chunked, chunked], [(b"Transfer-Encoding", b"gzip, chunked")], [(b"Expect", b"more")]):
        with pytest.raises(Broken):
            read(*headers)
    with pytest.raises(Broken):
        read(chunked, version="1.0")
    with pytest.raises(Broken):
        read(version="2.0")
    with pytest.raises(Broken):
        read_head(b"GET", b"/", "1.1", [])
    assert read_head(b"GET", b"/", "1.0", []).path == "/"
