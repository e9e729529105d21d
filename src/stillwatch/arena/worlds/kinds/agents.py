# SPDX-License-Identifier: Apache-2.0
"""Users of coding agents: thousands share a scaffold's system prompt and tools, each has a repository of their own."""

import numpy as np

from stillwatch.arena.worlds.draft import Draft, Manner

_SCAFFOLDS = (
    (
        "You are a coding agent in the user's repository. Plan first, then search, read, edit and run with the tools. "
        "Never touch files outside the repository. When a test fails, read it before you change anything."
    ),
    (
        "You are a pair programmer inside an editor. Keep changes small, explain each in one sentence, and run the "
        "tests after every edit. Call one tool at a time and wait for its result."
    ),
)


def agents(draft: Draft, count: int) -> None:
    """Developers, each with one of the scaffolds, in sessions of many quick steps."""
    for _ in range(count):
        account = draft.account("agent")
        chance, dice = draft.chance_of(account)
        developer = draft.library.developer(dice.spawn("repository"))
        scaffold = int(chance.integers(len(_SCAFFOLDS)))
        sessions = max(1, round(chance.lognormal(np.log(5), 0.6)))
        starts = draft.arrivals.sessions(chance, sessions, days=draft.days, zone=chance.uniform(-8, 9))
        for start, conversation in zip(starts, draft.conversations(sessions), strict=True):
            steps = 2 + min(40, int(chance.exponential(4.0)))
            at_us = start + np.concatenate([[0], np.cumsum(draft.arrivals.steps(chance, steps - 1))])
            draft.say(
                account,
                at_us,
                [developer.opening(), *(developer.follow_up() for _ in range(steps - 1))],
                system=_SCAFFOLDS[scaffold],
                conversation=np.full(steps, conversation, np.int32),
                turn=np.arange(steps),
                manner=Manner(tools=10 + 4 * scaffold, temperature=0.2, max_tokens=4_096, is_streamed=True),
            )
