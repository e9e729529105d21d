# SPDX-License-Identifier: Apache-2.0
"""The headline: a few figures, each with what must be read next to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from stillwatch.arena.grading.grade import pooled
from stillwatch.arena.grading.point import Point
from stillwatch.arena.grading.words import recall_of


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    name: str
    figure: str
    more: str


def tiles(points: Sequence[Point]) -> str:
    """All of them, as HTML."""
    is_attacked = any(point.score.campaigns for point in points)
    about_attackers = (_recall(points), _leak(points), _delay(points), _grouping(points)) if is_attacked else ()
    every = (*about_attackers[:2], _false(points), *about_attackers[2:], *_cost(points))
    return "".join(
        (
            '<div class="tiles">',
            *(
                f'<div class="tile"><div class="name">{escape(one.name)}</div>'
                f'<div class="figure">{escape(one.figure)}</div><div class="more">{escape(one.more)}</div></div>'
                for one in every
            ),
            "</div>",
        )
    )


def _recall(points: Sequence[Point]) -> Tile:
    recall, noticed = recall_of(points), pooled([point.score.noticed for point in points])
    more = (
        f"{recall.count} of {recall.of}, 95 % between {recall.low:.0%} and {recall.high:.0%}; "
        f"{noticed.value:.0%} contained or watched"
    )
    return Tile("attackers' accounts contained", f"{recall.value:.0%}", more)


def _leak(points: Sequence[Point]) -> Tile:
    harvest = sum(point.score.harvest for point in points)
    leak = sum(point.score.leak * point.score.harvest for point in points) / max(1, harvest)
    return Tile("harvest leaked before containment", f"{leak:.0%}", f"of {harvest:,} harvest exchanges")


def _false(points: Sequence[Point]) -> Tile:
    false = pooled([point.score.false_contained for point in points])
    noticed = pooled([point.score.false_noticed for point in points])
    more = f"of {false.of:,}: at most {false.at_most:.2%} (one-sided 95 %); {noticed.count - false.count} more watched"
    return Tile("benign accounts contained", f"{false.count}", more)


def _delay(points: Sequence[Point]) -> Tile:
    name = "from an account's first harvest to its containment"
    delays = [point.score.delay for point in points if point.score.delay.accounts]
    if not delays:
        return Tile(name, "never", "no account was contained")
    median, most, asked = (
        _mean([getattr(one, field) for one in delays]) for field in ("hours_median", "hours_p90", "exchanges_median")
    )
    return Tile(name, f"{median:.0f} h", f"median; nine of ten within {most:.0f} h; {asked:.0f} exchanges harvested")


def _grouping(points: Sequence[Point]) -> Tile:
    name = "purity and completeness of campaigns"
    pure = [point.score.purity for point in points if point.score.purity is not None]
    whole = [point.score.completeness for point in points if point.score.completeness is not None]
    if not pure or not whole:
        return Tile(name, "none", "no campaign was named")
    return Tile(
        name,
        f"{_mean(pure):.0%} · {_mean(whole):.0%}",
        "how unmixed the named are; how much of each true one the largest holds",
    )


def _cost(points: Sequence[Point]) -> list[Tile]:
    costs = [point.cost for point in points if point.cost is not None]
    if not costs:
        return []
    each = 1_000_000 * sum(one.cpu_seconds for one in costs) / max(1, sum(one.exchanges for one in costs))
    more = f"CPU per million exchanges at this cadence; at most {max(one.peak_mib for one in costs):,.0f} MiB of memory"
    return [Tile("cost of hunting", f"{each:,.0f} s", more)]


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0
