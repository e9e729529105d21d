# SPDX-License-Identifier: Apache-2.0
import pytest

from stillwatch.access.periods import Period, parse_instant
from stillwatch.access.policy.facts import Circumstances, ControlClass, Credential, Vetting
from stillwatch.access.policy.facts_file import parse_facts
from stillwatch.errors import BadInput
from stillwatch.records.binding import Binding

FILE = """
organisations:
  - org_id: example-1
    vetting: approved
    tier: 2
    vetted_until: 2027-06-01
    parent_countries: [DE]
    credentials: [{scheme: soc2, until: 2027-01-01T00:00:00+00:00}, {scheme: iso27001, until: null}]
keys:
  - {key_id: k1, account_id: a1, org_id: example-1, scopes: [invoke], binding: 2}
models:
  - model: frontier
    classes:
      - {control_class: none, in_force: /2026-06-12}
      - {control_class: us-persons-only, in_force: "2026-06-12/2026-06-30, 2026-12-01/"}
circumstances:
  - {country: DE, standing: 0}
"""


def test_facts_are_read_with_their_days_and_periods() -> None:
    known = parse_facts(FILE, name="facts.yaml")
    org = known.organisations["example-1"]
    assert (org.vetting, org.tier, org.vetted_until_us) == (Vetting.APPROVED, 2, parse_instant("2027-06-01"))
    assert org.credentials == (
        Credential(scheme="soc2", until_us=parse_instant("2027-01-01")),
        Credential(scheme="iso27001"),
    )
    assert known.keys["k1"].binding is Binding.DPOP
    june, july = parse_instant("2026-06-12"), parse_instant("2026-06-30")
    assert known.models["frontier"].classes == (
        ControlClass(control_class="none", period=Period(None, june)),
        ControlClass(control_class="us-persons-only", period=Period(june, july)),
        ControlClass(control_class="us-persons-only", period=Period(parse_instant("2026-12-01"), None)),
    )
    assert known.circumstances == (Circumstances(country="DE", standing=0),)


def test_the_digest_is_that_of_the_row() -> None:
    first, other = (parse_facts(text, name="x") for text in (FILE, FILE.replace("tier: 2", "tier: 3")))
    assert first.organisations["example-1"].digest != other.organisations["example-1"].digest
    assert first.keys["k1"].digest == other.keys["k1"].digest


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("tier: 2", "teir: 2", "example-1"),
        ("tier: 2", "tier: two", "example-1"),
        ("vetting: approved", "vetting: yes", "example-1"),
        ("vetted_until: 2027-06-01", "vetted_until: soon", "soon"),
        ("org_id: example-1, scopes", "org_id: example-2, scopes", "which is not there"),
        ("organisations:", "organizations:", "organizations"),
        ("/2026-06-12}", "soon}", "periods"),
        ("model: frontier", "model: frontier\n    colour: red", "colour"),
        ("    classes:\n", "    classes: none\n    x:\n", "classes is not a list"),
        ("{control_class: none, in_force: /2026-06-12}", "{class: none}", "control_class"),
        ("keys:", "keys:\n  - {key_id: k1, account_id: a1, org_id: example-1}", "twice"),
        ("models:", "models:\n  - {model: frontier}", "twice"),
    ],
)
def test_what_is_no_list_of_facts_is_refused_in_one_sentence(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_facts(FILE.replace(old, new, 1), name="facts.yaml")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
