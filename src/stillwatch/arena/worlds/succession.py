# SPDX-License-Identifier: Apache-2.0
"""Bans, and what an operator who sees them does: a new account takes over what the banned one had left to do.

Nothing that an account sends before its ban depends on the ban, and successors are made in the order of the bans, each
from its predecessor's name: composing again with more bans known changes only what comes after them.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.schedule import DAY_US
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.draft import Draft
from stillwatch.arena.worlds.fronts import Fronts
from stillwatch.arena.worlds.heads import NEVER_US, Head


def succeeded(
    draft: Draft, operator: Operator, fronts: Fronts, heads: Sequence[Head], bans: Mapping[str, int]
) -> list[Head]:
    """Mark the banned heads as such, and add their successors, and theirs.

    Args:
        draft: Where successors are enrolled.
        operator: Says how long it takes, and how many there may be.
        fronts: Makes them.
        heads: As planned before any ban.
        bans: Instants by account id.
    """

    def marked(head: Head) -> Head:
        return replace(head, banned_us=bans.get(draft.callers[head.account].account_id, NEVER_US))

    done = [marked(head) for head in heads]
    waiting = [(head.banned_us, number) for number, head in enumerate(done) if head.banned_us < NEVER_US]
    heapq.heapify(waiting)
    while waiting and fronts.successors < operator.reserve:
        _, number = heapq.heappop(waiting)
        successor = _successor(draft, operator, fronts, done[number])
        if successor is not None:
            done.append(marked(successor))
            if done[-1].banned_us < NEVER_US:
                heapq.heappush(waiting, (done[-1].banned_us, len(done) - 1))
    return done


def _successor(draft: Draft, operator: Operator, fronts: Fronts, head: Head) -> Head | None:
    """Who goes on in the time that remains after a delay; None where nothing, or no time, is left."""
    dice = Dice(draft.seed, f"successor of {draft.callers[head.account].account_id}")
    begin = head.banned_us + operator.delay_days * dice.uniform(0.5, 1.5) * DAY_US
    is_left = head.at_us >= head.banned_us
    if begin >= head.end_us or not is_left.any():
        return None
    place = (head.at_us[is_left] - head.banned_us) / (head.end_us - head.banned_us)
    return Head(
        account=fronts.successor(dice, before_us=begin),
        begin_us=begin,
        end_us=head.end_us,
        at_us=(begin + place * (head.end_us - begin)).astype(np.int64),
        items=head.items[is_left],
    )
