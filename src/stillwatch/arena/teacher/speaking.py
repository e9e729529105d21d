# SPDX-License-Identifier: Apache-2.0
"""Speaks with what was learned: one token at a time, each with its log-probability.

The hidden layer is linear in its inputs before its bend, so each token's share of it is worked out once, and a step
costs K row look-ups and one product of H by V numbers instead of the whole network.

Symbols: K context tokens, H hidden units, V tokens.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.arena.teacher.network import Floats
from stillwatch.arena.teacher.training import Taught
from stillwatch.arena.teacher.vocabulary import ANSWER, BEGIN, END, QUESTION, REASONING

_QUESTION_TOKENS = 512
"""At most so many of the question's last tokens shape the answer; all are counted."""
_IMPOSSIBLE = np.float32(-1e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How the caller wants to be answered."""

    max_tokens: int = 32
    """Of reasoning and answer together, at least 1."""
    temperature: float = 1.0
    """0 takes the likeliest token each time."""
    top_p: float = 1.0
    """Tokens are drawn from the likeliest ones that together reach this probability."""
    reasoning: bool = False
    """Whether the teacher reasons before it answers."""
    top_logprobs: int | None = None
    """How many alternatives to report with each token; None reports none, and no log-probability either."""
    seed: int | None = None
    """The same seed gives the same answer to the same question."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One token as it was spoken."""

    piece: bytes
    is_reasoning: bool
    logprob: float | None
    """Natural logarithm of its probability at temperature 1; None where it was not asked for."""
    alternatives: tuple[tuple[bytes, float], ...] = ()
    """The likeliest tokens in its place with theirs, likeliest first."""


class Speaker:
    """Answers questions.

    Args:
        taught: What was learned.
        seed: Seeds the answers to questions that bring no seed of their own.
    """

    def __init__(self, taught: Taught, *, seed: int = 0) -> None:
        weights = taught.weights
        self.vocabulary = taught.vocabulary
        self.embedding = weights.embedding
        self._context = weights.context
        size = weights.embedding.shape[1]
        self._shares = [
            np.ascontiguousarray(weights.embedding @ weights.hidden[slot * size : (slot + 1) * size])
            for slot in range(self._context)
        ]
        self._question_share = weights.hidden[self._context * size :]
        self._hidden_bias = weights.hidden_bias
        self._output = np.ascontiguousarray((weights.output @ weights.embedding.T).astype(np.float32))
        self._bias = {phase: _allowing(weights.output_bias, phase) for phase in (REASONING, ANSWER)}
        self._chance = np.random.default_rng(seed)

    def logits(self, tokens: Sequence[int], question: Sequence[int], *, phase: int = ANSWER) -> Floats:
        """The logits of the token that follows, shape (V,); those the phase does not allow are hugely negative."""
        recent = [*([BEGIN] * self._context), *tokens][-self._context :]
        return self._step(recent, self._base(question), self._bias[phase])

    def speak(self, question: Sequence[int], wishes: Wishes) -> Generator[Spoken, None, bool]:
        """Answer a question token by token; a generator that ends early was cut by ``max_tokens``.

        The generator's return value is True where the teacher came to the end by itself.
        """
        chance = self._chance if wishes.seed is None else np.random.default_rng(wishes.seed % 2**63)
        phase = REASONING if wishes.reasoning else ANSWER
        base = self._base(question)
        recent = [*([BEGIN] * self._context), QUESTION, *question[-self._context :], phase][-self._context :]
        for _ in range(wishes.max_tokens):
            logits = self._step(recent, base, self._bias[phase])
            token = _drawn(logits, wishes, chance)
            if token == ANSWER:  # Only while reasoning: the reasoning is over.
                phase = ANSWER
                logits = self._step([*recent[1:], token], base, self._bias[phase])
                recent = [*recent[1:], token]
                token = _drawn(logits, wishes, chance)
            if token == END:
                return True
            recent = [*recent[1:], token]
            yield self._spoken(token, phase, logits, wishes.top_logprobs)
        return False

    def embed(self, tokens: Sequence[int]) -> Floats:
        """The mean of the tokens' embeddings, at unit length; zero for an empty text."""
        if not tokens:
            return np.zeros(self.embedding.shape[1], np.float32)
        mean: Floats = self.embedding[np.array(tokens)].mean(axis=0)
        return (mean / (np.linalg.norm(mean) + 1e-9)).astype(np.float32)

    def _base(self, question: Sequence[int]) -> Floats:
        """What the question adds to the hidden layer at every step."""
        if not question:
            return self._hidden_bias
        recent = question[-_QUESTION_TOKENS:]
        summed = self.vocabulary.shares(recent) @ self.embedding[np.array(recent)]
        total: Floats = summed @ self._question_share + self._hidden_bias
        return total

    def _step(self, recent: Sequence[int], base: Floats, bias: Floats) -> Floats:
        hidden = base.copy()
        for share, token in zip(self._shares, recent, strict=True):
            hidden += share[token]
        np.tanh(hidden, out=hidden)
        logits: Floats = hidden @ self._output
        logits += bias
        return logits

    def _spoken(self, token: int, phase: int, logits: Floats, top_logprobs: int | None) -> Spoken:
        piece = self.vocabulary.piece(token)
        if top_logprobs is None:
            return Spoken(piece, phase == REASONING, None)
        highest = logits.max()
        normaliser = float(highest + np.log(np.exp(logits - highest).sum()))
        ranked = np.argsort(-logits)[:top_logprobs].tolist()
        alternatives = tuple((self.vocabulary.piece(i), float(logits[i]) - normaliser) for i in ranked)
        return Spoken(piece, phase == REASONING, float(logits[token]) - normaliser, alternatives)


def _allowing(bias: Floats, phase: int) -> Floats:
    """The output bias with the marks barred that cannot follow in a phase."""
    allowed = bias.copy()
    barred = (BEGIN, QUESTION, REASONING, END) if phase == REASONING else (BEGIN, QUESTION, REASONING, ANSWER)
    allowed[list(barred)] = _IMPOSSIBLE
    return allowed


def _drawn(logits: Floats, wishes: Wishes, chance: np.random.Generator) -> int:
    """One token, drawn as the caller wishes."""
    if wishes.temperature <= 0.0:
        return int(logits.argmax())
    weights = np.exp((logits - logits.max()) * np.float32(1.0 / wishes.temperature))
    if wishes.top_p < 1.0:
        order = np.argsort(-weights)
        reach = np.cumsum(weights[order])
        kept = order[: int(np.searchsorted(reach, wishes.top_p * reach[-1])) + 1]
        return int(kept[np.searchsorted(reach[: len(kept)], chance.random() * reach[len(kept) - 1])])
    reach = weights.cumsum(dtype=np.float64)
    return int(reach.searchsorted(chance.random() * reach[-1], side="right").clip(0, len(reach) - 1))
