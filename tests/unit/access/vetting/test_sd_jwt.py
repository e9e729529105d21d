# SPDX-License-Identifier: Apache-2.0
"""The verifier against the RFC's own example, and against everything that is not quite a credential."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey

from fakes.credentials import SECOND, bound, digest_of, disclosure, encoded, issuer_key, public, sd_jwt, signed
from fakes.dossiers import NOW_US
from stillwatch.access.vetting.sd_jwt import Binding, keys_of, verify
from stillwatch.errors import IntegrityError
from vectors.sd_jwt import rfc9901

TYPES = frozenset({"dc+sd-jwt"})
RFC_TYPES = frozenset({"example+sd-jwt"})
RFC_AT = 1_748_537_250_000_000
RFC_BINDING = Binding("https://verifier.example.org", "1234567890")
KEY, HOLDER = issuer_key(), issuer_key()
KEYS = keys_of(public(KEY))
CLAIMS = {"iss": "https://issuer.example", "exp": SECOND + 3600, "cnf": {"jwk": public(HOLDER)}, "scope": "all"}
BINDING = Binding("https://gateway.example", "n-1")


def rfc(*names: str, end: str = "") -> str:
    return "~".join([rfc9901.JWT, *(rfc9901.DISCLOSURES[name] for name in names), end])


def rfc_claims(text: str) -> dict[str, Any]:
    return verify(text, keys_of(rfc9901.ISSUER_KEY), now_us=RFC_AT, types=RFC_TYPES).claims


def refusal(text: str, *, binding: Binding | None = None, at_us: int = NOW_US) -> str:
    with pytest.raises(IntegrityError) as caught:
        verify(text, KEYS, now_us=at_us, types=TYPES, binding=binding)
    return str(caught.value)


def test_the_example_of_the_rfc_holds_with_every_disclosure() -> None:
    claims = rfc_claims(rfc(*rfc9901.DISCLOSURES))
    assert claims["address"] == {
        "street_address": "123 Main St", "locality": "Anytown", "region": "Anystate", "country": "US"
    }  # fmt: skip
    assert (claims["given_name"], claims["nationalities"], claims["updated_at"]) == ("John", ["US", "DE"], 1570000000)
    assert not {"_sd", "_sd_alg"} & claims.keys()


def test_the_presentation_of_the_rfc_holds_and_shows_only_what_it_shows() -> None:
    text = rfc(*rfc9901.PRESENTED, end=rfc9901.KEY_BINDING)
    found = verify(text, keys_of(rfc9901.ISSUER_KEY), now_us=RFC_AT, types=RFC_TYPES, binding=RFC_BINDING)
    assert found.is_bound
    assert found.claims["nationalities"] == ["US"]
    assert found.claims.keys() == {
        "iss", "iat", "exp", "sub", "nationalities", "cnf", "family_name", "address", "given_name"
    }  # fmt: skip


def test_without_disclosures_only_what_is_always_shown_is_there() -> None:
    assert rfc_claims(rfc()).keys() == {"iss", "iat", "exp", "sub", "nationalities", "cnf"}


@given(st.sets(st.sampled_from(sorted(rfc9901.DISCLOSURES))))
def test_any_choice_of_disclosures_shows_just_these(names: set[str]) -> None:
    claims = rfc_claims(rfc(*sorted(names)))
    assert names - {"US", "DE"} == claims.keys() & rfc9901.DISCLOSURES.keys()
    assert set(claims["nationalities"]) == names & {"US", "DE"}


@given(st.integers(0, 2500), st.sampled_from("ABCxyz019-_.~"))
def test_one_changed_character_never_changes_what_is_believed(place: int, character: str) -> None:
    text = rfc(*rfc9901.PRESENTED, end=rfc9901.KEY_BINDING)
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    keys = keys_of(rfc9901.ISSUER_KEY)
    true = verify(text, keys, now_us=RFC_AT, types=RFC_TYPES, binding=RFC_BINDING).claims
    try:
        found = verify(changed, keys, now_us=RFC_AT, types=RFC_TYPES, binding=RFC_BINDING)
    except IntegrityError:
        return
    # The last characters of a base64url text may have spare bits; what they say is the same.
    assert found.claims == true


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no SD-JWT"),
        ("x", "is no SD-JWT"),
        ("x~", "no signed JWT"),
        ("a.b.c~", "not"),
        ("~" * 70_000, "no SD-JWT"),
        (sd_jwt(CLAIMS, issuer_key()), "not signed by a key of its issuer"),
        (sd_jwt(CLAIMS | {"exp": SECOND}, KEY), "has expired"),
        (sd_jwt(CLAIMS | {"nbf": SECOND + 61}, KEY), "not valid yet"),
        (sd_jwt(CLAIMS | {"iat": SECOND + 61}, KEY), "not valid yet"),
        (sd_jwt(CLAIMS | {"exp": "never"}, KEY), "exp that is no time"),
        (sd_jwt(CLAIMS | {"exp": True}, KEY), "exp that is no time"),
        (sd_jwt(CLAIMS, KEY, typ="JWT"), "of the type 'JWT'"),
        (sd_jwt(CLAIMS | {"_sd_alg": "md5"}, KEY), "a hash that is not accepted"),
        (sd_jwt(CLAIMS | {"_sd": "x"}, KEY), "no list"),
        (sd_jwt(CLAIMS | {"_sd": ["x", "x"]}, KEY), "a digest twice"),
        (sd_jwt(CLAIMS | {"_sd": [1]}, KEY), "a digest twice, or one that is no text"),
        (sd_jwt(CLAIMS | {"...": "x"}, KEY), "three dots"),
        (sd_jwt(CLAIMS, KEY) + disclosure("s", "a", 1) + "~", "its issuer did not sign"),
        (sd_jwt(CLAIMS, KEY, disclosure("s", "scope", "more")), "there already"),
        (sd_jwt(CLAIMS, KEY, disclosure("s", "_sd", [])), "may not be disclosed"),
        (sd_jwt(CLAIMS, KEY, disclosure("s", "...", [])), "may not be disclosed"),
        (sd_jwt(CLAIMS, KEY, disclosure("s", "nbf", 1)), "always be shown"),
        (sd_jwt(CLAIMS, KEY, disclosure("s", 1)), "wrong kind for its place"),
        (sd_jwt(CLAIMS, KEY, disclosure("s")), "no list of two or three"),
        (sd_jwt(CLAIMS, KEY, disclosure(1, "a", 1)), "no list of two or three"),
        (sd_jwt(CLAIMS, KEY, disclosure("s", "a", 1)) + disclosure("s", "a", 1) + "~", "a disclosure twice"),
        (sd_jwt(CLAIMS, KEY) + "%~", "base64url"),
        (sd_jwt(CLAIMS, KEY) + encoded(b"{") + "~", "not JSON"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER), "nobody asked for"),
        (signed([1], KEY, typ="dc+sd-jwt") + "~", "no object"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_in_one_sentence(text: str, says: str) -> None:
    said = refusal(text)
    assert says in said
    assert "\n" not in said


def test_a_disclosure_that_was_tampered_with_is_refused() -> None:
    real, other = disclosure("s", "level", "2"), disclosure("s", "level", "4")
    assert "did not sign" in refusal(sd_jwt(CLAIMS, KEY, real).replace(real, other))


def test_disclosures_within_disclosures_are_put_in_their_place() -> None:
    inner = disclosure("s1", "level", "4")
    item = disclosure("s2", "site 1")
    outer = disclosure("s3", "audit", {"_sd": [digest_of(inner)], "sites": [{"...": digest_of(item)}, "site 2"]})
    text = sd_jwt(CLAIMS, KEY, outer) + inner + "~" + item + "~"
    found = verify(text, KEYS, now_us=NOW_US, types=TYPES).claims
    assert found["audit"] == {"level": "4", "sites": ["site 1", "site 2"]}


def test_a_signature_without_a_key_or_with_a_shared_secret_is_refused() -> None:
    header, payload = encoded(b'{"alg":"none","typ":"dc+sd-jwt"}'), encoded(json.dumps(CLAIMS).encode())
    assert "signed in a way" in refusal(f"{header}.{payload}.~")
    # The public key as a shared secret: the oldest trick there is.
    secret = OctKey.import_key(json.dumps(public(KEY)))
    header = encoded(b'{"alg":"HS256","typ":"dc+sd-jwt"}')
    assert "signed in a way" in refusal(f"{header}.{payload}.{encoded(secret.raw_value)}~")


def test_a_header_that_asks_for_more_than_is_known_is_refused() -> None:
    header = encoded(b'{"alg":"ES256","typ":"dc+sd-jwt","crit":["b64"],"b64":false}')
    body, signature = sd_jwt(CLAIMS, KEY).split(".", 1)[1].split(".")
    assert "not known here" in refusal(f"{header}.{body}.{signature}")


def test_a_name_that_stands_twice_is_refused() -> None:
    token = sd_jwt(CLAIMS, KEY)
    _, body, signature = token.split(".")
    header = encoded(b'{"alg":"ES256","alg":"none"}')
    assert "JSON" in refusal(f"{header}.{body}.{signature}")


def test_the_key_that_the_header_names_is_the_one_that_counts() -> None:
    one, other = ECKey.generate_key("P-256", {"kid": "1"}), ECKey.generate_key("P-256", {"kid": "2"})
    keys = keys_of({"keys": [public(one), public(other)]})
    assert verify(sd_jwt(CLAIMS, other, kid="2"), keys, now_us=NOW_US, types=TYPES)
    with pytest.raises(IntegrityError):
        verify(sd_jwt(CLAIMS, other, kid="1"), keys, now_us=NOW_US, types=TYPES)


def test_a_holder_s_proof_is_accepted_once_it_says_what_it_must() -> None:
    found = verify(bound(sd_jwt(CLAIMS, KEY), HOLDER), KEYS, now_us=NOW_US, types=TYPES, binding=BINDING)
    assert found.is_bound


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (sd_jwt(CLAIMS, KEY), "without the proof"),
        (bound(sd_jwt(CLAIMS, KEY), issuer_key()), "not signed by a key"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER, nonce="n-2"), "for somebody else"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER, aud="https://other.example"), "for somebody else"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER, iat=SECOND - 301), "too old"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER, iat=SECOND + 61), "too old"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER, iat=None), "too old"),
        (bound(sd_jwt(CLAIMS, KEY), HOLDER, sd_hash="x"), "other claims"),
        (bound(sd_jwt(CLAIMS | {"cnf": None}, KEY), HOLDER), "without the proof"),
        (bound(sd_jwt(CLAIMS | {"cnf": {"jwk": {"kty": "?"}}}, KEY), HOLDER), "cannot be read"),
        (sd_jwt(CLAIMS, KEY) + signed({}, HOLDER, typ="JWT"), "for somebody else"),
    ],
)
def test_a_holder_s_proof_that_was_not_made_for_this_is_refused(text: str, says: str) -> None:
    assert says in refusal(text, binding=BINDING)


def test_only_public_keys_are_read() -> None:
    none: dict[str, Any] = {"keys": []}
    for wrong in ({}, {"kty": "?"}, none, KEY.as_dict(private=True), {"kty": "oct", "k": "c2VjcmV0"}):
        with pytest.raises(ValueError, match="key"):
            keys_of(wrong)


@given(st.text(max_size=300))
def test_any_text_is_refused(text: str) -> None:
    refusal(text + "~")
