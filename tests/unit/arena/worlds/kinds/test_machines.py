# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.worlds import draft
from stillwatch.arena.worlds.kinds.machines import (
    back_ends,
    evaluations,
    hobby_bots,
    judges,
    pipelines,
    prototypers,
)


def test_machines_hold_no_conversations() -> None:
    made = draft()
    for kind in (pipelines, back_ends, hobby_bots, prototypers, judges, evaluations):
        kind(made, 3)
    rows = made.rows()
    assert (rows.conversation == -1).all()
    assert (rows.turn == 0).all()


def test_pipelines_have_system_prompts_of_their_own() -> None:
    made = draft()
    pipelines(made, 12)
    rows = made.rows()
    assert len(set(rows.system.tolist())) >= 11


def test_runs_of_the_benchmark_ask_the_same_in_the_same_order() -> None:
    made = draft()
    evaluations(made, 2)
    rows, texts = made.rows(), made.texts.column().to_pylist()
    asked = [[texts[number] for number in rows.text[rows.account == account]] for account in (0, 1)]
    shorter = min(map(len, asked))
    assert asked[0][:shorter] == asked[1][:shorter]


def test_judges_ask_for_a_verdict() -> None:
    made = draft()
    judges(made, 2)
    texts = made.texts.column().take(np.asarray(made.rows().text)).to_pylist()
    assert all("[[A]]" in text for text in texts)


def test_some_prototypers_ask_for_reasoning_as_harvesters_do() -> None:
    made = draft()
    prototypers(made, 20)
    texts = made.texts.column().to_pylist()
    assert sum("step by step" in text for text in texts) > 5
