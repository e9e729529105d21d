# SPDX-License-Identifier: Apache-2.0
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.detection.adapters import corpus_texts
from stillwatch.detection.adapters.corpus_texts import texts_of
from stillwatch.errors import BadInput

TEXTS = ["What is a moon?", "Wie hoch ist der Ätna?", "月はどれくらい遠いですか"]


def _read(path: Path, field: str | None = None) -> list[str]:
    return [text for batch in texts_of(path, field=field) for text in batch]


def _lines(field: str = "prompt") -> str:
    return "".join(json.dumps({"id": at, field: text, "meta": {"a": [1]}}) + "\n" for at, text in enumerate(TEXTS))


def test_every_kind_of_file_gives_the_same_texts(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(_lines() + "\n")
    (tmp_path / "b.ndjson").write_text(_lines("text"))
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(_lines().encode()))
    (tmp_path / "d.txt").write_text("\n".join(TEXTS) + "\n\n")
    (tmp_path / "e.txt.gz").write_bytes(gzip.compress("\n".join(TEXTS).encode()))
    pq.write_table(pa.table({"n": [1, 2, 3, 4], "text": [*TEXTS, None]}), tmp_path / "f.parquet")
    for path in sorted(tmp_path.iterdir()):
        assert _read(path) == TEXTS, path


def test_another_field_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(_lines("instruction"))
    pq.write_table(pa.table({"question": TEXTS, "text": ["", "", ""]}), tmp_path / "b.parquet")
    assert _read(tmp_path / "a.jsonl", "instruction") == TEXTS
    assert _read(tmp_path / "b.parquet", "question") == TEXTS


def test_a_prompt_goes_before_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "the whole of it", "prompt": "the question"}\n{"text": "only this"}\n')
    assert _read(tmp_path / "a.jsonl") == ["the question", "only this"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.jsonl", b'{"prompt": "x"}\n{"answer": "y"}\n', 'line 2 has no "prompt" or "text"'),
        ("a.jsonl", b'{"prompt": 7}\n', "line 1"),
        ("a.jsonl", b"{oops\n", "line 1"),
        ("a.jsonl.gz", b"no gzip", "cannot be read"),
        ("a.txt", b"fine\n\xff\xfe\n", "line 2 is not UTF-8"),
        ("a.parquet", b"PAR1 no PAR1", "cannot be read"),
        ("a.csv", b"prompt\n", "not named as a list"),
    ],
)
def test_what_cannot_be_read_says_where(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadInput, match=said):
        _read(path)


def test_a_table_without_the_column_says_how_to_name_it(tmp_path: Path) -> None:
    pq.write_table(pa.table({"question": TEXTS}), tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="--field"):
        _read(tmp_path / "a.parquet")
    with pytest.raises(BadInput, match="cannot be read"):
        _read(tmp_path / "none.jsonl")


def test_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_texts, "BATCH_TEXTS", 2)
    (tmp_path / "a.txt").write_text("\n".join(TEXTS))
    assert [len(batch) for batch in texts_of(tmp_path / "a.txt")] == [2, 1]
