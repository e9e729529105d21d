# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from typing import Any

import pytest

from fakes.policy import NOW, PACKS
from stillwatch.access.policy.proof.invariants import parse_invariants
from stillwatch.access.policy.settings import PolicySettings
from stillwatch.errors import BadInput
from stillwatch.service.policies import (
    invariant_texts,
    open_book,
    open_directive,
    open_facts,
    open_models,
    open_ownership_rules,
    open_rulebook,
    pack_notice,
)

RULE = '@id("own/a") @says("Nobody.") @source("us") forbid (principal, action, resource);'
DIRECTIVE = """
directive: D-1
models: [frontier]
source: s
reason: r
effective: 2026-06-12
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.cedar").write_text(RULE)
    (folder / "invariants.yaml").write_text("invariants: [{id: own/x, says: x, never: 'true'}]")
    (folder / "models.yaml").write_text("models: [{model: frontier, classes: [{control_class: 4E091}]}]")
    return folder


def test_the_packs_that_are_set_and_the_operator_s_folder_are_in_force(own: Path) -> None:
    assert {one.pack for one in open_book("current", PolicySettings()).rules} == {"house", "us"}
    book = open_rulebook(PolicySettings(packs=("uk",), folder=own)).book()
    assert {one.pack for one in book.rules} == {"uk", "own"}
    assert [one.model for one in open_models(PolicySettings(folder=own))] == ["frontier"]
    assert open_models(PolicySettings()) == ()


def test_a_place_is_a_folder_a_file_or_a_directive(own: Path, tmp_path: Path) -> None:
    settings = PolicySettings(packs=("house",))
    for place in (own, own / "a.cedar"):
        assert [one.rule_id for one in open_book(str(place), settings).rules] == ["own/a"]
    order = tmp_path / "order.yaml"
    order.write_text(DIRECTIVE)
    book = open_book(str(order), settings)
    assert {one.pack for one in book.rules} == {"house", "directive"}
    assert "directive/D-1/frontier" in {one.rule_id for one in book.in_force(NOW)}
    assert open_rulebook(settings, [open_directive(order)]).digest == book.digest


def test_invariants_of_packs_and_folder_are_readable(own: Path) -> None:
    found = invariant_texts(PolicySettings(packs=PACKS, folder=own))  # type: ignore[arg-type]
    assert len(found) == 5
    claims = [one for name, text in found for one in parse_invariants(text, name=name)]
    assert len({one.invariant_id for one in claims}) == len(claims) >= 14


@pytest.mark.parametrize("pack", PACKS)
def test_every_pack_says_when_it_was_reviewed_and_that_it_is_no_legal_advice(pack: str) -> None:
    notice = pack_notice(pack)
    assert "not legal advice" in notice.notice.lower()
    assert notice.reviewed.startswith("2026-")


def test_the_rules_of_ownership_are_the_shipped_ones_or_a_file_s(tmp_path: Path) -> None:
    shipped = open_ownership_rules()
    assert {one.rule_id for one in shipped} >= {"us-ofac-50", "us-bis-affiliates"}
    path = tmp_path / "rules.yaml"
    path.write_text(
        "rules: [{id: a, title: A, source: s, reviewed: never, threshold_percent: 25, inclusive: true, aggregate: true,"
        " cascade: true, lists: [{list: l, requirement: r}]}]"
    )
    assert [one.rule_id for one in open_ownership_rules(path)] == ["a"]


@pytest.mark.parametrize(
    ("opened", "says"),
    [
        (lambda folder: open_book(str(folder / "none.cedar"), PolicySettings()), "no file"),
        (lambda folder: open_book("current", PolicySettings(folder=folder / "none")), "no folder"),
        (open_facts, "cannot be read"),
        (lambda folder: open_directive(folder / "latin.yaml"), "UTF-8"),
        (lambda folder: open_book("current", PolicySettings(folder=folder)), "latin.cedar"),
    ],
)
def test_what_is_not_there_or_cannot_be_read_is_one_sentence(tmp_path: Path, opened: Any, says: str) -> None:
    for name in ("latin.yaml", "latin.cedar"):
        (tmp_path / name).write_bytes(b"\xe9\xff")
    with pytest.raises(BadInput, match=says):
        opened(tmp_path)
