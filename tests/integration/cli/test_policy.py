# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.terminal import Terminal
from stillwatch.access.policy.settings import PolicySettings
from stillwatch.service.policies import open_sources

FACTS = """
organisations:
  - org_id: example-1
    vetting: approved
    tier: 2
    hq_country: DE
    parent_countries: [DE]
    ownership_clear: [us-ofac-50, us-bis-affiliates, house-unsupported-regions]
    screened: [{name: csl, digest: "sha256:0"}]
    open_hits: 0
    confirmed_hits: 0
    terms: 2026-09
    models: ["*"]
    end_uses: [research]
    reseller: direct
keys:
  - {key_id: k1, account_id: a1, org_id: example-1, scopes: ["*"], models: ["*"]}
models:
  - {model: frontier, classes: [{control_class: 4E091}]}
"""
DIRECTIVE = """
directive: D-1
models: [frontier]
source: an order of 12 June 2026
reason: An order reserves this model.
effective: 2026-06-12T18:30:00-04:00
only: {organisations: [example-2]}
"""


@pytest.fixture
def facts(tmp_path: Path) -> str:
    path = tmp_path / "facts.yaml"
    path.write_text(FACTS)
    return str(path)


@pytest.fixture
def order(tmp_path: Path) -> str:
    path = tmp_path / "order.yaml"
    path.write_text(DIRECTIVE)
    return str(path)


def test_what_is_allowed_is_explained_with_its_source(terminal: Terminal, facts: str) -> None:
    said = terminal.good("policy", "explain", "frontier", "--as", "k1", "--facts", facts)
    assert "Allowed" in said
    assert "house/permit-inference" in said
    denied = terminal.json("policy", "explain", "other", "--as", "k1", "--facts", facts, "--action", "download_weights")
    assert denied["is_allowed"] is False
    assert "us/weights" in denied["rules"]


def test_a_directive_is_simulated_before_it_is_in_force(terminal: Terminal, facts: str, order: str) -> None:
    lost = terminal.json("policy", "simulate", "current", order, "--facts", facts)
    assert {(one["org_id"], one["action"], one["is_gained"]) for one in lost} == {
        ("example-1", action, False) for action in ("invoke", "stream", "reasoning", "logprobs")
    }
    early = terminal.good("policy", "simulate", "current", order, "--facts", facts, "--at", "2026-06-12")
    assert "Nobody gains or loses anything" in early


@pytest.mark.slow
def test_the_shipped_packs_and_a_directive_are_proved(terminal: Terminal, order: str) -> None:
    proofs = terminal.json("policy", "check", "--rules", order)["proofs"]
    assert {one["verdict"] for one in proofs} == {"proved"}
    assert proofs[-1]["invariant_id"] == "narrower"


def test_a_planted_hole_fails_with_a_request_that_shows_it(terminal: Terminal, tmp_path: Path) -> None:
    hole = tmp_path / "hole.cedar"
    house = open_sources(PolicySettings(packs=("house",)))[0].text
    hole.write_text(house.replace("principal.organisation.open_hits != 0", "principal.organisation.open_hits > 1"))
    shown = terminal.run("policy", "check", "--rules", str(hole))
    assert shown.code == 1
    assert "house/unresolved-hit" in shown.out
    assert "Allowed: a rule permits it" in shown.out
    assert "not proved" in shown.err


def test_a_pack_can_be_taken_over_into_a_folder_of_one_s_own(terminal: Terminal, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    text = terminal.good("policy", "pack", "us")
    (rules / "us.cedar").write_text(text.replace("2026-11-10/", "2027-11-10/"))
    (rules / "invariants-us.yaml").write_text(terminal.good("policy", "pack", "us", "--invariants"))
    terminal.config.write_text(f'data_dir = "data"\n[access.policy]\npacks = ["house"]\nfolder = "{rules}"\n')
    listed = terminal.json("policy", "rules")["rules"]
    affiliates = next(one for one in listed if one["rule"] == "us/affiliates")
    assert affiliates["in_force"].endswith("from 2027-11-10")
    assert len(listed) == len({one["rule"] for one in listed}) == 30
    terminal.config.write_text(f'data_dir = "data"\n[access.policy]\nfolder = "{rules}"\n')
    assert 'Two rules have the id "us/' in terminal.refused("policy", "rules")


def test_owners_are_weighed_in_words_and_drawn(terminal: Terminal, tmp_path: Path) -> None:
    dossiers = str(tmp_path / "sample.yaml")
    terminal.good("org", "sample", dossiers, "--count", "3")
    terminal.good("org", "import", dossiers, "--by", "Ana")
    org = terminal.json("org", "list")[0]["org_id"]
    drawn = tmp_path / "owners.svg"
    said = terminal.good("policy", "owners", org, "--listed", "self=ofac", "--picture", str(drawn))
    assert "us-ofac-50, in force from 2014-08-13" in said
    assert "is restricted by OFAC's 50 Percent Rule: blocked property" in said
    assert drawn.read_text().startswith("<svg")
    assert terminal.json("policy", "owners", org)["uk-50"]["rule_id"] == "uk-50"
    assert "OWNER=LIST" in terminal.refused("policy", "owners", org, "--listed", "ofac")
    assert "us-ofac-50" in terminal.refused("policy", "owners", org, "--picture", str(drawn), "--rule", "none")


def test_rules_and_schema_are_shown(terminal: Terminal) -> None:
    said = terminal.good("policy", "rules")
    assert "us/affiliates" in said
    assert "Not legal advice" in said
    assert terminal.json("policy", "rules")["digest"].startswith("sha256:")
    assert "entity Organisation" in terminal.good("policy", "schema")


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "frontier", "--as", "nobody", "--facts", "FACTS"),
        ("explain", "frontier", "--as", "k1", "--facts", "none.yaml"),
        ("simulate", "current", "none.cedar", "--facts", "FACTS"),
        ("check", "--at", "soon"),
    ],
)
def test_what_cannot_be_read_ends_with_one_sentence(terminal: Terminal, facts: str, arguments: tuple[str, ...]) -> None:
    terminal.refused("policy", *(facts if one == "FACTS" else one for one in arguments))
