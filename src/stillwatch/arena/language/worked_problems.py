# SPDX-License-Identifier: Apache-2.0
"""Problems that are worth a worked solution: arithmetic in words, rates, logic, science, each with its reasoning.

They are what the teacher is good at, what a public examination asks, and what a harvester comes for.
"""

from dataclasses import dataclass

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.lexicon import NAMES, PLACES, SUBJECTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A question with the steps that lead to its answer."""

    question: str
    steps: str
    answer: str


def _shopping(dice: Dice) -> Problem:
    name, thing = dice.pick(NAMES), dice.pick(dice.pick(SUBJECTS).things)
    count, price, paid = dice.between(2, 9), dice.between(3, 19), dice.between(180, 400)
    total = count * price
    return Problem(
        question=f"{name} buys {count} boxes, each with a {thing}, for {price} coins a box and pays with {paid} coins. "
        f"How many coins does {name} get back?",
        steps=f"Each box costs {price} coins. There are {count} boxes, so the total is {count} times {price}, which is "
        f"{total} coins. The change is {paid} minus {total}, which is {paid - total}.",
        answer=f"{name} gets {paid - total} coins back.",
    )


def _train(dice: Dice) -> Problem:
    start, end = dice.some(PLACES, 2)
    speed, hours, extra = dice.between(4, 18) * 10, dice.between(2, 7), dice.between(1, 9) * 5
    return Problem(
        question=f"A train leaves {start} for {end} at {speed} kilometres per hour. After {hours} hours it still has "
        f"{extra} kilometres to go. How far apart are {start} and {end}?",
        steps=f"In {hours} hours at {speed} kilometres per hour the train covers {hours} times {speed}, which is "
        f"{hours * speed} kilometres. Add the {extra} kilometres that remain to get {hours * speed + extra}.",
        answer=f"The distance is {hours * speed + extra} kilometres.",
    )


def _sharing(dice: Dice) -> Problem:
    first, second = dice.some(NAMES, 2)
    thing = dice.pick(dice.pick(SUBJECTS).things)
    small, ratio = dice.between(3, 30), dice.between(2, 6)
    return Problem(
        question=f"{first} has {ratio} times as many cards showing a {thing} as {second}. Together they have "
        f"{small * (ratio + 1)} cards. How many does {first} have?",
        steps=f"Let x be the number that {second} has. Then {first} has {ratio}x, and together they have "
        f"{ratio + 1}x, which is {small * (ratio + 1)}. So x is {small}, and {ratio} times {small} is {small * ratio}.",
        answer=f"{first} has {small * ratio} cards.",
    )


def _percent(dice: Dice) -> Problem:
    place, thing = dice.pick(PLACES), dice.pick(dice.pick(SUBJECTS).things)
    base, rate = dice.between(2, 40) * 20, dice.pick((5, 10, 15, 20, 25, 40, 50))
    part = base * rate // 100
    return Problem(
        question=f"A shop in {place} sells a {thing} for {base} coins. The price falls by {rate} percent. What is the "
        "new price?",
        steps=f"First find {rate} percent of {base}: that is {base} times {rate} divided by 100, which is {part}. Then "
        f"subtract {part} from {base} to get {base - part}.",
        answer=f"The new price is {base - part} coins.",
    )


def _order(dice: Dice) -> Problem:
    a, b, c, d = dice.some(NAMES, 4)
    return Problem(
        question=f"In a race {a} finishes before {b}, {c} finishes after {b}, and {d} finishes after {c}. Who comes "
        f"third, and why?",
        steps=f"We know that {a} is before {b} and that {b} is before {c}. We also know that {d} is after {c}. So the "
        f"order is {a}, {b}, {c}, {d}.",
        answer=f"{c} comes third.",
    )


def _liars(dice: Dice) -> Problem:
    a, b = dice.some(NAMES, 2)
    return Problem(
        question=f"On an island everyone either always lies or always tells the truth. {a} says that {b} is a liar. "
        f"{b} says that both are truthful. Which of them can be believed?",
        steps=f"Suppose that {b} is truthful. Then both are truthful, so what {a} says is true, and {b} is a liar. "
        f"That is a contradiction. So {b} is a liar, and what {a} says is true.",
        answer=f"{a} tells the truth and {b} lies.",
    )


def _motion(dice: Dice) -> Problem:
    thing = dice.pick(("stone", "ball", "crate", "sledge", "bottle", "hammer"))
    rate, seconds = dice.between(2, 9), dice.between(2, 12)
    return Problem(
        question=f"A {thing} starts from rest and speeds up by {rate} metres per second every second. How far does it "
        f"travel in {seconds} seconds?",
        steps=f"The distance is one half times the acceleration times the square of the time. The square of {seconds} "
        f"is {seconds**2}. One half times {rate} times {seconds**2} is {rate * seconds**2 / 2:g}.",
        answer=f"It travels {rate * seconds**2 / 2:g} metres.",
    )


def _mixture(dice: Dice) -> Problem:
    acid = dice.pick(("acid", "salt", "sugar", "alcohol", "dye"))
    litres, strength, water = dice.between(2, 9), dice.pick((10, 20, 30, 40, 60)), dice.between(1, 9)
    return Problem(
        question=f"A tank holds {litres} litres of a solution that is {strength} percent {acid}. {water} litres of "
        f"water are added. What is the new concentration?",
        steps=f"The amount of {acid} stays the same: {strength} percent of {litres} litres is "
        f"{litres * strength / 100:g} litres. The volume is now {litres} plus {water}, which is {litres + water} "
        f"litres. Divide to get {100 * litres * strength / 100 / (litres + water):.1f} percent.",
        answer=f"The concentration is {litres * strength / (litres + water):.1f} percent.",
    )


def _counting(dice: Dice) -> Problem:
    thing = dice.pick(dice.pick(SUBJECTS).things)
    n = dice.between(4, 9)
    return Problem(
        question=f"In how many ways can {n} different postcards of a {thing} be put in a row if the first and the last "
        "are fixed?",
        steps=f"The first and the last are fixed, so {n - 2} postcards remain. They can be put in a row in {n - 2} "
        f"factorial ways. That is the product of the numbers from 1 to {n - 2}.",
        answer=f"There are {n - 2} factorial ways.",
    )


def _sequence(dice: Dice) -> Problem:
    start, step = dice.between(1, 20), dice.between(2, 12)
    terms = [start + step * i for i in range(4)]
    listed = ", ".join(map(str, terms))
    return Problem(
        question=f"The numbers {listed} follow a rule. State the rule and give the tenth number.",
        steps=f"Each number is {step} more than the one before. The tenth number is the first plus nine times the "
        f"step, so it is {start} plus {9 * step}, which is {start + 9 * step}.",
        answer=f"Add {step} each time; the tenth number is {start + 9 * step}.",
    )


FAMILIES = (
    _shopping, _train, _sharing, _percent, _order, _liars, _motion, _mixture, _counting, _sequence,
)  # fmt: skip


def problem(dice: Dice) -> Problem:
    """Any one problem."""
    return dice.pick(FAMILIES)(dice)
