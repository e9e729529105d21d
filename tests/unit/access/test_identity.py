# SPDX-License-Identifier: Apache-2.0
import json
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey

from fakes.holder import Holder
from stillwatch.access.binding.public_key import key_of
from stillwatch.access.identity import SignInSettings, administrator_in

NOW = 1_800_000_000_000_000
NOW_SECONDS = NOW // 1_000_000
ISSUER = "https://id.example.com"
PROVIDER = Holder("provider")
KEYS = [key_of(PROVIDER.canonical)]
SETTINGS = SignInSettings(issuer=ISSUER, administrators=("safety",))
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "stillwatch",
    "email": "ann@example.com",
    "email_verified": True,
    "groups": ["everybody", "safety"],
    "iat": NOW_SECONDS,
    "exp": NOW_SECONDS + 300,
}


def name(settings: SignInSettings = SETTINGS, holder: Holder = PROVIDER, **claims: Any) -> str | None:
    said = {key: value for key, value in (CLAIMS | claims).items() if value is not None}
    return administrator_in(holder.sign({}, said), KEYS, settings, now_us=NOW)


def test_a_member_of_the_group_signs_by_name() -> None:
    assert name() == "ann@example.com"
    assert name(aud=["stillwatch"]) == "ann@example.com"
    assert name(aud=["stillwatch", "other"], azp="stillwatch") == "ann@example.com"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.example.com.evil.test"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["stillwatch", "other"]},
        {"aud": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": None},
        {"email": ""},
        {"groups": ["everybody"]},
        {"groups": "safety"},
        {"groups": None},
        {"exp": NOW_SECONDS},
        {"exp": None},
        {"iat": NOW_SECONDS + 60},
        {"iat": None},
        {"holder": Holder("thief")},
    ],
)
def test_anybody_else_is_nobody(claims: dict[str, Any]) -> None:
    assert name(**claims) is None


def test_the_algorithm_of_most_providers_is_taken() -> None:
    key = RSAKey.generate_key(2048)
    token = jws.serialize_compact({"alg": "RS256"}, json.dumps(CLAIMS).encode(), key)
    assert administrator_in(token, [key], SETTINGS, now_us=NOW) == "ann@example.com"
    assert administrator_in(token, KEYS, SETTINGS, now_us=NOW) is None


def test_without_a_group_nobody_administers() -> None:
    assert name(SignInSettings(issuer=ISSUER)) is None


def test_another_claim_can_name_people_and_needs_no_verified_address() -> None:
    settings = SignInSettings(issuer=ISSUER, administrators=("safety",), name_claim="preferred_username")
    assert name(settings, preferred_username="ann", email_verified=None) == "ann"


@pytest.mark.parametrize("issuer", ["http://id.example.com", "ftp://x", "id.example.com"])
def test_keys_are_not_fetched_in_the_clear(issuer: str) -> None:
    with pytest.raises(pydantic.ValidationError, match="https"):
        SignInSettings(issuer=issuer)


@given(st.text(max_size=200))
def test_no_text_signs_in(text: str) -> None:
    assert administrator_in(text, KEYS, SETTINGS, now_us=NOW) is None
