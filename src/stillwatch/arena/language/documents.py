# SPDX-License-Identifier: Apache-2.0
"""What one customer's machine sends all day: tickets, reviews, articles and sentences of that customer's own trade."""

from collections.abc import Callable

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.lexicon import SUBJECTS, Subject
from stillwatch.arena.language.talk import fill

_TICKETS = (
    "Order {number}{number}{number}: the {thing} arrived {quality}, I want my money back.",
    "I can't {doing} since {weekday}, your app just hangs.",
    "How do I change the {thing} on my account? {name}",
    "The {thing2} you sent is not the one in the picture, it is {quality}.",
    "Please cancel, {name} already has a {thing}.",
    "Do you ship a {quality} {thing} to {place}?",
    "Third time I write about the {thing}! Nobody answers.",
    "Love the {thing}, but the manual does not say how to {doing}.",
    "Invoice for the {thing} is wrong, it lists {number} instead of one.",
    "When will the {quality} {thing} be back in stock?",
)
_SENTENCES = (
    "The {thing} has become {quality} since {name} moved to {place}.",
    "To {doing}, start by checking the {thing}.",
    "Few in {place} still {doing} the old way.",
    "Members may {doing} on {weekday} if a {thing} is free.",
    "A {quality} {thing} is better than none, {name} writes.",
    "The club in {place} has bought {number} new pieces: a {thing}, a {thing2} and more.",
    "{name} will show newcomers how to {doing} next {weekday}.",
    "Nobody knows why the {thing} turned {quality}, yet the {thing2} did not.",
    "Prices for a {thing} rose by {number} percent in {place}.",
    "It took {number} weeks to {doing}, said {name}.",
    "Do not {doing} while the {thing} is {quality}.",
    "Those who {doing} early seldom need a {thing2}.",
)
_LABELS = (
    "refund, delivery, account, praise, other",
    "urgent, normal, low",
    "positive, negative, mixed",
    "billing, technical, sales, spam",
    "question, complaint, request",
)
LANGUAGES = ("German", "French", "Polish", "Japanese", "Portuguese", "Dutch", "Korean", "Turkish", "Italian", "Czech")
_HOUSES = (
    "Alder",
    "Brook",
    "Cobalt",
    "Delta",
    "Ember",
    "Fjord",
    "Granite",
    "Harbour",
    "Iris",
    "Juniper",
    "Kestrel",
    "Larch",
)
_TRADES = ("Supply", "Press", "Works", "Goods", "House", "Labs", "Market", "Mutual", "Studio", "Group")


class Trade:
    """One customer's trade: a few subjects and a name, from which all of its documents come."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.name = f"{dice.pick(_HOUSES)} {dice.pick(_TRADES)}"
        self.subjects: tuple[Subject, ...] = tuple(dice.some(SUBJECTS, dice.between(1, 2)))
        self._tickets = dice.some(_TICKETS, 6)
        self._sentences = dice.some(_SENTENCES, 8)

    def ticket(self) -> str:
        """What one of its customers writes."""
        return self._fill(self._tickets)

    def sentence(self) -> str:
        """One sentence of its publications."""
        return self._fill(self._sentences)

    def article(self) -> str:
        """A few sentences on one matter."""
        return " ".join(self.sentence() for _ in range(self._dice.between(4, 9)))

    def _fill(self, templates: list[str]) -> str:
        return fill(self._dice.pick(templates), self._dice.pick(self.subjects), self._dice)


def classification(trade: Trade, dice: Dice) -> tuple[str, Callable[[], str]]:
    """A triage job: its system prompt, and a source of its items."""
    system = (
        f"You sort messages to {trade.name}. Answer with one of: {dice.pick(_LABELS)}."
        if dice.chance(0.5)
        else f"{trade.name} inbox triage. Labels: {dice.pick(_LABELS)}. Reply with the label only."
    )
    return system, trade.ticket


def translation(trade: Trade, dice: Dice) -> tuple[str, Callable[[], str]]:
    """A translation job."""
    language = dice.pick(LANGUAGES)
    system = dice.pick(
        (
            f"Translate the text into {language} for the {trade.name} catalogue. Keep names.",
            f"You are {trade.name}'s translator. Output {language} only.",
            f"English to {language}. House style of {trade.name}: short sentences, formal address.",
        )
    )
    return system, trade.sentence


def summary(trade: Trade, dice: Dice) -> tuple[str, Callable[[], str]]:
    """A summarising job."""
    limit = dice.pick((12, 20, 25, 40))
    system = dice.pick(
        (
            f"Summarise for the {trade.name} newsletter in at most {limit} words.",
            f"Write a {limit}-word abstract in the voice of {trade.name}.",
            f"{trade.name} digest. One sentence, {limit} words, no opinion.",
        )
    )
    return system, lambda: f"Summarise:\n{trade.article()}"


def extraction(trade: Trade, dice: Dice) -> tuple[str, Callable[[], str]]:
    """A job that pulls fields out of text."""
    fields = ", ".join(dice.some(("person", "place", "item", "condition", "day", "amount", "sentiment"), 3))
    system = f"Extract {fields} as JSON from reports of {trade.name}. Use null where absent."
    return system, lambda: f"Report: {trade.sentence()} {trade.ticket()}"


JOBS = (classification, translation, summary, extraction)
"""Every kind of job, in a fixed order."""
