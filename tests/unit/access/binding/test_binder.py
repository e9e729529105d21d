# SPDX-License-Identifier: Apache-2.0
"""The binder through the keyring that asks it: what a caller is answered."""

import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.holder import Holder
from fakes.keys import PEPPERS, PUBLIC_URL, binding_keyring, empty_keyring, entry_for
from stillwatch.access.binding.access_token import read_token
from stillwatch.access.binding.settings import BindingSettings
from stillwatch.access.jws import encoded
from stillwatch.access.keyring import Keyring
from stillwatch.access.snapshot import decode_entries, encode_entries
from stillwatch.records.admission import Admission
from stillwatch.records.binding import Binding, ExportClass
from stillwatch.records.grant import Denial, Grant, Issued, Wanted
from stillwatch.records.proof import Proof

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
PATH = "/v1/messages"
TEXT, ENTRY = entry_for("acct-1")
HOLDER, PARTNER, CLIENT = Holder(), Holder("partner"), Holder("client")
X5T = encoded(hashlib.sha256(b"certificate").digest())
HEX = hashlib.sha256(b"certificate").hexdigest()
DPOP: dict[str, Any] = {"jkt": HOLDER.jkt}


def ring(settings: BindingSettings | None = None, **changes: Any) -> Keyring:
    keyring = binding_keyring() if settings is None else binding_keyring(settings)
    entry = msgspec.structs.replace(ENTRY, **changes)
    return keyring.with_delta(decode_entries(encode_entries([entry])), version=1)


def ask(
    keyring: Keyring, text: str = TEXT, *, now: int = NOW, is_dpop_scheme: bool = False, **shown: Any
) -> Grant | Denial:
    proof = Proof(method="POST", path=PATH, is_dpop_scheme=is_dpop_scheme, **shown)
    has_none = not shown and not is_dpop_scheme
    return keyring.authorize(text, client_ip="192.0.2.7", model=None, now_us=now, proof=None if has_none else proof)


def code(answer: Grant | Denial | Issued) -> str:
    return answer.code if isinstance(answer, Denial) else "granted"


def header(answer: Grant | Denial, name: str) -> str:
    assert isinstance(answer, Denial)
    return dict(answer.headers)[name]


def proof(keyring: Keyring, text: str = TEXT, *, now: int = NOW, **changes: Any) -> str:
    """What a client sends that asked once without, and was given a nonce."""
    nonce = header(ask(keyring, text, now=now), "dpop-nonce")
    known: dict[str, Any] = {"url": PUBLIC_URL + PATH, "credential": text, "nonce": nonce, "now_us": now}
    return HOLDER.proof(**{**known, **changes})


def test_a_bound_key_needs_its_proof_and_is_told_how() -> None:
    keyring = ring(**DPOP)
    bare = ask(keyring)
    assert isinstance(bare, Denial)
    assert (bare.code, bare.status, bare.key_id) == ("binding_required", 401, ENTRY.key_id)
    assert header(bare, "www-authenticate") == 'DPoP error="invalid_token", algs="ES256 EdDSA"'
    answer = ask(keyring, dpop=proof(keyring))
    assert isinstance(answer, Grant)
    assert answer.binding is Binding.DPOP


def test_a_proof_is_used_up_and_another_nonce_is_given_for_a_stale_one() -> None:
    keyring = ring(**DPOP)
    first = proof(keyring)
    assert code(ask(keyring, dpop=first)) == "granted"
    assert code(ask(keyring, dpop=first)) == "invalid_dpop_proof"
    stale = ask(keyring, dpop=proof(keyring, nonce="stale"))
    assert code(stale) == "use_dpop_nonce"
    assert header(stale, "www-authenticate").startswith('DPoP error="use_dpop_nonce"')
    assert code(ask(keyring, dpop=proof(keyring, nonce=header(stale, "dpop-nonce")))) == "granted"


def test_a_key_that_is_not_bound_takes_no_proof_for_protection() -> None:
    keyring = ring()
    assert code(ask(keyring)) == "granted"
    assert code(ask(keyring, is_dpop_scheme=True)) == "key_not_bound"
    assert code(ask(keyring, dpop="x")) == "key_not_bound"


def test_a_wrong_key_learns_nothing_of_its_binding() -> None:
    keyring = ring(**DPOP)
    unknown, _ = entry_for("acct-2")
    assert ask(keyring, unknown, dpop="x") == ask(keyring, unknown)
    assert code(ask(keyring, unknown, dpop="x")) == "invalid_api_key"


def test_without_a_public_url_or_a_binder_no_bound_key_works() -> None:
    nowhere = ring(BindingSettings(), **DPOP)
    assert code(ask(nowhere, dpop="x")) == "binding_unavailable"
    blind = empty_keyring().with_delta([msgspec.structs.replace(ENTRY, **DPOP)], version=1)
    assert code(ask(blind, dpop="x")) == "binding_unavailable"


@pytest.mark.parametrize("shown", [HEX, f"Hash={HEX}", X5T])
def test_a_certificate_opens_the_key_it_was_enrolled_for(shown: str) -> None:
    answer = ask(ring(x5t=X5T), certificate=shown)
    assert isinstance(answer, Grant)
    assert answer.binding is Binding.MTLS


@pytest.mark.parametrize("shown", [None, "", HEX[:-1] + "0", f"{HEX}, {HEX}"])
def test_without_its_certificate_the_key_is_refused(shown: str | None) -> None:
    assert code(ask(ring(x5t=X5T), certificate=shown)) == "certificate_required"


def test_where_both_were_enrolled_both_must_hold() -> None:
    keyring = ring(x5t=X5T, **DPOP)
    assert code(ask(keyring, certificate=HEX)) == "binding_required"
    assert code(ask(keyring, dpop=proof(keyring))) == "certificate_required"
    answer = ask(keyring, dpop=proof(keyring), certificate=HEX)
    assert isinstance(answer, Grant)
    assert answer.binding is Binding.MTLS


def test_networks_bind_weakly() -> None:
    answer = ask(ring(cidrs=("192.0.2.0/24",)))
    assert isinstance(answer, Grant)
    assert answer.binding is Binding.NETWORK


@pytest.mark.parametrize(
    ("tier", "bound", "expected"), [(2, {}, "granted"), (3, {}, "binding_required"), (3, {"x5t": X5T}, "granted")]
)
def test_from_a_tier_on_keys_must_be_bound(tier: int, bound: dict[str, Any], expected: str) -> None:
    settings = BindingSettings(public_urls=(PUBLIC_URL,), from_tier=3)
    keyring = ring(settings, admission=Admission.APPROVED, tier=tier, **bound)
    assert code(ask(keyring, certificate=HEX)) == expected


def test_a_honey_key_is_answered_like_one_that_does_not_exist() -> None:
    unknown, _ = entry_for("acct-2")
    keyring = ring(is_honey=True)
    answer, other = ask(keyring), ask(keyring, unknown)
    assert isinstance(answer, Denial)
    assert isinstance(other, Denial)
    assert (answer.code, answer.status, answer.message, answer.headers, answer.rung) == (
        other.code,
        other.status,
        other.message,
        other.headers,
        other.rung,
    )
    assert (answer.noted, answer.account_id, other.noted) == ("honey_key", "acct-1", None)


def test_a_person_is_attested_by_the_keys_organisation_alone() -> None:
    keyring = ring(trusted=(PARTNER.canonical,))
    plain = ask(keyring)
    assert isinstance(plain, Grant)
    assert (plain.person, plain.person_class) == (None, ExportClass.UNATTESTED)
    answer = ask(keyring, person=PARTNER.person("org-1", audience=PUBLIC_URL, now_us=NOW))
    assert isinstance(answer, Grant)
    assert (answer.person, answer.person_class, answer.binding) == ("p-7", ExportClass.US_PERSON, Binding.BEARER)
    for token in (
        PARTNER.person("org-2", audience=PUBLIC_URL, now_us=NOW),
        HOLDER.person("org-1", audience=PUBLIC_URL, now_us=NOW),
        "",
        "x",
    ):
        denial = ask(keyring, person=token)
        assert isinstance(denial, Denial)
        assert (denial.code, denial.status) == ("invalid_person_assertion", 403)


def test_what_was_proved_is_kept_when_the_grant_is_looked_at_again() -> None:
    keyring = ring(trusted=(PARTNER.canonical,), **DPOP)
    person = PARTNER.person("org-1", audience=PUBLIC_URL, now_us=NOW)
    granted = ask(keyring, dpop=proof(keyring), person=person)
    assert isinstance(granted, Grant)
    wanted = Wanted(model="m")
    assert keyring.reconsider(granted, client_ip=None, wanted=wanted, now_us=NOW) == granted
    weaker = msgspec.structs.replace(granted, binding=Binding.BEARER)
    assert code(keyring.reconsider(weaker, client_ip=None, wanted=wanted, now_us=NOW)) == "invalid_api_key"
    honey = ring(is_honey=True)
    assert code(honey.reconsider(weaker, client_ip=None, wanted=wanted, now_us=NOW)) == "invalid_api_key"


def assertion(**changes: Any) -> str:
    known: dict[str, Any] = {"audience": f"{PUBLIC_URL}/access/v1/token", "now_us": NOW}
    return CLIENT.client_assertion(ENTRY.key_id, **{**known, **changes})


def token_of(keyring: Keyring) -> str:
    issued = keyring.issue_token(assertion(), client_ip="192.0.2.7", now_us=NOW)
    assert isinstance(issued, Issued)
    return issued.text


def test_a_client_gets_a_token_and_uses_it_in_place_of_a_key() -> None:
    keyring = ring(client_jwk=CLIENT.canonical)
    asserted = assertion()
    issued = keyring.issue_token(asserted, client_ip=None, now_us=NOW)
    assert isinstance(issued, Issued)
    assert (issued.scheme, issued.seconds) == ("Bearer", 600)
    assert code(ask(keyring, issued.text)) == "granted"
    assert code(keyring.issue_token(asserted, client_ip=None, now_us=NOW)) == "invalid_client_assertion"


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({}, NOW + 600 * SECOND, "invalid_token"),
        ({}, NOW - SECOND, "invalid_token"),
        ({"revoked_us": NOW}, NOW, "revoked_api_key"),
        ({"client_jwk": HOLDER.canonical}, NOW, "invalid_token"),
        ({"client_jwk": None}, NOW, "invalid_token"),
        ({"account_active": False}, NOW, "account_inactive"),
    ],
)
def test_a_token_ends_with_its_time_its_key_and_its_client(changes: dict[str, Any], now: int, expected: str) -> None:
    text = token_of(ring(client_jwk=CLIENT.canonical))
    later = ring(**{"client_jwk": CLIENT.canonical, **changes})
    assert code(ask(later, text, now=now)) == expected


def test_a_token_that_was_made_up_is_refused() -> None:
    keyring = ring(client_jwk=CLIENT.canonical)
    text = token_of(keyring)
    last = "0" if text[-1] != "0" else "1"
    for made_up in (text[:-1] + last, text.replace(ENTRY.key_id, "000000000000"), "swt_", "swt_x"):
        assert code(ask(keyring, made_up)) == "invalid_token"


def test_a_token_of_a_bound_key_needs_the_proof_too() -> None:
    keyring = ring(client_jwk=CLIENT.canonical, **DPOP)
    issued = keyring.issue_token(assertion(), client_ip=None, now_us=NOW)
    assert isinstance(issued, Issued)
    assert issued.scheme == "DPoP"
    assert code(ask(keyring, issued.text)) == "binding_required"
    assert code(ask(keyring, issued.text, dpop=proof(keyring, issued.text))) == "granted"
    assert code(ask(keyring, issued.text, dpop=proof(keyring, issued.text, credential=TEXT))) == "invalid_dpop_proof"


def test_a_token_does_not_outlast_its_key() -> None:
    keyring = ring(client_jwk=CLIENT.canonical, expires_us=NOW + 30 * SECOND)
    claimed = read_token(token_of(keyring))
    assert claimed is not None
    assert (claimed.expires_us, claimed.pepper_id) == (NOW + 30 * SECOND, PEPPERS.current_id)


@pytest.mark.parametrize("changes", [{"revoked_us": NOW}, {"org_active": False}, {"cidrs": ("10.0.0.0/8",)}])
def test_who_may_do_nothing_gets_no_token(changes: dict[str, Any]) -> None:
    keyring = ring(client_jwk=CLIENT.canonical, **changes)
    assert isinstance(keyring.issue_token(assertion(), client_ip="192.0.2.7", now_us=NOW), Denial)


def test_without_a_client_key_there_is_no_client() -> None:
    assert code(ring().issue_token(assertion(), client_ip=None, now_us=NOW)) == "invalid_client_assertion"
    assert code(empty_keyring().issue_token(assertion(), client_ip=None, now_us=NOW)) == "binding_unavailable"


_SHOWN = st.none() | st.text(max_size=60) | st.sampled_from(["a.b.c", "..", HEX, f"Hash={HEX}", "\udc80", "é" * 9])


@given(shown=st.fixed_dictionaries({"dpop": _SHOWN, "certificate": _SHOWN, "person": _SHOWN}), is_dpop=st.booleans())
def test_whatever_is_shown_nothing_raises_and_no_bound_key_opens(shown: dict[str, Any], *, is_dpop: bool) -> None:
    assert isinstance(ask(ring(x5t=X5T, **DPOP), is_dpop_scheme=is_dpop, **shown), Denial)
    answer = ask(ring(), is_dpop_scheme=is_dpop, **shown)
    has_claims = is_dpop or shown["dpop"] is not None or shown["person"] is not None
    assert isinstance(answer, Denial) is has_claims


@given(text=st.text(max_size=80), is_prefixed=st.booleans())
def test_no_text_is_a_token_or_an_assertion(text: str, *, is_prefixed: bool) -> None:
    keyring = ring(client_jwk=CLIENT.canonical)
    assert isinstance(ask(keyring, "swt_" + text if is_prefixed else text), Denial)
    assert isinstance(keyring.issue_token(text, client_ip=None, now_us=NOW), Denial)
