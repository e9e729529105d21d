# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.holder import Holder
from stillwatch.access.binding.person import MEMORY, Attestor, Person
from stillwatch.access.binding.places import Places
from stillwatch.records.binding import ExportClass

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
NOW_SECONDS = NOW // SECOND
URL = "https://api.example.com"
PARTNER = Holder("partner")
TRUSTED = (Holder("old").canonical, PARTNER.canonical)


def attestor() -> Attestor:
    return Attestor(Places([URL]), assertion_seconds=3_600)


def assertion(holder: Holder = PARTNER, org_id: str = "acme", **changes: Any) -> str:
    known: dict[str, Any] = {"audience": URL, "now_us": NOW}
    return holder.person(org_id, **{**known, **changes})


def outcome(
    attestor: Attestor, token: str, *, org_id: str = "acme", trusted: tuple[str, ...] = TRUSTED, now: int = NOW
) -> str:
    """The class, or what is wrong."""
    try:
        return attestor.check(token, org_id=org_id, trusted=trusted, now_us=now).export_class
    except ValueError as error:
        return str(error)


def test_a_person_has_a_pseudonym_a_class_and_evidence() -> None:
    person = attestor().check(assertion(), org_id="acme", trusted=TRUSTED, now_us=NOW)
    assert person == Person("p-7", ExportClass.US_PERSON, "sha256:" + "0" * 64)


@pytest.mark.parametrize("export_class", ["us_person", "a5_a6", "other", "d5"])
def test_every_class_can_be_attested(export_class: str) -> None:
    assert outcome(attestor(), assertion(export_class=export_class)) == export_class


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"export_class": "unattested"}, "names no class"),
        ({"export_class": "US_PERSON"}, "names no class"),
        ({"export_class": None}, "names no class"),
        ({"export_class": ["us_person"]}, "names no class"),
        ({"iss": "other"}, "another organisation"),
        ({"aud": "https://other.test"}, "another service"),
        ({"typ": "JWT"}, "type"),
        ({"sub": None}, "its sub"),
        ({"sub": "A Name"}, "pseudonym"),
        ({"sub": "x" * 129}, "pseudonym"),
        ({"evidence": None}, "its evidence"),
        ({"evidence": "sha256:x"}, "digest"),
        ({"exp": NOW_SECONDS + 3_601}, "does not last"),
        ({"exp": NOW_SECONDS}, "does not last"),
        ({"exp": None}, "its exp"),
        ({"iat": None}, "its iat"),
        ({"iat": NOW_SECONDS - 600, "exp": NOW_SECONDS - 1}, "expired"),
        ({"iat": NOW_SECONDS + 60, "exp": NOW_SECONDS + 120}, "not valid yet"),
        ({"holder": Holder("thief")}, "not signed"),
    ],
)
def test_each_claim_must_hold(changes: dict[str, Any], said: str) -> None:
    assert said in outcome(attestor(), assertion(**changes))


def test_an_organisation_of_which_no_key_is_trusted_attests_nothing() -> None:
    assert "no key is trusted" in outcome(attestor(), assertion(), trusted=())


def test_what_was_verified_is_forgotten_with_the_key_and_with_its_time() -> None:
    known, token = attestor(), assertion()
    assert outcome(known, token) == "us_person"
    assert outcome(known, token, now=NOW + 599 * SECOND) == "us_person"
    assert "expired" in outcome(known, token, now=NOW + 600 * SECOND)
    assert "not valid yet" in outcome(known, token, now=NOW - 60 * SECOND)
    assert "not signed" in outcome(known, token, trusted=TRUSTED[:1])
    # Another organisation that trusts the same key does not inherit the first one's person.
    assert "another organisation" in outcome(known, token, org_id="other")


def test_memory_is_bounded() -> None:
    known = attestor()
    token = assertion()
    outcome(known, token)
    for number in range(3):
        outcome(known, assertion(sub=f"p-{number}"))
    assert len(known._seen) == 4 <= MEMORY


@given(st.text(max_size=300))
def test_no_text_attests_anything(text: str) -> None:
    assert outcome(attestor(), text) not in set(ExportClass)
