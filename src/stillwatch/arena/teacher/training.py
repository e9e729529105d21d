# SPDX-License-Identifier: Apache-2.0
"""Teaches the teacher: lessons to tokens, tokens to batches, batches to weights, in seconds on one core."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.teacher.corpus import Lesson, lessons
from stillwatch.arena.teacher.network import (
    Batch,
    Floats,
    Ints,
    Weights,
    fresh_weights,
    loss_and_gradients,
    surprise,
)
from stillwatch.arena.teacher.vocabulary import ANSWER, BEGIN, END, QUESTION, REASONING, Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Curriculum:
    """How long and how large: the defaults take about six seconds on one core."""

    seed: int = 1
    lessons: int = 7_000
    held_out: int = 250
    """Lessons kept for measuring what was learned."""
    tokens: int = 2_000
    """V, the size of the vocabulary."""
    context: int = 8
    """K, the number of tokens the network sees before each position."""
    embedding: int = 48
    hidden: int = 128
    batch_lessons: int = 8
    epochs: int = 1
    rate: float = 0.012
    """The largest step of the optimiser; it rises over the first tenth and falls to nothing at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A teacher that has learned, and how well."""

    vocabulary: Vocabulary
    weights: Weights
    perplexity: float
    """Of the held-out lessons' reasoning and answers: how many equally likely tokens the teacher hesitates between."""
    unigram_perplexity: float
    """The same for a model that only knows how frequent each token is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One lesson as numbers."""

    question: Ints
    shares: Floats
    """How much each token of the question counts."""
    text: Ints
    """Question, reasoning and answer with the marks between them."""
    first: int
    """Where in ``text`` the part begins that is to be predicted."""


def teach(curriculum: Curriculum) -> Taught:
    """Train a teacher from nothing. The same curriculum gives the same teacher."""
    all_lessons = lessons(curriculum.lessons + curriculum.held_out, seed=curriculum.seed)
    vocabulary = Vocabulary.learned_from(
        (f"{lesson.question}\n{lesson.reasoning}\n{lesson.answer}" for lesson in all_lessons[curriculum.held_out :]),
        size=curriculum.tokens,
    )
    encoded = [encode(lesson, vocabulary) for lesson in all_lessons]
    held_out, training = encoded[: curriculum.held_out], encoded[curriculum.held_out :]
    weights = _fit(training, vocabulary, curriculum)
    test = batch_of(held_out, context=curriculum.context)
    return Taught(
        vocabulary=vocabulary,
        weights=weights,
        perplexity=float(np.exp(surprise(weights, test).mean())),
        unigram_perplexity=_unigram_perplexity(training, test, len(vocabulary)),
    )


def encode(lesson: Lesson, vocabulary: Vocabulary) -> Encoded:
    """Put a lesson into the form in which the teacher reads it."""
    question = vocabulary.encode(lesson.question)
    text = [BEGIN, QUESTION, *question]
    first = len(text) + 1
    if lesson.reasoning:
        text += [REASONING, *vocabulary.encode(lesson.reasoning)]
    text += [ANSWER, *vocabulary.encode(lesson.answer), END]
    return Encoded(
        question=np.array(question, np.int64),
        shares=vocabulary.shares(question),
        text=np.array(text, np.int64),
        first=first,
    )


def batch_of(encoded: Sequence[Encoded], *, context: int) -> Batch:
    """Every position of some lessons at which the teacher must say what comes next."""
    contexts, targets = [], []
    for lesson in encoded:
        padded = np.concatenate([np.full(context, BEGIN, np.int64), lesson.text])
        windows = np.lib.stride_tricks.sliding_window_view(padded, context)
        contexts.append(windows[lesson.first : len(lesson.text)])
        targets.append(lesson.text[lesson.first :])
    lengths = [len(target) for target in targets]
    sizes = [len(lesson.question) for lesson in encoded]
    return Batch(
        contexts=np.concatenate(contexts),
        targets=np.concatenate(targets),
        questions=np.concatenate([lesson.question for lesson in encoded]),
        question_shares=np.concatenate([lesson.shares for lesson in encoded]),
        question_starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        question_of=np.repeat(np.arange(len(encoded)), lengths),
    )


def _fit(training: Sequence[Encoded], vocabulary: Vocabulary, curriculum: Curriculum) -> Weights:
    weights = fresh_weights(
        tokens=len(vocabulary),
        context=curriculum.context,
        embedding=curriculum.embedding,
        hidden=curriculum.hidden,
        seed=curriculum.seed,
    )
    steps = curriculum.epochs * (len(training) // curriculum.batch_lessons)
    optimiser = _Adam(weights)
    for step, batch in enumerate(_batches(training, curriculum)):
        _, gradient = loss_and_gradients(weights, batch)
        done = (step + 1) / steps
        optimiser.step(weights, gradient, rate=curriculum.rate * min(1.0, 10 * done) * max(0.02, 1.0 - done))
    return weights


def _batches(training: Sequence[Encoded], curriculum: Curriculum) -> Iterator[Batch]:
    dice = Dice(curriculum.seed, "batches")
    for _ in range(curriculum.epochs):
        order = dice.shuffled(training)
        for start in range(0, len(order) - curriculum.batch_lessons + 1, curriculum.batch_lessons):
            yield batch_of(order[start : start + curriculum.batch_lessons], context=curriculum.context)


class _Adam:
    """The Adam optimiser.

    Source:
        Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
    """

    def __init__(self, weights: Weights) -> None:
        self._mean = [np.zeros_like(array) for array in weights.arrays()]
        self._square = [np.zeros_like(array) for array in weights.arrays()]
        self._count = 0

    def step(self, weights: Weights, gradient: Weights, *, rate: float) -> None:
        """Move the weights against the gradient, in place."""
        self._count += 1
        scale = rate * float(np.sqrt(1.0 - 0.99**self._count)) / (1.0 - 0.9**self._count)
        for array, slope, mean, square in zip(
            weights.arrays(), gradient.arrays(), self._mean, self._square, strict=True
        ):
            mean[...] += np.float32(0.1) * (slope - mean)
            square[...] += np.float32(0.01) * (slope * slope - square)
            array[...] -= np.float32(scale) * mean / (np.sqrt(square) + np.float32(1e-8))


def _unigram_perplexity(training: Sequence[Encoded], test: Batch, tokens: int) -> float:
    """How well the frequencies of the training text alone predict the test, with one added to each count."""
    counts: Floats = np.ones(tokens, np.float32)
    for lesson in training:
        np.add.at(counts, lesson.text[lesson.first :], 1.0)
    return float(np.exp(-np.log(counts / counts.sum())[test.targets].mean()))
