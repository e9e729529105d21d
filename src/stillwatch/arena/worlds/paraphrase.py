# SPDX-License-Identifier: Apache-2.0
"""A rule-based paraphraser: synonyms, other frames around a request, sentences in another order, numbers as words.

It stands for an operator who rewrites prompts so that no two accounts share a wording. It is no language model: what is
asked stays recognisable by its rarer words, so a real model's paraphrases are harder to link than these.
"""

import re

from stillwatch.arena.language.dice import Dice

_TABLE = """
how many/what number of; write/compose/draft/produce; explain/describe/spell out/lay out;
find/determine/work out/obtain; give/provide/supply; show/present/display;
function/routine/procedure; returns/gives back/yields; problem/exercise/question;
answer/solution/result; complete/full/entire; every/each; step/stage; before/prior to; after/once;
then/next/afterwards; buys/purchases/gets; costs/is priced at; pays/hands over; travel/go/move;
together/in total/combined; different/distinct; new/updated/resulting; price/cost; shop/store;
tank/vessel; finishes/comes in/ends; says/states/claims; always/invariably; believed/trusted;
starts/begins; contains/holds; numbers/figures; rule/pattern; state/name; largest/biggest/greatest;
keeps/retains; counts/tallies; sorts/orders/arranges; groups/buckets; removes/drops/deletes;
checks/verifies/makes sure; empty/blank; best/ideal/most sensible; way/method/approach; tell/inform;
make/prepare/put together; plan/outline; need/require; carefully/with care/thoroughly;
reasoning/thinking/argument; internal/inner; detail/depth; think/reason; solve/tackle/work through;
fix/repair/mend; add/introduce/insert; rename/relabel; split/divide/break up; grade/rate/score;
because/since; should/ought to; is/equals; big/large; quick/fast; small/little; help/assist;
use/employ/apply; kind/type/sort; wrong/incorrect/amiss; happens/occurs; whole/entire; only/just
"""
"""Groups of words that can stand for each other in the prompts at hand."""
_GROUPS = tuple(tuple(word.strip() for word in group.split("/")) for group in _TABLE.strip().split(";"))
_SYNONYMS = {word: tuple(other for other in group if other != word) for group in _GROUPS for word in group}
_WORDS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, _SYNONYMS), key=len, reverse=True)) + r")\b", re.IGNORECASE)
_NUMBERS = dict(enumerate("zero one two three four five six seven eight nine ten eleven twelve".split()))  # noqa: SIM905
_SMALL_NUMBER = re.compile(r"\b([0-9]|1[0-2])\b(?![.:,/%]|\d)")
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_BEFORE = (
    "", "", "Here is one for you. ", "Consider the following. ", "I have a task. ", "Please look at this: ",
    "Next item. ", "Could you take this on? ", "My colleague asks: ", "Suppose this: ", "Have a go at it: ",
    "From my notes: ",
)  # fmt: skip
_AFTER = (
    "", "", "", " Thank you.", " Be thorough.", " I want to follow it.", " In your own words.", " Take your time.",
    " No need to hurry.", " That is all.",
)  # fmt: skip


def rephrase(text: str, dice: Dice) -> str:
    """Say the same in other words; the same dice give the same words."""
    boldness = dice.uniform(0.6, 1.0)
    parts = [_reworded(part, dice, boldness) for part in text.split("\n\n")]
    if len(parts) > 1 and dice.chance(0.5):  # what is demanded of the answer may come first
        parts = [parts[-1], *parts[:-1]]
    body = dice.pick(("\n\n", "\n", " ")).join(parts)
    return f"{dice.pick(_BEFORE)}{body}{dice.pick(_AFTER)}"


def _reworded(part: str, dice: Dice, boldness: float) -> str:
    sentences = _SENTENCE.split(part)
    if len(sentences) > 2 and dice.chance(0.5):  # the question before what is given
        sentences = [sentences[-1], *sentences[:-1]]
    text = " ".join(sentences)
    text = _WORDS.sub(lambda found: _other(found[0], dice) if dice.chance(boldness) else found[0], text)
    if dice.chance(0.5):
        text = _SMALL_NUMBER.sub(lambda found: _NUMBERS[int(found[1])], text)
    return text


def _other(word: str, dice: Dice) -> str:
    found = dice.pick(_SYNONYMS[word.lower()])
    return found[0].upper() + found[1:] if word[0].isupper() else found
