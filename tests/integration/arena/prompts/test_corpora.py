# SPDX-License-Identifier: Apache-2.0
import gzip
import json
import os
from pathlib import Path

import pytest

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.corpora import CorporaLibrary
from stillwatch.errors import BadInput


def row(prompt: str, **more: object) -> str:
    return json.dumps({"prompt": prompt, **more})


def written(folder: Path) -> Path:
    """A small folder in the right form."""
    for kind in "ABC":
        (folder / kind).mkdir(parents=True)
    lines = [row(f"solve problem {n}", response="not read") for n in range(60)]
    with gzip.open(folder / "A" / "sums.jsonl.gz", "wt") as file:
        file.write("\n".join(lines))
    bread = [row(f"why is my rye loaf number {n} so dense and sour") for n in range(40)]
    sails = [row(f"when do we reef the jib in force {n} at anchor") for n in range(40)]
    (folder / "B" / "people.jsonl").write_text("\n".join([*bread, "", *sails]))
    (folder / "C" / "tickets.jsonl").write_text("\n".join(row(f"ticket {n}", system="Sort it.") for n in range(30)))
    (folder / "C" / "exam_5shot.jsonl").write_text("\n".join(row(f"Question {n}\nAnswer:") for n in range(30)))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "corpora")


def test_each_kind_of_caller_draws_from_its_own_kind_of_corpus(folder: Path) -> None:
    library = CorporaLibrary(folder)
    assert all(text.prompt.startswith("solve problem") for text in library.harvest(50, Dice(1)))
    assert "loaf" in (said := library.person(Dice(1)).opening()) or "jib" in said
    assert all(prompt.startswith("Question") for prompt in library.examination())
    systems = {library.job(Dice(n))[0] for n in range(20)}
    assert any(system.startswith("Sort it. For ") for system in systems)
    assert len(library.assignment(Dice(1))) == 10


def test_person_keeps_to_a_few_topics(folder: Path) -> None:
    subjects = (
        "loaf crust rye",
        "jib reef keel",
        "queen hive swarm",
        "chord fret capo",
        "tax receipt audit",
        "yarn cable knit",
    )
    texts = [f"tell me about {a} and {b} and {c}, case {n}" for n in range(40) for a, b, c in map(str.split, subjects)]
    (folder / "B" / "people.jsonl").write_text("\n".join(map(row, texts)))
    library = CorporaLibrary(folder)
    for number in range(20):
        person = library.person(Dice(number))
        assert len({person.opening().split()[3] for _ in range(40)}) <= 4


def test_harvest_larger_than_the_corpus_repeats_it(folder: Path) -> None:
    assert len(CorporaLibrary(folder).harvest(150, Dice(1))) == 150


def test_same_folder_and_dice_give_the_same_callers(folder: Path) -> None:
    one, two = CorporaLibrary(folder), CorporaLibrary(folder)
    assert one.harvest(20, Dice(3)) == two.harvest(20, Dice(3))
    assert one.person(Dice(3)).opening() == two.person(Dice(3)).opening()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda f: (f / "B" / "people.jsonl").write_text('{"prompt": "x"}\n{broken'), "people.jsonl, line 2"),
        (lambda f: (f / "B" / "people.jsonl").write_text('{"prompt": 7}'), "people.jsonl, line 1"),
        (lambda f: (f / "B" / "people.jsonl").write_bytes(b'{"prompt": "\xff\xfe"}'), "people.jsonl, line 1"),
        (lambda f: (f / "B" / "people.jsonl").write_text('{"text": "no prompt here"}'), "holds no line"),
        (lambda f: (f / "A" / "sums.jsonl.gz").write_bytes(b"no gzip"), "cannot be read"),
        (
            lambda f: (f / "A" / "sums.jsonl.gz").write_bytes(gzip.compress(b'{"prompt": "x"}' * 99)[:40]),
            "cannot be read",
        ),
        (lambda f: (f / "A" / "sums.jsonl.gz").unlink(), "holds no prompts"),
    ],
)
def test_folder_that_cannot_be_used_is_refused_with_place_and_remedy(folder: Path, break_it: object, said: str) -> None:
    assert callable(break_it)
    break_it(folder)
    with pytest.raises(BadInput, match=said) as refused:
        CorporaLibrary(folder)
    assert "A/, B/ and C/" in refused.value.hint


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no folder of prompts"):
        CorporaLibrary(tmp_path / "nowhere")


@pytest.mark.shared
def test_real_corpora_can_be_read() -> None:
    data = Path(os.environ.get("STILLWATCH_SHARED", "../shared")) / "data"
    if not data.is_dir():
        pytest.skip(f"{data} is not there")
    library = CorporaLibrary(data)
    assert len({text.prompt for text in library.harvest(3_000, Dice(1))}) > 2_900
