# SPDX-License-Identifier: Apache-2.0
"""What is remembered of every account: sums, counts and small samples, under two kilobytes each however long it talks.

The census is the one mutable thing in detection, because it is what grows with the traffic. Nothing in it is evidence
against anyone; it is what the next pass needs. All arrays have one row an account, in the order in which accounts were
first seen.

The *open stream* of an account is what can be compared between strangers: first messages that no second one followed,
sent without a system prompt or with one that other organisations use too. A system prompt private to one organisation
explains why its exchanges resemble each other; one shared by strangers does not.

Symbols: A accounts, D dimensions.
"""

from collections import OrderedDict
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from stillwatch.detection.cells import Cells
from stillwatch.detection.content import DIMENSIONS, ContentSpace, Floats, Prompts
from stillwatch.detection.cues import CUE_BITS
from stillwatch.detection.growing import Shapes, grow
from stillwatch.detection.sightings import WORTH_SCALE
from stillwatch.detection.tempo import Life
from stillwatch.detection.tokens import HELD_KINDS, TOKEN_KINDS, Holders
from stillwatch.detection.window import Window

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TOKENS_KEPT = 4
"""Different tokens of one kind that are kept of one account; a caller on the move has many networks and shares none."""
PROMPTS_KEPT = 24
"""Prompt hashes kept of one account: the smallest, so that two accounts keep the same ones."""
MODEL = TOKEN_KINDS.index("model")
NO_PROMPT = np.iinfo(np.int64).max
SYSTEMS_KEPT = 200_000
GROWTH = 16
"""Room is made for one more account in so many: little is held in vain, and making it seldom copies."""
_SHARED = -1


class Census:
    """Every account's record.

    Args:
        seed: Of the content space.
        memory_s: Age in seconds at which an account's record begins anew.
    """

    def __init__(self, *, seed: int, memory_s: float) -> None:
        self.space = ContentSpace(seed=seed)
        self.memory_s = memory_s
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self.orgs: dict[str, int] = {}
        self.holders = Holders()
        self.cells = Cells()
        self.started_s = float("inf")
        self._systems: OrderedDict[int, int] = OrderedDict()
        self._size = 0
        self._newest: Window | None = None
        self._steps = 0
        """How many steps of taking in the newest window are done."""
        self._allocate(256)

    def __len__(self) -> int:
        return self._size

    def _allocate(self, rows: int) -> None:
        """Make room for ``rows`` accounts, keeping what is there."""
        shapes: Shapes = {
            "org": ((), np.int64, 0),
            "rank": ((), np.int64, 0),
            "ever": ((), np.int64, 0),
            "total_count": ((), np.float64, 0),
            "total_first": ((), np.float64, np.inf),
            "total_last": ((), np.float64, -np.inf),
            "count": ((), np.float64, 0),
            "first": ((), np.float64, np.inf),
            "last": ((), np.float64, -np.inf),
            "signup": ((), np.float64, np.nan),
            "square": ((), np.float64, 0),
            "contents": ((), np.float32, 0),
            "eliciting": ((), np.float32, 0),
            "cues": ((len(CUE_BITS),), np.float32, 0),
            "answers": ((), np.float64, 0),
            "worth": ((), np.float64, 0),
            "tokens": ((len(TOKEN_KINDS), TOKENS_KEPT), np.int64, 0),
            "model_since": ((TOKENS_KEPT,), np.float64, np.inf),
            "prompts": ((PROMPTS_KEPT,), np.int64, NO_PROMPT),
            "content": ((DIMENSIONS,), np.float32, 0),
        }
        grow(self, shapes, rows, used=self._size)

    org: Ints
    """Index of the account's organisation."""
    rank: Ints
    """A hash of the account's name: the order in which accounts are drawn for a sample, the same in every run."""
    ever: Ints
    """How many exchanges it ever had, what is forgotten included."""
    total_count: Doubles
    total_first: Doubles
    total_last: Doubles
    """All its exchanges: how many, and the first and last instant, seconds since the epoch."""
    count: Doubles
    first: Doubles
    last: Doubles
    """The same of its open stream, as far as it has content."""
    signup: Doubles
    """When the account was made; NaN where not known."""
    square: Doubles
    """Sum of the squared lengths of its content vectors."""
    contents: Floats
    eliciting: Floats
    """How many of its exchanges have content, and how many of these ask for what trains a copy."""
    cues: Floats
    """How many of its prompts carry each cue, in the order of ``CUE_BITS``."""
    answers: Doubles
    worth: Doubles
    """How many of its answers have a known length, and the sum of these lengths' binary logarithms."""
    tokens: Ints
    """The first few tokens of each kind; 0 where there is none. What is not known is not kept, and so holds against
    nobody. Shape (A, kinds, kept)."""
    model_since: Doubles
    """When each model among its tokens was first used. Shape (A, kept)."""
    prompts: Ints
    """The smallest prompt hashes of its open stream, ascending; ``NO_PROMPT`` where there are no more."""
    content: Floats
    """Sum of the content vectors of its open stream. Shape (A, D)."""

    def life(self, rows: Ints) -> Life:
        """All that some accounts did: when they began and ended, and how often they asked. Shapes of ``rows``."""
        return Life(first=self.total_first[rows], last=self.total_last[rows], count=self.total_count[rows])

    def drawn(self, most: int) -> Ints:
        """Give the rows of a sample of the accounts, ascending: those whose names hash smallest, at most ``most``.

        It is the same in every run, whatever the order of arrival.
        """
        rank = self.rank[: self._size]
        if len(rank) <= most:
            return np.arange(len(rank))
        picked: Ints = np.sort(np.argpartition(rank, most)[:most])
        return picked

    def absorb(self, window: Window) -> Ints:
        """Take in what has become known, and give the rows of the accounts that were active.

        Where it raises, the same window may be given again: it goes on with the step that failed.
        """
        if window is not self._newest:
            self._newest, self._steps = window, 0
        for at, (step, table) in enumerate(
            (
                (self._note_activity, window.activity),
                (self._note_tokens, window.postings),
                (self._learn, window.lessons),
                (self._note_systems, window.systems),
                (self._note_firsts, window.firsts),
            )
        ):
            if at >= self._steps:
                step(table)
                self._steps += 1
        return np.unique(self._rows(window.activity))

    def _note_activity(self, table: pa.Table) -> None:
        """Count, and enrol who is new in the order of first sight."""
        if not table.num_rows:
            return
        first = _numbers(table, "first_us") / 1e6
        names = table["account"].to_pylist()
        order = sorted(range(len(names)), key=lambda at: (first[at], names[at]))
        orgs = table["org"].to_pylist()
        for at in order:
            if names[at] not in self.index:
                self._enrol(names[at], orgs[at])
        rows = np.fromiter((self.index[name] for name in names), np.int64, len(names))
        last = _numbers(table, "last_us") / 1e6
        self._begin_anew(np.unique(rows[last - self.total_first[rows] > self.memory_s]))
        self.started_s = min(self.started_s, float(first.min()))
        np.add.at(self.ever, rows, _numbers(table, "count"))
        np.add.at(self.total_count, rows, _numbers(table, "count"))
        np.minimum.at(self.total_first, rows, first)
        np.maximum.at(self.total_last, rows, last)
        np.add.at(self.contents, rows, _numbers(table, "contents"))
        np.add.at(self.eliciting, rows, _numbers(table, "eliciting"))
        for at, bit in enumerate(CUE_BITS.values()):
            np.add.at(self.cues[:, at], rows, _numbers(table, f"cue_{bit}"))
        np.add.at(self.answers, rows, _numbers(table, "answers"))
        np.add.at(self.worth, rows, _numbers(table, "worth") / WORTH_SCALE)
        signup = table["signup_us"].cast(pa.float64()).to_numpy() / 1e6
        known = ~np.isnan(signup)
        self.signup[rows[known]] = signup[known]

    def _note_tokens(self, table: pa.Table) -> None:
        """Keep the first few tokens of each kind."""
        rows = self._rows(table)
        tokens = _numbers(table, "token").astype(np.int64)
        kinds = table["kind"].to_pylist()
        since = (_numbers(table, "first_us") / 1e6).tolist()
        for row, kind_name, token, since_s in zip(rows.tolist(), kinds, tokens.tolist(), since, strict=True):
            kind = TOKEN_KINDS.index(kind_name)
            kept = self.tokens[row, kind]
            room = np.flatnonzero((kept == token) | (kept == 0))
            if len(room) and kept[room[0]] != token:
                kept[room[0]] = token
                if kind_name in HELD_KINDS:
                    self.holders.add(kind, token, int(self.org[row]))
                if kind == MODEL:
                    self.model_since[row, room[0]] = since_s

    def _learn(self, table: pa.Table) -> None:
        """Learn what is common from everybody's traffic: a campaign may be most of the open stream, not of all."""
        if table.num_rows:
            self.space.learn(prompts_of(table), 1.0 / np.maximum(_numbers(table, "k"), 1.0))

    def _note_systems(self, table: pa.Table) -> None:
        for system, org_name in zip(table["system_hash"].to_pylist(), table["org"].to_pylist(), strict=True):
            # An account may be seen under two organisations, and is enrolled under the first alone.
            org = self.orgs.setdefault(org_name, len(self.orgs))
            known = self._systems.get(system)
            if known is None:
                self._systems[system] = org
                if len(self._systems) > SYSTEMS_KEPT:
                    self._systems.popitem(last=False)
            elif known not in (_SHARED, org):
                self._systems[system] = _SHARED

    def _note_firsts(self, table: pa.Table) -> None:
        """Add the content of first messages that nothing followed."""
        is_open = self._is_open(_numbers(table, "system_hash").astype(np.int64))
        table = table.filter(pa.array(is_open))
        if not table.num_rows:
            return
        rows = self._rows(table)
        self._note_prompts(rows, _numbers(table, "prompt_hash").astype(np.int64))
        has_content = table["has_content"].to_numpy()
        table, rows = table.filter(pa.array(has_content)), rows[has_content]
        if not table.num_rows:
            return
        at_s = _numbers(table, "ts_us") / 1e6
        vectors = self.space.embed(prompts_of(table))
        self._sort_into_cells(rows, _numbers(table, "system_hash").astype(np.int64), at_s, vectors)
        active, position, inverse = np.unique(rows, return_index=True, return_inverse=True)
        owners = sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (inverse, np.arange(len(rows)))), shape=(len(active), len(rows))
        )
        self.content[active] += owners @ vectors
        self.square += np.bincount(
            rows, np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64), minlength=len(self.square)
        )
        self.count += np.bincount(rows, minlength=len(self.count))
        np.minimum.at(self.first, rows, at_s)
        np.maximum.at(self.last, rows, at_s)
        self.space.remember(vectors[position])

    def _sort_into_cells(self, rows: Ints, systems: Ints, at_s: Doubles, vectors: Floats) -> None:
        """Keep apart what accounts with two streams send under a shared system prompt."""
        inside, made, is_whole = self.cells.choose(rows, systems, self.count)
        past = made[is_whole]
        cells = self.cells.of(past)
        for name in ("count", "first", "last", "square", "content"):
            getattr(self.cells, name)[cells] = getattr(self, name)[past]
        self.cells.add(rows[inside], at_s[inside], vectors[inside])

    def _note_prompts(self, rows: Ints, hashes: Ints) -> None:
        """Keep the smallest hashes of each account."""
        wanted = (hashes != 0) & (hashes < self.prompts[rows, -1])
        rows, hashes = rows[wanted], hashes[wanted]
        if not len(rows):
            return
        changed = np.unique(rows)
        owner = np.concatenate((np.repeat(changed, PROMPTS_KEPT), rows))
        value = np.concatenate((self.prompts[changed].ravel(), hashes))
        order = np.lexsort((value, owner))
        owner, value = owner[order], value[order]
        fresh = np.ones(len(owner), np.bool_)
        fresh[1:] = (owner[1:] != owner[:-1]) | (value[1:] != value[:-1])
        fresh &= value != NO_PROMPT
        owner, value = owner[fresh], value[fresh]
        place = np.arange(len(owner)) - np.searchsorted(owner, owner)
        kept = place < PROMPTS_KEPT
        self.prompts[changed] = NO_PROMPT
        self.prompts[owner[kept], place[kept]] = value[kept]

    def _enrol(self, name: str, org: str) -> None:
        if self._size == len(self.org):
            self._allocate(self._size + self._size // GROWTH)
        row = self._size
        self._size += 1
        self.index[name] = row
        self.names.append(name)
        self.org[row] = self.orgs.setdefault(org, len(self.orgs))
        self.rank[row] = crc32(name.encode("utf-8", "replace"))

    def _begin_anew(self, rows: Ints) -> None:
        """Forget what is too old. Tokens stay: an old address still belongs to the account. So does evidence."""
        for counts in (self.total_count, self.count, self.square, self.content, self.answers, self.worth):
            counts[rows] = 0.0
        self.cues[rows] = 0.0
        self.total_first[rows] = self.first[rows] = np.inf
        self.total_last[rows] = self.last[rows] = -np.inf
        self.prompts[rows] = NO_PROMPT
        self.cells.begin_anew(rows)

    def _is_open(self, systems: Ints) -> Bools:
        """True where there is no system prompt, or two organisations have used its skeleton."""
        distinct, inverse = np.unique(systems, return_inverse=True)
        is_open = [not one or self._systems.get(one) == _SHARED for one in distinct.tolist()]
        return np.array(is_open, np.bool_)[inverse]

    def _rows(self, table: pa.Table) -> Ints:
        return np.fromiter(map(self.index.__getitem__, table["account"].to_pylist()), np.int64, table.num_rows)


def prompts_of(table: pa.Table) -> Prompts:
    """Read the features of a table's prompts."""
    features = table["features"].combine_chunks()
    if isinstance(features, pa.ChunkedArray):
        features = pa.concat_arrays(features.chunks) if features.num_chunks else pa.array([], pa.binary())
    _, offsets_buffer, data_buffer = features.buffers()
    if not len(features) or data_buffer is None:
        return Prompts(np.zeros(0, np.uint16), np.zeros(len(features), np.int64))
    ends = np.frombuffer(offsets_buffer, np.int32)[features.offset : features.offset + len(features) + 1]
    data = np.frombuffer(data_buffer, np.uint8)[ends[0] : ends[-1]]
    return Prompts(np.frombuffer(data.tobytes(), np.uint16), np.diff(ends).astype(np.int64) // 2)


def _numbers(table: pa.Table, name: str) -> Ints:
    numbers: Ints = table[name].to_numpy()
    return numbers
