# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import numpy as np
import pytest
from dev import make_public_corpora

from stillwatch.detection.corpora import hashes_of
from stillwatch.errors import BadInput, IntegrityError
from stillwatch.service import corpora
from stillwatch.service.corpora import add_corpus, open_corpora, own_corpora, remove_corpus, shipped_corpora

TEXTS = [f"What is the {number}th moon of Saturn called?" for number in range(100)]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "moons.txt"
    path.write_text("\n".join([*TEXTS, TEXTS[0].upper(), "Hello"]) + "\n")
    return path


def test_a_list_is_added_found_and_removed(tmp_path: Path, texts: Path) -> None:
    index = tmp_path / "made" / "prompts.corpora"
    told: list[tuple[int, int]] = []
    added = add_corpus(index, "moons", [texts, texts], progress=lambda *seen: told.append(seen))
    assert (added.entry.texts, added.entry.prompts, added.entry.source) == (204, 100, "moons.txt, moons.txt")
    assert told
    assert told[-1][0] == 204
    (moons,) = (one for one in open_corpora(index) if one.name == "moons")
    assert moons.has(hashes_of(TEXTS)).all()
    add_corpus(index, "others", [texts])
    remove_corpus(index, "moons")
    assert [one.entry.name for one in own_corpora(index)] == ["others"]


def test_many_texts_are_gathered_in_parts(tmp_path: Path, texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "PENDING", 1)
    assert add_corpus(tmp_path / "i", "moons", [texts, texts]).entry.prompts == 100
    monkeypatch.setattr(corpora, "LARGEST", 50)
    with pytest.raises(BadInput, match="several lists"):
        add_corpus(tmp_path / "i", "more", [texts])


def test_names_are_kept_apart(tmp_path: Path, texts: Path) -> None:
    index = tmp_path / "i"
    add_corpus(index, "moons", [texts])
    for name, said in (("moons", "already"), ("gsm8k-train", "already"), ("Moons!", "small letters"), ("", "cannot")):
        with pytest.raises(BadInput, match=said):
            add_corpus(index, name, [texts])
    with pytest.raises(BadInput, match="ships"):
        remove_corpus(index, "gsm8k-train")
    with pytest.raises(BadInput, match="corpus list"):
        remove_corpus(index, "stars")


def test_a_list_of_nothing_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello\nHi\n")
    with pytest.raises(BadInput, match="long enough"):
        add_corpus(tmp_path / "i", "greetings", [tmp_path / "a.txt"])
    assert own_corpora(tmp_path / "i") == []


def test_a_damaged_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "i").write_bytes(b"not an index of anything")
    with pytest.raises(IntegrityError, match="damaged"):
        open_corpora(tmp_path / "i")


def test_what_ships_is_whole_sorted_small_and_says_where_it_is_from() -> None:
    for one in shipped_corpora():
        assert (np.diff(one.corpus.hashes) > 0).all()
        assert any(licence in one.entry.source for licence in ("MIT", "Apache-2.0"))
    assert {one.name for one in open_corpora(None)} >= {"gsm8k-train", "evol-instruct-code"}
    assert 8 * sum(one.entry.prompts for one in shipped_corpora()) < 300_000


@pytest.mark.shared
def test_what_ships_is_what_its_script_makes_of_the_corpora() -> None:
    data = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data"
    if not data.is_dir():
        pytest.skip("the real corpora are not here; STILLWATCH_SHARED says where they are")
    for one, shipped in zip(make_public_corpora.made(data), shipped_corpora(), strict=True):
        assert one.entry == shipped.entry
        assert np.array_equal(one.corpus.hashes, shipped.corpus.hashes)
