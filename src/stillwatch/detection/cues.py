# SPDX-License-Identifier: Apache-2.0
"""Phrases by which a prompt asks for what trains a copy: reasoning, rubrics, new tasks. Several languages.

A cue is a pair of neighbouring words (or of characters, in scripts without spaces), so that finding one costs a
look-up among pairs that the sketch computes anyway. A cue alone means nothing: teachers, examiners and curious people
use the same words.
"""

from zlib import crc32

CUE_BITS = {"reasoning": 1, "reconstruction": 2, "rubric": 4, "task_generation": 8, "format": 16}
"""Name of each kind of cue, and its bit in the sketch."""

_PHRASES: dict[str, str] = {
    "reasoning": (
        "chain of|of thought|step by|by step|internal reasoning|full reasoning|reasoning process|thinking process|"
        "think aloud|show reasoning|your reasoning|detailed reasoning|complete reasoning|étape par|"
        "raisonnement complet|razonamiento completo|schritt für|gedankengang vollständig|шаг за|"
        "ход рассуждений|цепочку рассуждений|思 维|维 链|思 考|推 理|逐 步|段 階|단 계|추 론"
    ),
    "reconstruction": (
        "reasoning behind|completed response|reconstruct the|articulate the|thoughts behind|hidden reasoning|"
        "internal monologue|reverse engineer|还 原"
    ),
    "rubric": "scale from|score from|rate the|rubric criteria|grading rubric|criteria score|评 分|打 分",
    "task_generation": (
        "task instructions|diverse task|new tasks|generate questions|diverse questions|synthetic data|training data|"
        "instruction following|new instruction|指 令"
    ),
    "format": "valid json|json format|final answer|answer must|xml tags",
}


def _pair_hash(phrase: str) -> int:
    """Hash two words the way ``sketch`` hashes neighbouring words."""
    first, second = (crc32(word.encode()) for word in phrase.split(" "))
    return first * 0x9E3779B1 & 0xFFFFFFFF ^ second


def _cue_pairs() -> dict[int, int]:
    pairs: dict[int, int] = {}
    for name, phrases in _PHRASES.items():
        for phrase in phrases.split("|"):
            key = _pair_hash(phrase)
            pairs[key] = pairs.get(key, 0) | CUE_BITS[name]
    return pairs


CUE_PAIRS = _cue_pairs()
"""Hash of each pair of words, and the bits it sets."""
