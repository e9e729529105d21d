# SPDX-License-Identifier: Apache-2.0
"""One operator's campaign: what each of its accounts harvests when, and what passes through them besides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.prompts.interface import Text
from stillwatch.arena.schedule import HOUR_US
from stillwatch.arena.worlds.description import Operator
from stillwatch.arena.worlds.draft import Draft, Manner
from stillwatch.arena.worlds.fronts import Fronts
from stillwatch.arena.worlds.harvest import corpus
from stillwatch.arena.worlds.heads import Head, planned_heads
from stillwatch.arena.worlds.kinds.people import converse
from stillwatch.arena.worlds.paraphrase import rephrase
from stillwatch.arena.worlds.succession import succeeded

_HARVEST = Manner(max_tokens=4_096, temperature=1.0, reasoning=True, answer_tokens=600)
_WRAPPED_TURNS = 5
"""A fabricated history pretends to be at most so many turns long."""
_MOST_DILUTION = 0.98
_MESSAGES = 2.4
"""Messages of the mean conversation, see ``converse``."""


def campaign(draft: Draft, operator: Operator, bans: Mapping[str, int]) -> None:
    """Add a campaign to the draft.

    Args:
        draft: What is being composed.
        operator: How the campaign is run.
        bans: Instants from which accounts are shut out, by account id. Only adaptive operators react, by replacing
            them; those of the others go on sending, as a log shows them that was recorded without detection.
    """
    if not operator.exchanges:
        draft.campaigns[operator.name] = []
        return
    dice = Dice(draft.seed, f"operator {operator.name}")
    fronts = Fronts(draft, operator, dice.spawn("fronts"))
    texts = corpus(operator.field, draft.library, operator.exchanges, dice.spawn("corpus"))
    heads = planned_heads(draft, operator, fronts, texts)
    if operator.replacement == "adaptive":
        heads = succeeded(draft, operator, fronts, heads, bans)
    for head in heads:
        _work(draft, operator, head, texts)
        _cover(draft, operator, head)
    draft.campaigns[operator.name] = [head.account for head in heads]


def _work(draft: Draft, operator: Operator, head: Head, texts: Sequence[Text]) -> None:
    """The head's harvest, as it is sent."""
    name = f"work of {draft.callers[head.account].account_id}"
    chance, dice = draft.chance(name), Dice(draft.seed, name)
    prompts = [
        rephrase(texts[item].prompt, dice) if dice.chance(operator.paraphrase) else texts[item].prompt
        for item in head.items
    ]
    is_wrapped = chance.random(len(prompts)) < operator.wrapping
    conversation = np.full(len(prompts), -1, np.int32)
    conversation[is_wrapped] = draft.conversations(int(is_wrapped.sum()))
    draft.say(
        head.account,
        head.at_us,
        prompts,
        system=_systems(operator, head, texts, dice.spawn("system")),
        conversation=conversation,
        turn=np.where(is_wrapped, chance.integers(1, _WRAPPED_TURNS, len(prompts)), 0),
        manner=replace(_HARVEST, tools=8) if operator.field == "agentic" else _HARVEST,
        is_harvest=True,
        before_us=head.banned_us,
    )


def _systems(operator: Operator, head: Head, texts: Sequence[Text], dice: Dice) -> str | list[str]:
    """The system prompt of every request, or that of each."""
    if operator.system == "unique":
        habit = dice.pick(("Be exact.", "Be complete.", "Be patient.", "Be clear.", "Show your work."))
        return f"You are assistant {dice.token(6)}. {habit}"
    if operator.system == "shared":
        return "You are a helpful and thorough assistant."
    return [texts[item].system for item in head.items]


def _cover(draft: Draft, operator: Operator, head: Head) -> None:
    """Resold access: other people's traffic through the same account, in its share."""
    share = min(operator.dilution, _MOST_DILUTION)
    wanted = round(len(head.at_us) * share / (1.0 - share))
    if not wanted:
        return
    chance, dice = draft.chance_of(head.account)
    first, last = int(head.at_us[0]), max(int(head.at_us[-1]), int(head.at_us[0]) + HOUR_US)
    customers = [draft.library.person(dice.spawn(f"customer {number}")) for number in range(1 + wanted // 25)]
    singles = round(wanted * operator.dilution_single)
    at_us = np.sort(chance.uniform(first, last, singles)).astype(np.int64)
    prompts = [dice.pick(customers).opening() for _ in at_us]
    draft.say(head.account, at_us, prompts, manner=Manner(), before_us=head.banned_us)
    starts = np.sort(chance.uniform(first, last, round((wanted - singles) / _MESSAGES))).astype(np.int64)
    who = chance.integers(0, len(customers), len(starts))
    for number, customer in enumerate(customers):
        own = starts[who == number]
        if len(own):
            converse(draft, head.account, own, customer, chance, before_us=head.banned_us)
