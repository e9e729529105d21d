# SPDX-License-Identifier: Apache-2.0
"""What a grade says, in sentences: above all what is missed and who is wronged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stillwatch.arena.grading.grade import Grade, Sweep, pooled
from stillwatch.arena.grading.point import Point
from stillwatch.arena.worlds.description import Operator
from stillwatch.stats.intervals import Rate

_MISSED = 0.5
"""A campaign of which less than this share is contained counts as missed."""
_LATE = 0.5
"""A campaign that was contained after more than this share of its harvest counts as found late."""
_LOST = 0.2
"""A factor that costs more recall than this is worth a sentence."""
_WANTED = 0.001
"""Share of benign accounts contained that one would like to rule out."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence, and what sort of thing it says."""

    head: str
    """``Missed``, ``Late``, ``Wronged``, ``Sensitive`` or ``Not shown``."""
    words: str

    def __str__(self) -> str:
        return f"{self.head}: {self.words}"


def remarks(grade: Grade) -> list[Remark]:
    """Sentences on what is missed, late, wrong, or not shown; the gravest first."""
    return [
        *_campaigns_missed(grade.headline),
        *_campaigns_late(grade.headline),
        *_wronged(grade.headline),
        *(remark for sweep in grade.sweeps for remark in _sensitivity(sweep)),
        *_not_shown(grade.headline),
    ]


def operator_in_words(operator: Operator) -> str:
    """An operator, by what sets it apart from the default.

    Example:
        >>> operator_in_words(Operator(name="x", dilution=0.75, shards=4))
        '40 accounts, reasoning, dilution 75%, 4 shards'
    """
    plain = Operator(name=operator.name)
    said = [f"{operator.accounts} account{'s' * (operator.accounts != 1)}", operator.field]
    for name in ("dilution", "wrapping", "paraphrase", "stagger", "shared"):
        value = getattr(operator, name)
        if value != getattr(plain, name):
            said.append(f"{'shared facets' if name == 'shared' else name} {value:.0%}")
    if operator.shards > 1:
        said.append(f"{operator.shards} shards")
    if operator.quota_tail == "pareto":
        said.append("heavy-tailed quotas")
    if operator.replacement != "none":
        said.append("replaces banned accounts" if operator.replacement == "adaptive" else "changes accounts")
    if operator.system != "none":
        said.append("one system prompt" if operator.system == "shared" else "a system prompt for each account")
    if operator.pacing != "poisson":
        said.append("keeps a working day" if operator.pacing == "day" else "even pace")
    return ", ".join(said)


def recall_of(points: Sequence[Point]) -> Rate:
    """Contained, of all attackers' accounts, over several runs."""
    return pooled([point.score.contained for point in points])


def _campaigns_missed(points: Sequence[Point]) -> Iterator[Remark]:
    for name in _names(points):
        contained = pooled([point.score.campaigns[name].contained for point in points])
        noticed = pooled([point.score.campaigns[name].noticed for point in points])
        if contained.value < _MISSED:
            watched = f"; {noticed.count - contained.count} more are watched" if noticed.count > contained.count else ""
            yield Remark(
                "Missed", f"of campaign {name}, {contained.count} of {contained.of} accounts are contained{watched}."
            )


def _campaigns_late(points: Sequence[Point]) -> Iterator[Remark]:
    for name in _names(points):
        scores = [point.score.campaigns[name] for point in points]
        leak = sum(one.leak * one.harvest for one in scores) / max(1, sum(one.harvest for one in scores))
        if pooled([one.contained for one in scores]).value >= _MISSED and leak > _LATE:
            yield Remark("Late", f"campaign {name} is contained, but {leak:.0%} of its harvest had leaked by then.")


def _wronged(points: Sequence[Point]) -> Iterator[Remark]:
    for action, field in (("contained", "contained_by_kind"), ("contained or watched", "noticed_by_kind")):
        kinds = sorted({kind for point in points for kind in getattr(point.score, field)})
        named = []
        for kind in kinds:
            found = pooled([by[kind] for by in (getattr(point.score, field) for point in points) if kind in by])
            if found.count:
                named.append(f"{kind} {found.count} of {found.of}")
        if named:
            yield Remark("Wronged", f"benign accounts {action}: {', '.join(named)}.")


def _sensitivity(sweep: Sweep) -> Iterator[Remark]:
    recalls = [(step.label, recall_of(step.points).value) for step in sweep.steps]
    best = max(recalls, key=lambda one: one[1])
    worst = min(recalls, key=lambda one: one[1])
    if best[1] - worst[1] > _LOST:
        yield Remark(
            "Sensitive",
            f"to {sweep.title.lower()} ({sweep.words}): recall is {best[1]:.0%} at {best[0]} "
            f"and {worst[1]:.0%} at {worst[0]}.",
        )


def _not_shown(points: Sequence[Point]) -> Iterator[Remark]:
    if not points:
        return
    false = pooled([point.score.false_contained for point in points])
    if false.of and false.at_most > _WANTED:
        yield Remark(
            "Not shown",
            f"{false.count} of {false.of:,} benign accounts contained bounds the rate at "
            f"{false.at_most:.2%} (one-sided 95 %), so a claim of {_WANTED:.1%} is beyond this run.",
        )


def _names(points: Sequence[Point]) -> list[str]:
    return list(points[0].score.campaigns) if points else []
