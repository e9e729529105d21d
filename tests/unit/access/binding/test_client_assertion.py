# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.holder import Holder
from fakes.replays import small_table
from stillwatch.access.binding.client_assertion import check_assertion
from stillwatch.access.binding.places import Places

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
NOW_SECONDS = NOW // SECOND
URL = "https://api.example.com"
PLACES = Places([URL])
HOLDER = Holder("client")
CLIENTS = {"0123456789Ab": HOLDER.canonical, "other0000000": Holder("other").canonical}


class Scene:
    def __init__(self) -> None:
        self.table = small_table()
        self.table.epoch(NOW - 60 * SECOND)

    def outcome(self, token: str, *, now: int = NOW) -> str:
        """The client, or what is wrong."""
        try:
            return check_assertion(token, CLIENTS.get, PLACES, self.table, now_us=now)
        except ValueError as error:
            return str(error)


def assertion(holder: Holder = HOLDER, client: str = "0123456789Ab", **changes: Any) -> str:
    known: dict[str, Any] = {"audience": URL, "now_us": NOW}
    return holder.client_assertion(client, **{**known, **changes})


def test_an_assertion_names_its_client_once() -> None:
    scene, token = Scene(), assertion()
    assert scene.outcome(token) == "0123456789Ab"
    assert scene.outcome(token) == "was used before"
    assert scene.outcome(assertion(aud=[f"{URL}/access/v1/token"])) == "0123456789Ab"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "https://other.test"}, "another service"),
        ({"aud": None}, "another service"),
        ({"iss": "other0000000"}, "one client for another"),
        ({"sub": "nobody000000"}, "not signed"),
        ({"sub": "other0000000"}, "not signed"),
        ({"sub": None}, "its sub"),
        ({"jti": None}, "its jti"),
        ({"exp": None}, "its exp"),
        ({"exp": NOW_SECONDS}, "expired"),
        ({"exp": NOW_SECONDS + 3_600}, "lasts longer"),
        ({"iat": None}, "its iat"),
        ({"iat": NOW_SECONDS + 30}, "not valid yet"),
        ({"nbf": NOW_SECONDS + 30}, "not valid yet"),
        ({"iat": NOW_SECONDS - 61}, "before the gateway"),
        ({"holder": Holder("thief")}, "not signed"),
    ],
)
def test_each_claim_must_hold(changes: dict[str, Any], said: str) -> None:
    assert said in Scene().outcome(assertion(**changes))


def test_after_the_clock_was_set_back_what_was_used_is_not_taken_again() -> None:
    scene, token = Scene(), assertion()
    assert scene.outcome(token) == "0123456789Ab"
    scene.table.epoch(NOW + 3_600 * SECOND)
    assert "before the gateway" in scene.outcome(token)


@given(st.text(max_size=300))
def test_no_text_is_taken_or_raises_anything_else(text: str) -> None:
    assert Scene().outcome(text) not in CLIENTS
