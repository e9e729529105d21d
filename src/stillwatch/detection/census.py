# SPDX-License-Identifier: Apache-2.0
"""What is remembered of every account: sums and counts, a few kilobytes each however long it talks.

The census is the one mutable thing in detection, because it is what grows with the traffic. Nothing in it is evidence
against anyone; it is what the next pass needs. All arrays have one row an account, in the order
in which accounts were first seen.

The *open stream* of an account is what can be compared between strangers: first messages that no second one followed,
sent without a system prompt or with one that other organisations use too. A system prompt private to one organisation
explains why its exchanges resemble each other; one shared by strangers does not.
"""

from bisect import insort
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from stillwatch.detection.content import DIMENSIONS, ContentSpace, Floats
from stillwatch.detection.cues import CUE_BITS
from stillwatch.detection.network import network_of
from stillwatch.detection.sketch import Sketch
from stillwatch.records.exchange import Exchange

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

TOKEN_KINDS = ("payment", "network", "client", "asn")
"""Kinds of infrastructure that accounts can share."""
TOKENS_KEPT = 4
"""Different tokens of one kind that are kept of one account; a caller on the move has many networks and shares none."""
PROMPTS_KEPT = 48
"""Prompt hashes kept of one account: the smallest, so that two accounts keep the same ones."""
SYSTEMS_KEPT = 200_000
LEARNT_FROM = 32
"""Exchanges of one account, of whatever kind, that the rarity of features and the centre of content are learnt from."""
FOLLOWED_WITHIN_S = 3_600.0
"""A first message that is followed up within this many seconds belongs to a conversation."""


@dataclass(slots=True)
class _Waiting:
    """A first message whose follow-up may still come."""

    account: int
    at_s: float
    sketch: Sketch
    is_followed: bool = False


@dataclass(slots=True)
class _Sets:
    """The small sets of one account."""

    tokens: dict[str, set[int]] = field(default_factory=dict)
    prompts: list[int] = field(default_factory=list)
    last_first: _Waiting | None = None


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
        self.sets: list[_Sets] = []
        self.token_ids: dict[tuple[str, str], int] = {}
        self.started_s = float("inf")
        self._systems: OrderedDict[int, int] = OrderedDict()
        self._waiting: list[_Waiting] = []
        self._to_learn: list[tuple[int, float, npt.NDArray[np.uint16]]] = []
        self._holders: dict[int, set[int]] | None = None
        self._size = 0
        self._allocate(256)

    def __len__(self) -> int:
        return self._size

    def _allocate(self, rows: int) -> None:
        """Make room for ``rows`` accounts, keeping what is there."""
        shapes: dict[str, tuple[tuple[int, ...], type, float]] = {
            "org": ((), np.int64, 0),
            "rank": ((), np.int64, 0),
            "total_count": ((), np.float64, 0),
            "total_first": ((), np.float64, np.inf),
            "total_last": ((), np.float64, -np.inf),
            "count": ((), np.float64, 0),
            "first": ((), np.float64, np.inf),
            "last": ((), np.float64, -np.inf),
            "signup": ((), np.float64, np.nan),
            "square": ((), np.float64, 0),
            "cues": ((len(CUE_BITS),), np.float64, 0),
            "content": ((DIMENSIONS,), np.float32, 0),
        }
        for name, (tail, kind, blank) in shapes.items():
            grown: npt.NDArray[Any] = np.full((rows, *tail), blank, kind)
            if self._size:
                grown[: self._size] = getattr(self, name)[: self._size]
            setattr(self, name, grown)

    org: Ints
    """Index of the account's organisation."""
    rank: Ints
    """A hash of the account's name: the order in which accounts are drawn for a sample, the same in every run."""
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
    cues: Doubles
    """How many of its prompts carry each cue, in the order of ``CUE_BITS``."""
    content: Floats
    """Sum of the content vectors of its open stream. Shape (A, D)."""

    def observe(self, exchange: Exchange, sketch: Sketch) -> int:
        """Take in one exchange, in constant time, and give the account's row.

        Content is added at the next ``settle``, when it is known whether a second message followed.
        """
        self._holders = None
        row = self.index.get(exchange.account_id)
        if row is None:
            row = self._enrol(exchange)
        at_s = exchange.ts_us / 1e6
        if at_s - self.total_first[row] > self.memory_s:
            self._begin_anew(row)
        self.started_s = min(self.started_s, at_s)
        self.total_count[row] += 1
        self.total_first[row] = min(self.total_first[row], at_s)
        self.total_last[row] = max(self.total_last[row], at_s)
        if exchange.signup_ts_us is not None:
            self.signup[row] = exchange.signup_ts_us / 1e6
        sets = self.sets[row]
        self._note_tokens(sets, exchange)
        if sketch.cues:
            for at, name in enumerate(CUE_BITS):
                self.cues[row, at] += name in sketch.cues
        if sketch.has_content and self.total_count[row] <= LEARNT_FROM:
            self._to_learn.append((row, 1.0 / self.total_count[row], sketch.features))
        if exchange.turn == 1 and sets.last_first is not None:
            sets.last_first.is_followed = at_s - sets.last_first.at_s < FOLLOWED_WITHIN_S
            sets.last_first = None
        if sketch.is_single_turn and self._is_open(sketch.system_hash, int(self.org[row])):
            sets.last_first = _Waiting(row, at_s, sketch)
            self._waiting.append(sets.last_first)
        return row

    def holders(self) -> dict[int, set[int]]:
        """For each token, the organisations that have it. Made once between two exchanges."""
        if self._holders is None:
            self._holders = {}
            for row, sets in enumerate(self.sets):
                for tokens in sets.tokens.values():
                    for token in tokens:
                        self._holders.setdefault(token, set()).add(int(self.org[row]))
        return self._holders

    def settle(self, now_s: float) -> Ints:
        """Add the content of first messages that nothing followed; give the rows that changed."""
        self._learn()
        ready: list[_Waiting] = []
        still: list[_Waiting] = []
        for one in self._waiting:
            if one.is_followed:
                continue
            (ready if now_s - one.at_s >= FOLLOWED_WITHIN_S else still).append(one)
        self._waiting = still
        ready.sort(key=lambda one: (one.at_s, self.names[one.account]))
        for one in ready:
            if self.sets[one.account].last_first is one:
                self.sets[one.account].last_first = None
            if one.sketch.prompt_hash:
                self._note_prompt(self.sets[one.account].prompts, one.sketch.prompt_hash)
        ready = [one for one in ready if one.sketch.has_content]
        if not ready:
            return np.zeros(0, np.int64)
        rows = np.array([one.account for one in ready], np.int64)
        features = [one.sketch.features for one in ready]
        vectors = self.space.embed(features)
        np.add.at(self.content, rows, vectors)
        np.add.at(self.square, rows, np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
        np.add.at(self.count, rows, 1.0)
        at = np.array([one.at_s for one in ready])
        np.minimum.at(self.first, rows, at)
        np.maximum.at(self.last, rows, at)
        changed, position = np.unique(rows, return_index=True)
        self.space.remember(vectors[position])
        return changed

    def _learn(self) -> None:
        """Learn what is common from everybody's traffic: a campaign may be most of the open stream, not of all."""
        fresh = sorted(self._to_learn, key=lambda one: (self.names[one[0]], -one[1]))
        self._to_learn = []
        self.space.learn([one[2] for one in fresh], np.array([one[1] for one in fresh]))

    def _enrol(self, exchange: Exchange) -> int:
        if self._size == len(self.org):
            self._allocate(2 * self._size)
        row = self._size
        self._size += 1
        self.index[exchange.account_id] = row
        self.names.append(exchange.account_id)
        self.sets.append(_Sets())
        self.org[row] = self.orgs.setdefault(exchange.org_id, len(self.orgs))
        self.rank[row] = crc32(exchange.account_id.encode("utf-8", "replace"))
        return row

    def _begin_anew(self, row: int) -> None:
        """Forget what is too old. Tokens stay: an old address still belongs to the account."""
        self.total_count[row] = self.count[row] = self.square[row] = 0.0
        self.total_first[row] = self.first[row] = np.inf
        self.total_last[row] = self.last[row] = -np.inf
        self.content[row] = 0.0
        self.cues[row] = 0.0
        self.sets[row].prompts.clear()

    def _is_open(self, system_hash: int, org: int) -> bool:
        """True where there is no system prompt, or two organisations have used its skeleton."""
        if not system_hash:
            return True
        known = self._systems.get(system_hash)
        if known is None:
            self._systems[system_hash] = org
            if len(self._systems) > SYSTEMS_KEPT:
                self._systems.popitem(last=False)
            return False
        if known not in (-1, org):
            self._systems[system_hash] = known = -1
        return known == -1

    def _note_tokens(self, sets: _Sets, exchange: Exchange) -> None:
        """Keep the first few tokens of each kind; what is not known is not kept, and so holds against nobody."""
        for kind, value in (
            ("payment", exchange.payment_fp),
            ("network", exchange.client_ip),
            ("client", exchange.ja4),
            ("asn", exchange.asn),
        ):
            if value is None:
                continue
            kept = sets.tokens.get(kind)
            if kept is None:
                kept = sets.tokens[kind] = set()
            if len(kept) < TOKENS_KEPT:
                text = network_of(value) if kind == "network" else str(value)
                if text:
                    kept.add(self.token_ids.setdefault((kind, text), len(self.token_ids)))

    @staticmethod
    def _note_prompt(kept: list[int], prompt_hash: int) -> None:
        if len(kept) >= PROMPTS_KEPT and prompt_hash >= kept[-1]:
            return
        if prompt_hash not in kept:
            insort(kept, prompt_hash)
            del kept[PROMPTS_KEPT:]
