# SPDX-License-Identifier: Apache-2.0
"""Writes the index of public lists that ships with the program, from corpora whose licences allow it.

It holds 64-bit hashes and no text. Give the folder that has the corpora as ``A/NAME.jsonl.gz``:

    python dev/make_public_corpora.py FOLDER
"""

import sys
from pathlib import Path

from stillwatch.detection.adapters.corpus_index import read_index, write_index
from stillwatch.detection.corpora import Listed
from stillwatch.service.corpora import SHIPPED, read_corpus

TARGET = Path(__file__).resolve().parent.parent / "src" / "stillwatch" / "detection" / SHIPPED
LARGEST_BYTES = 300_000
LISTS = {
    "evol-instruct-code": (
        "evol_instruct_code",
        "github.com/nickrosh/evol-teacher, EvolInstruct-Code-8k, Apache-2.0",
    ),
    "gpteacher-toolformer": (
        "gpteacher_toolformer",
        "github.com/teknium1/GPTeacher, Toolformer, commit 481075123c29, MIT",
    ),
    "gsm8k-train": (
        "gsm8k_train_seeds",
        "github.com/openai/grade-school-math, train.jsonl, commit 3101c7d50724, MIT",
    ),
    "toolbench-tooleval": (
        "toolbench_queries",
        "github.com/OpenBMB/ToolBench, tooleval default_evalset, commit d56fdd89faf8, Apache-2.0",
    ),
}
"""Each list's name, its file's name, and where it is from and under which licence."""


def made(folder: Path) -> list[Listed]:
    """Make the lists."""
    return [read_corpus(name, [folder / "A" / f"{file}.jsonl.gz"], source) for name, (file, source) in LISTS.items()]


def main(folder: Path) -> None:
    """Write the index."""
    write_index(TARGET, made(folder))
    size = TARGET.stat().st_size
    for one in read_index(TARGET):
        print(f"{one.entry.name}: {one.entry.prompts:,} prompts of {one.entry.texts:,} texts")
    print(f"{TARGET}: {size:,} bytes")
    if size > LARGEST_BYTES:
        raise SystemExit(f"The index is larger than {LARGEST_BYTES:,} bytes.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
