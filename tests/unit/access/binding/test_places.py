# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.binding.places import Places, place_of

PLACES = Places(["https://api.example.com", "http://10.0.0.1:8080/llm/"])
PATH = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://api.example.com/v1/chat/completions", True),
        ("HTTPS://API.Example.Com:443/v1/chat/completions?beta=true#x", True),
        ("http://10.0.0.1:8080/llm/v1/chat/completions", True),
        ("https://api.example.com/v1/chat%2Fcompletions", True),
        ("http://api.example.com/v1/chat/completions", False),
        ("https://api.example.com:8443/v1/chat/completions", False),
        ("https://api.example.com.evil.test/v1/chat/completions", False),
        ("https://api.example.com@evil.test/v1/chat/completions", False),
        ("https://u@api.example.com/v1/chat/completions", False),
        ("https://api.example.com/v1/messages", False),
        ("http://10.0.0.1:8080/v1/chat/completions", False),
        ("https://[::1/v1/chat/completions", False),
        ("https://api.example.com:x/v1/chat/completions", False),
        ("/v1/chat/completions", False),
        ("", False),
    ],
)
def test_a_target_is_ours_or_not(url: str, *, is_ours: bool) -> None:
    assert PLACES.is_target(url, PATH) is is_ours


@pytest.mark.parametrize(
    ("claim", "is_meant"),
    [
        ("https://api.example.com", True),
        ("https://api.example.com/", True),
        ("https://api.example.com/access/v1/token", True),
        (["https://other.test", "https://api.example.com"], True),
        ("https://api.example.com/else", False),
        ("https://other.test", False),
        ([], False),
        (["https://api.example.com", 3], False),
        (None, False),
        (3, False),
    ],
)
def test_an_audience_means_us_or_not(claim: object, *, is_meant: bool) -> None:
    assert PLACES.is_audience(claim, "/access/v1/token") is is_meant


def test_without_a_url_nothing_is_ours() -> None:
    assert not Places(())
    assert not Places(()).is_target("https://api.example.com/v1", "/v1")


@given(st.text())
def test_no_text_raises(url: str) -> None:
    place_of(url)
    assert not PLACES.is_target("x" + url, PATH)
