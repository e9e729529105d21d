# SPDX-License-Identifier: Apache-2.0
"""Programming: small functions with their code, and the chores of somebody's repository."""

from dataclasses import dataclass

from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.lexicon import SUBJECTS

_FUNCTIONS = (
    ("adds up the {f} of all {n} records", "total_{f}", "sum(item.{f} for item in {n})"),
    ("returns the largest {f} among {n} records", "largest_{f}", "max(item.{f} for item in {n})"),
    ("keeps only the {n} records whose {f} is above a limit", "above_{f}", "[x for x in {n} if x.{f} > limit]"),
    ("counts how often each {f} occurs among {n} records", "count_{f}", "Counter(item.{f} for item in {n})"),
    ("sorts the {n} records by {f}, newest first", "by_{f}", "sorted({n}, key=lambda x: x.{f}, reverse=True)"),
    ("groups the {n} records by {f}", "group_{f}", "groupby(sorted({n}, key=get_{f}), get_{f})"),
    ("removes {n} records with the same {f}", "unique_{f}", "list({{x.{f}: x for x in {n}}}.values())"),
    ("finds the first of the {n} records without a {f}", "first_missing_{f}", "next(x for x in {n} if not x.{f})"),
    ("averages the {f} of {n} records", "mean_{f}", "sum(x.{f} for x in {n}) / len({n})"),
    ("checks that no {f} in the {n} records is empty", "has_all_{f}", "all(item.{f} for item in {n})"),
)
FIELDS = tuple(
    "price weight score label date status length owner rank colour depth batch region grade".split()  # noqa: SIM905 - a list of words reads best as words
)
LANGUAGES = ("Python", "Go", "Rust", "TypeScript", "Java", "C", "Kotlin", "Ruby")
CONSTRAINTS = (
    "Do not use the standard library's sort.",
    "It must run in linear time.",
    "Handle an empty input.",
    "Add type hints and a docstring.",
    "Explain the complexity.",
    "Write three test cases.",
    "Use recursion.",
    "Stream the input instead of loading it.",
    "Make it safe for several threads.",
    "Return an error instead of raising one.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A function to write, its code, and a sentence about it."""

    question: str
    code: str
    remark: str


def function_task(dice: Dice) -> Task:
    """A self-contained function over records of some subject."""
    what, name, body = dice.pick(_FUNCTIONS)
    field, noun = dice.pick(FIELDS), dice.pick(dice.pick(SUBJECTS).things).split()[-1].replace("-", "_") + "s"
    what, name, body = (text.format(f=field, n=noun) for text in (what, name, body))
    language, constraint = dice.pick(LANGUAGES), dice.pick(CONSTRAINTS)
    return Task(
        question=f"Write a function in {language} that {what}. {constraint}",
        code=f"def {name}({noun}):\n    return {body}",
        remark=f"The function {what}.",
    )


_FILES = (
    "parser",
    "client",
    "server",
    "models",
    "views",
    "cache",
    "queue",
    "schema",
    "auth",
    "jobs",
    "report",
    "config",
)
_CHORES = (
    "the test in tests/test_{file}.py fails with {error}, find out why and fix it",
    "rename {field}_{noun} to {noun}_{field} everywhere, but leave the migration alone",
    "add a --{field} option to the {file} command and document it",
    "{file}.py is {lines} lines long, split it where it makes sense",
    "the {noun} endpoint answers 500 when {field} is missing; answer 422 instead",
    "write a migration that adds {field} to the {noun} table",
    "bump the client library and fix whatever breaks in {file}.py",
    "why does {file}.py read the {noun} file twice? Make it once",
    "CI is red on main since the {noun} change, look at the log and fix it",
    "add logging around the {noun} retry in {file}.py",
)
_RESULTS = (
    "Tool result: tests/test_{file}.py::test_{noun}_{field} FAILED - {error}",
    "Tool result: edited {file}.py, {lines} lines changed",
    "Tool result: {lines} passed, 1 failed in {file}",
    "Tool result: src/{file}.py:{lines}: {error}",
    "Tool result: grep found {lines} uses of {noun}_{field}",
    "still fails: {error}",
    "yes, go on with {file}.py",
    "Tool result: contents of {file}.py ({lines} lines)",
)
_ERRORS = (
    "KeyError",
    "TypeError",
    "AssertionError",
    "TimeoutError",
    "ValueError",
    "IndexError",
    "ImportError",
    "OSError",
)


class Repository:
    """One developer's project: its own files and nouns, the same again and again."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._files = dice.some(_FILES, 4)
        self._fields = dice.some(FIELDS, 3)
        self._nouns = [word.split()[-1].replace("-", "_") for word in dice.pick(SUBJECTS).things]
        self._errors = dice.some(_ERRORS, 3)

    def chore(self) -> str:
        """What the developer asks an agent to do."""
        return self._fill(self._dice.pick(_CHORES))

    def tool_result(self) -> str:
        """What comes back to the model while it works."""
        return self._fill(self._dice.pick(_RESULTS))

    def _fill(self, template: str) -> str:
        dice = self._dice
        return template.format(
            file=dice.pick(self._files),
            field=dice.pick(self._fields),
            noun=dice.pick(self._nouns),
            error=dice.pick(self._errors),
            lines=dice.between(3, 900),
        )
