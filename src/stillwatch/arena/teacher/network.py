# SPDX-License-Identifier: Apache-2.0
"""The teacher's network: a neural probabilistic language model with a tied softmax.

The last K tokens, and the question's tokens summed by weight, go as embeddings of D numbers each through one hidden
layer of H units to a distribution over V tokens.

Symbols: B positions in a batch, K context tokens, D embedding size, H hidden units, V tokens.

Source:
    Bengio et al., "A Neural Probabilistic Language Model", JMLR 3, 2003, sec. 2; the softmax shares the embeddings as
    in Press and Wolf, "Using the Output Embedding to Improve Language Models", EACL 2017.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(slots=True, kw_only=True)
class Weights:
    """Everything the network has learned."""

    embedding: Floats
    """One row a token, used on the way in and on the way out, shape (V, D)."""
    hidden: Floats
    """From the context and the question to the hidden layer, shape ((K + 1) * D, H)."""
    hidden_bias: Floats
    """Shape (H,)."""
    output: Floats
    """From the hidden layer back to the embedding's space, shape (H, D)."""
    output_bias: Floats
    """One number a token, shape (V,)."""

    def arrays(self) -> list[Floats]:
        """The arrays in a fixed order, to be changed in place."""
        return [getattr(self, field.name) for field in fields(self)]

    @property
    def context(self) -> int:
        """K, the number of context tokens."""
        return int(self.hidden.shape[0]) // int(self.embedding.shape[1]) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Positions to predict."""

    contexts: Ints
    """The tokens before each position, shape (B, K)."""
    targets: Ints
    """The token at each position, shape (B,)."""
    questions: Ints
    """The tokens of the questions, one after the other, shape (Q,)."""
    question_shares: Floats
    """How much each of them counts in its question, shape (Q,)."""
    question_starts: Ints
    """Where each question begins in ``questions``; none is empty, shape (N,)."""
    question_of: Ints
    """The question that each position answers, shape (B,)."""


def fresh_weights(*, tokens: int, context: int, embedding: int, hidden: int, seed: int) -> Weights:
    """Weights before training, drawn so that the first predictions are nearly uniform."""
    chance = np.random.default_rng(seed)

    def normal(rows: int, columns: int, scale: float) -> Floats:
        return (chance.standard_normal((rows, columns)) * scale).astype(np.float32)

    inputs = (context + 1) * embedding
    return Weights(
        embedding=normal(tokens, embedding, 0.1),
        hidden=normal(inputs, hidden, inputs**-0.5),
        hidden_bias=np.zeros(hidden, np.float32),
        output=normal(hidden, embedding, hidden**-0.5),
        output_bias=np.zeros(tokens, np.float32),
    )


def loss_and_gradients(weights: Weights, batch: Batch) -> tuple[float, Weights]:
    """The mean surprise of a batch in nats per token, and its gradient.

    Cost:
        About 6 * B * ((K + 1) * D * H + H * D + D * V) floating-point operations.
    """
    size = len(batch.targets)
    inputs = _inputs(weights, batch)
    hidden = np.tanh(inputs @ weights.hidden + weights.hidden_bias)
    projected = hidden @ weights.output
    probability = _softmax(projected @ weights.embedding.T + weights.output_bias)
    rows = np.arange(size)
    loss = float(-np.log(probability[rows, batch.targets] + 1e-12).mean())

    d_logits = probability
    d_logits[rows, batch.targets] -= 1.0
    d_logits /= size
    d_projected = d_logits @ weights.embedding
    d_embedding = d_logits.T @ projected
    d_hidden = (d_projected @ weights.output.T) * (1.0 - hidden * hidden)
    d_inputs = (d_hidden @ weights.hidden.T).reshape(size, weights.context + 1, -1)
    _scatter(d_embedding, batch.contexts.ravel(), d_inputs[:, :-1].reshape(-1, d_embedding.shape[1]))
    _scatter_questions(d_embedding, batch, d_inputs[:, -1])
    gradient = Weights(
        embedding=d_embedding,
        hidden=inputs.T @ d_hidden,
        hidden_bias=d_hidden.sum(axis=0),
        output=hidden.T @ d_projected,
        output_bias=d_logits.sum(axis=0),
    )
    return loss, gradient


def surprise(weights: Weights, batch: Batch) -> Floats:
    """The surprise of each position in nats, shape (B,)."""
    inputs = _inputs(weights, batch)
    hidden = np.tanh(inputs @ weights.hidden + weights.hidden_bias)
    probability = _softmax(hidden @ weights.output @ weights.embedding.T + weights.output_bias)
    found: Floats = -np.log(probability[np.arange(len(batch.targets)), batch.targets] + 1e-12)
    return found


def _inputs(weights: Weights, batch: Batch) -> Floats:
    """The network's inputs, shape (B, (K + 1) * D)."""
    shares = batch.question_shares[:, None]
    questions = np.add.reduceat(weights.embedding[batch.questions] * shares, batch.question_starts, axis=0)
    context = weights.embedding[batch.contexts].reshape(len(batch.targets), -1)
    return np.concatenate([context, questions[batch.question_of]], axis=1)


def _softmax(logits: Floats) -> Floats:
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _scatter(total: Floats, rows: Ints, values: Floats) -> None:
    """Add each value to its row, rows repeating; several times faster than ``np.add.at``."""
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    starts = np.flatnonzero(np.diff(ranked, prepend=-1))
    total[ranked[starts]] += np.add.reduceat(values[order], starts, axis=0)


def _scatter_questions(total: Floats, batch: Batch, values: Floats) -> None:
    """Pass the gradient of each question on to its tokens."""
    sizes = np.diff(np.append(batch.question_starts, len(batch.questions)))
    each = np.zeros((len(sizes), total.shape[1]), np.float32)
    _scatter(each, batch.question_of, values)
    _scatter(total, batch.questions, np.repeat(each, sizes, axis=0) * batch.question_shares[:, None])
