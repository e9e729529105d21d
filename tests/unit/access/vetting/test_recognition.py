# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from msgspec.structs import replace

from fakes.credentials import SECOND, issuer_key, public, sd_jwt, status_list
from fakes.dossiers import NOW, NOW_US, certified, lei, proof, whole
from stillwatch.access.vetting.dossier import Confidence, Dossier
from stillwatch.access.vetting.recognition import (
    Issuer,
    Judged,
    Recognition,
    carried_until,
    judge,
    parse_recognition,
    reach,
    verified,
)
from stillwatch.access.vetting.sd_jwt import keys_of
from stillwatch.errors import BadInput, IntegrityError

ISO = Recognition(scheme="iso27001", tier=2, max_age_days=365, source="the standard")
STRICT = Recognition(scheme="rand-sl", tier=4, max_age_days=365, source="the report", levels=("4",), signed=True)
KEY = issuer_key()
URI = "https://issuer.example/status/1"
ISSUER = Issuer("https://issuer.example", keys_of(public(KEY)), {URI: status_list(URI, [0, 1], KEY)})
ISSUERS = {ISSUER.iss: ISSUER}
CLAIMS = {
    "iss": ISSUER.iss, "iat": SECOND - 86_400, "exp": SECOND + 86_400 * 100, "vct": "urn:example:assurance",
    "scheme": "rand-sl", "level": "4", "scope": "Example datacentre", "lei": lei(1),
}  # fmt: skip


def judged(dossier: Dossier, *table: Recognition, days: float = 0) -> Judged:
    (found,) = judge(dossier, table, ISSUERS, at=NOW + timedelta(days=days))
    return found


def signed(**changes: Any) -> Dossier:
    return whole(assurance=certified("iso27001", sd_jwt=sd_jwt(CLAIMS | changes, KEY)))


def test_a_certification_carries_what_the_policy_says_until_the_first_end() -> None:
    found = judged(whole(assurance=certified()), ISO)
    assert (found.tier, found.until, found.why) == (2, NOW + timedelta(days=185), "the standard")
    assert judged(whole(assurance=certified(days=20)), ISO).until == NOW + timedelta(days=20)
    assert judged(whole(assurance=certified(proof=proof(10))), ISO).until == NOW + timedelta(days=10)


@pytest.mark.parametrize(
    ("dossier", "line", "days"),
    [
        (whole(assurance=certified("soc2-type2")), ISO, 0.0),
        (whole(assurance=certified()), ISO, 185.0),
        (whole(assurance=certified()), ISO, -181.0),
        (whole(assurance=certified(issuer="Somebody")), replace(ISO, issuers=("Example Auditors",)), 0.0),
        (whole(assurance=certified(level="1")), replace(ISO, levels=("2", "3")), 0.0),
        (whole(assurance=certified()), replace(ISO, signed=True), 0.0),
        (whole(assurance=certified()), replace(ISO, confidence=Confidence.CONFIRMED), 0.0),
    ],
)
def test_what_the_policy_does_not_recognise_carries_nothing(dossier: Dossier, line: Recognition, days: float) -> None:
    found = judged(dossier, line, days=days)
    assert (found.tier, found.until) == (0, None)
    assert "no line of the policy" in found.why


def test_the_line_that_reaches_furthest_counts() -> None:
    wider = Recognition(scheme="iso27001", tier=3, max_age_days=200, source="s", issuers=("Example Auditors",))
    found = judged(whole(assurance=certified()), ISO, wider, ISO)
    assert (found.tier, found.until) == (3, NOW + timedelta(days=20))
    assert judged(whole(assurance=certified()), ISO, wider, days=30).tier == 2


def test_what_a_signed_credential_says_wins_over_what_was_written_beside_it() -> None:
    found = judged(signed(), STRICT)
    assert (found.tier, found.credential.scheme, found.credential.issuer) == (4, "rand-sl", ISSUER.iss)
    assert found.until == NOW + timedelta(days=100)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"iss": "https://other.example"}, "issuer is not configured"),
        ({"lei": lei(2)}, "not about this organisation"),
        ({"lei": None}, "not about this organisation"),
        ({"registration_number": "HRB 2"}, "not about this organisation"),
        ({"exp": SECOND}, "expired"),
        ({"exp": None}, "exp that is no time"),
        ({"iat": None}, "iat that is no time"),
        ({"scheme": 7}, "does not say"),
        ({"scope": None}, "does not say"),
        ({"status": {"status_list": {"uri": URI, "idx": 1}}}, "taken back"),
        ({"status": {"status_list": {"uri": URI + "0", "idx": 0}}}, "not at hand"),
        ({"status": {}}, "status that cannot be read"),
    ],
)
def test_a_signed_credential_that_does_not_hold_carries_nothing(changes: dict[str, Any], says: str) -> None:
    found = judged(signed(**changes), STRICT)
    assert found.tier == 0
    assert says in found.why


def test_a_forged_credential_carries_nothing_though_the_fields_beside_it_would() -> None:
    forged = whole(assurance=certified(sd_jwt=sd_jwt(CLAIMS, issuer_key())))
    assert judged(forged, ISO, STRICT).tier == 0
    with pytest.raises(IntegrityError):
        verified(forged.assurance.credentials[0], forged, ISSUERS, now_us=NOW_US)  # type: ignore[union-attr]


def test_a_registration_number_names_the_organisation_too() -> None:
    changes = {"lei": None, "registration_number": "hrb-1"}
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    assert judged(whole(assurance=certified(sd_jwt=sd_jwt(claims, KEY))), STRICT).tier == 4
    held = CLAIMS | {"status": {"status_list": {"uri": URI, "idx": 0}}}
    assert judged(whole(assurance=certified(sd_jwt=sd_jwt(held, KEY))), STRICT).tier == 4


def test_the_best_of_several_counts_and_the_longest_of_the_best() -> None:
    ends = [NOW + timedelta(days=days) for days in (1, 2, 3)]
    (one,) = judge(whole(assurance=certified()), [ISO], {}, at=NOW)
    several = [one._replace(tier=tier, until=end) for tier, end in zip((3, 3, 2), ends, strict=True)]
    assert (reach(several), carried_until(several, 3), carried_until(several, 1)) == (3, ends[1], ends[2])
    assert (reach([]), carried_until(several, 4)) == (0, None)


def test_the_policy_that_is_shipped_is_read_and_sourced() -> None:
    text = files("stillwatch.access.vetting").joinpath("recognised.yaml").read_text()
    table = parse_recognition(text, name="recognised.yaml")
    assert {line.scheme for line in table} == {
        "soc2", "iso27001", "iso42001", "fedramp_moderate", "fedramp_high", "rand_sl3", "rand_sl4", "rand_sl5"
    }  # fmt: skip
    assert all(line.source and 1 <= line.tier <= 4 for line in table)


def test_a_policy_at_fault_is_named_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"p.yaml, line 3: \[0\].tier should be int >= 1"):
        parse_recognition("- scheme: x\n  max_age_days: 3\n  tier: 0\n  source: s\n", name="p.yaml")
