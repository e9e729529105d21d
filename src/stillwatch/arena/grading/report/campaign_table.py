# SPDX-License-Identifier: Apache-2.0
"""The campaigns in a table, a row each, over all headline runs."""

from collections.abc import Sequence
from html import escape

from stillwatch.arena.grading.grade import pooled
from stillwatch.arena.grading.point import Point
from stillwatch.arena.grading.report.harvest_plot import harvest_plot
from stillwatch.arena.grading.scoring import CampaignScore
from stillwatch.arena.grading.words import operator_in_words
from stillwatch.arena.worlds.description import World

_HEADS = ("campaign", "accounts", "contained", "or watched", "leak", "first hours", "first exchanges", "harvest by day")
_FEW = 0.5
"""Below this share contained, the figure is marked."""


def campaign_table(points: Sequence[Point], world: World | None) -> str:
    """The table; ``world`` says in words how each campaign was run, where it is known."""
    said = {one.name: operator_in_words(one) for one in world.operators} if world else {}
    rows = "".join(
        _row(name, [point.score.campaigns[name] for point in points], said.get(name, ""))
        for name in points[0].score.campaigns
    )
    heads = "".join(f"<th>{head}</th>" for head in _HEADS)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(name: str, scores: Sequence[CampaignScore], said: str) -> str:
    contained, noticed = pooled([one.contained for one in scores]), pooled([one.noticed for one in scores])
    leak = sum(one.leak * one.harvest for one in scores) / max(1, sum(one.harvest for one in scores))
    css = ' class="bad-word"' if contained.value < _FEW else ""
    bounds = f"95 % between {contained.low:.0%} and {contained.high:.0%}"
    cells = (
        f'<td><div class="who">{escape(name)}</div><div class="what">{escape(said)}</div></td>',
        f"<td>{contained.of}</td>",
        f'<td><span{css} title="{bounds}">{contained.value:.0%}</span></td>',
        f"<td>{noticed.value:.0%}</td>",
        f"<td>{leak:.0%}</td>",
        f"<td>{_mean([one.first_hours for one in scores])}</td>",
        f"<td>{_mean([one.first_exchanges for one in scores])}</td>",
        f'<td class="picture">{harvest_plot(name, scores[0])}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def _mean(values: Sequence[float | None]) -> str:
    """The mean over the runs that have a figure, and how many have none."""
    known = [value for value in values if value is not None]
    if not known:
        return "never"
    missing = f" ({len(values) - len(known)} never)" if len(known) < len(values) else ""
    return f"{sum(known) / len(known):,.0f}{missing}"
