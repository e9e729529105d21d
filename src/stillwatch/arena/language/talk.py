# SPDX-License-Identifier: Apache-2.0
"""How a person talks to a model: a voice of their own about subjects of their own, in conversations."""

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.lexicon import NAMES, PLACES, SUBJECTS, Subject

OPENERS = (
    "",
    "",
    "",
    "Hi, ",
    "Hello! ",
    "Hey - ",
    "Quick question: ",
    "I'm stuck. ",
    "OK so ",
    "Me again. ",
    "Silly question, but ",
    "Help please: ",
    "Thinking out loud here. ",
    "Not sure how to put this, but ",
    "For context, I'm a beginner. ",
    "So ",
)
CORES = (
    "how do I {doing}?",
    "what's the best way to {doing}?",
    "why is my {thing} so {quality}?",
    "my {thing} looks {quality}, is that normal?",
    "should I {doing} or {doing2} first?",
    "is a {quality} {thing} worth it?",
    "can you explain {thing} like I'm new to this?",
    "what is the difference between a {thing} and a {thing2}?",
    "give me ideas for a {quality} {thing}",
    "I tried to {doing} and now the {thing} is {quality}. What went wrong?",
    "which {thing} would you pick for {place}?",
    "write a short message to {name} about the {thing}",
    "make a checklist so that I can {doing}",
    "how long does it take to {doing}?",
    "what do people get wrong about the {thing}?",
    "can I {doing} without a {thing}?",
    "rewrite this so it sounds friendlier: the {thing} is {quality} and {name} has to {doing}",
    "what would you tell {name}, who wants to {doing}?",
    "is it too late to {doing} if the {thing} is already {quality}?",
    "plan a weekend in {place} around {thing} and {thing2}",
    "tell me something surprising about the {thing}",
    "how much should a {quality} {thing} cost?",
    "what did we use before there was a {thing}?",
    "how can I tell if a {thing} is {quality}?",
    "{name} says the {thing} causes the {thing2}. True?",
    "need a title for a talk on how to {doing}",
    "turn this into three bullet points: first {doing}, then check the {thing}, and never leave it {quality}",
    "what are the risks if I {doing} on my own?",
)
CONTEXTS = (
    "",
    "",
    "",
    " I only have {number} days.",
    " It's for {name}.",
    " We live near {place}.",
    " Budget is about {number}0.",
    " Last time it ended up {quality}.",
    " I already own a {thing2}.",
    " The instructions just say to {doing2}.",
    " My {relation} keeps telling me otherwise.",
    " This is the {number}th try.",
    " It's been like that since {weekday}.",
)
CLOSERS = (
    "",
    "",
    "",
    "",
    " thanks",
    " Thanks!",
    " Keep it short.",
    " Please be honest.",
    " No jargon please.",
    " cheers",
    " ty",
    " Any pointers welcome.",
)
FOLLOW_UPS = (
    "and if the {thing} is {quality}?",
    "ok but what about the {thing}?",
    "why not just {doing}?",
    "could you say that more simply?",
    "how would {name} do it in {place}?",
    "so first {doing}, then {doing2}?",
    "that didn't work, it's still {quality}",
    "great. Now the same for a {thing2}",
    "what if I don't have a {thing}?",
    "can you give an example with a {quality} {thing}?",
    "shorter please",
    "which of those matters most?",
    "is there a cheaper {thing}?",
    "hmm, {name} told me never to {doing}",
    "write it as an email to {name}",
    "and how often should I {doing}?",
)
RELATIONS = ("sister", "neighbour", "boss", "flatmate", "uncle", "coach", "teacher", "partner")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Voice:
    """One person: a few subjects, a few habits of speech, the same people and places again and again.

    Args:
        dice: The person's own stream; the same stream gives the same person.
        subjects: What they talk about; drawn where not given.
    """

    def __init__(self, dice: Dice, *, subjects: tuple[Subject, ...] | None = None) -> None:
        self._dice = dice
        self.subjects = subjects or tuple(dice.some(SUBJECTS, dice.between(1, 3)))
        self._openers = dice.some(OPENERS, 4)
        self._cores = dice.some(CORES, 12)
        self._contexts = dice.some(CONTEXTS, 5)
        self._closers = dice.some(CLOSERS, 3)
        self._follow_ups = dice.some(FOLLOW_UPS, 8)
        self._names = dice.some(NAMES, 3)
        self._places = dice.some(PLACES, 2)
        self._relation = dice.pick(RELATIONS)
        self._is_terse = dice.chance(0.25)
        self._is_lower_case = dice.chance(0.3)
        self._subject = self.subjects[0]

    def opening(self) -> str:
        """The first message of a conversation, about one of the person's subjects."""
        self._subject = self._dice.pick(self.subjects)
        text = self._fill(self._dice.pick(self._cores))
        if self._is_terse:
            return self._cased(text)
        opener, context, closer = (self._dice.pick(p) for p in (self._openers, self._contexts, self._closers))
        if not opener or opener.endswith((". ", "! ")):
            text = text[0].upper() + text[1:]
        return self._cased(opener + text + self._fill(context) + closer)

    def follow_up(self) -> str:
        """A later message of the same conversation."""
        return self._cased(self._fill(self._dice.pick(self._follow_ups)))

    def _cased(self, text: str) -> str:
        return text.lower() if self._is_lower_case else text

    def _fill(self, template: str) -> str:
        return fill(
            template, self._subject, self._dice, names=self._names, places=self._places, relation=self._relation
        )


def fill(
    template: str,
    subject: Subject,
    dice: Dice,
    *,
    names: list[str] | tuple[str, ...] = NAMES,
    places: list[str] | tuple[str, ...] = PLACES,
    relation: str = "friend",
) -> str:
    """Put a subject's words into a template's slots: thing, thing2, doing, doing2, quality, name, place and so on."""
    if "{" not in template:
        return template
    thing, thing2 = dice.some(subject.things, 2)
    doing, doing2 = dice.some(subject.doings, 2)
    return template.format(
        thing=thing,
        thing2=thing2,
        doing=doing,
        doing2=doing2,
        quality=dice.pick(subject.qualities),
        name=dice.pick(names),
        place=dice.pick(places),
        number=dice.between(2, 9),
        relation=relation,
        weekday=dice.pick(WEEKDAYS),
        subject=subject.name,
    )
