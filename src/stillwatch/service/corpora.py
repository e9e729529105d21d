# SPDX-License-Identifier: Apache-2.0
"""Public lists of prompts: those that ship with the program, and the operator's own, in one index each."""

import fcntl
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from stillwatch.detection.adapters.corpus_index import entry_of, read_index, write_index
from stillwatch.detection.adapters.corpus_texts import texts_of
from stillwatch.detection.corpora import Corpus, Ints, Listed, hashes_of
from stillwatch.errors import BadInput

SHIPPED = "public.corpora"
"""The index in the package ``stillwatch.detection``."""
LARGEST = 32_000_000
"""Texts of one list: its hashes are sorted in memory, eight bytes each, twice over."""
PENDING = 1_000_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def shipped_corpora() -> list[Listed]:
    """Give the lists that ship with the program."""
    with as_file(files("stillwatch.detection") / SHIPPED) as path:
        return read_index(path)


def own_corpora(index: Path) -> list[Listed]:
    """Give the operator's own lists; none where there is no index.

    Raises:
        IntegrityError: The index is damaged.
        BadInput: It is of another version, or cannot be read.
    """
    return read_index(index)


def open_corpora(index: Path | None) -> tuple[Corpus, ...]:
    """Give every list there is to look prompts up in.

    Args:
        index: The operator's own, which need not exist; None for none.

    Raises:
        IntegrityError: The index is damaged.
        BadInput: It is of another version, or cannot be read.
    """
    own = [] if index is None else own_corpora(index)
    return tuple(one.corpus for one in (*shipped_corpora(), *own) if one.entry.prompts)


def add_corpus(
    index: Path,
    name: str,
    paths: Sequence[Path],
    *,
    field: str | None = None,
    progress: Callable[[int, int], None] = lambda _texts, _prompts: None,
) -> Listed:
    """Add a list to the operator's index. A gateway that runs takes note when it is started again.

    Args:
        index: The index; it is made where it does not exist.
        name: The list's name: small letters, digits, dot, dash and underscore.
        paths: Files that ``texts_of`` reads.
        field: Where in an object or row the text is; see there.
        progress: Called now and then with the texts read and the prompts kept so far.

    Raises:
        BadInput: The name cannot be used, a file cannot be read, or there is nothing in them.
        IntegrityError: The index is damaged.
        Unavailable: The index cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"The name {name[:80]!a} cannot be used.", hint="Write small letters, digits, dots, dashes and underscores."
        )
    with _alone(index):
        kept = read_index(index)
        if any(one.entry.name == name for one in (*shipped_corpora(), *kept)):
            raise BadInput(
                f'There is a list "{name}" already.', hint=f"Remove it with `stillwatch corpus remove {name}`."
            )
        made = read_corpus(name, paths, ", ".join(path.name for path in paths), field=field, progress=progress)
        write_index(index, [*kept, made])
    return made


def read_corpus(
    name: str,
    paths: Sequence[Path],
    source: str,
    *,
    field: str | None = None,
    progress: Callable[[int, int], None] = lambda _texts, _prompts: None,
) -> Listed:
    """Make a list of files' texts, without adding it to an index. See ``add_corpus``.

    Raises:
        BadInput: A file cannot be read, there are too many prompts, or none.
    """
    hashes, texts = _hashes(paths, field, progress)
    if not len(hashes):
        raise BadInput("No prompt in these files is long enough to tell a list by.")
    return entry_of(name, hashes, source=source, texts=texts)


def remove_corpus(index: Path, name: str) -> None:
    """Take a list out of the operator's index.

    Raises:
        BadInput: It has no such list.
        IntegrityError: The index is damaged.
        Unavailable: The index cannot be written.
    """
    with _alone(index):
        kept = read_index(index)
        left = [one for one in kept if one.entry.name != name]
        if len(left) == len(kept):
            is_shipped = any(one.entry.name == name for one in shipped_corpora())
            hint = "It ships with Stillwatch and stays." if is_shipped else "See `stillwatch corpus list`."
            raise BadInput(f"The index has no list {name[:80]!a} that can be removed.", hint=hint)
        write_index(index, left)


def _hashes(paths: Sequence[Path], field: str | None, progress: Callable[[int, int], None]) -> tuple[Ints, int]:
    """Give the distinct hashes of the files' texts, ascending, and how many texts there were."""
    whole = np.zeros(0, np.int64)
    held: list[Ints] = []
    texts = pending = 0
    for path in paths:
        for batch in texts_of(path, field=field):
            held.append(hashes_of(batch))
            texts += len(batch)
            pending += len(held[-1])
            if pending >= PENDING:
                whole, held, pending = np.unique(np.concatenate((whole, *held))), [], 0
            if len(whole) > LARGEST:
                raise BadInput(
                    f"A list may have {LARGEST:,} prompts.", hint="Add it as several lists, each of some of the files."
                )
            progress(texts, len(whole) + pending)
    return np.unique(np.concatenate((whole, *held))), texts


@contextmanager
def _alone(index: Path) -> Iterator[None]:
    """Keep other commands from changing the index meanwhile.

    Raises:
        BadInput: The folder cannot be used.
    """
    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        lock = index.with_name(f".{index.name}.lock").open("w")
    except OSError as error:
        raise BadInput(f"The folder {index.parent} cannot be used: {error.strerror}.") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
