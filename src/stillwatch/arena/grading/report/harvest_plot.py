# SPDX-License-Identifier: Apache-2.0
"""One campaign's harvest, day by day: what leaked, and what came after containment."""

from stillwatch.arena.grading.report.svg import Scale, line, picture, rect
from stillwatch.arena.grading.scoring import CampaignScore

WIDTH, HEIGHT = 190.0, 40.0


def harvest_plot(name: str, campaign: CampaignScore) -> str:
    """Bars of days: the leak below, what containment would have kept in above it."""
    days = list(zip(campaign.leaked_by_day, campaign.late_by_day, strict=True))
    across, up = Scale(0, len(days), 0, WIDTH), Scale(0, max(1, *(sum(day) for day in days)), HEIGHT - 2, 2)
    each = WIDTH / len(days) - 2
    shapes = [line(0, HEIGHT - 1, WIDTH, HEIGHT - 1, "grid")]
    for number, (leaked, late) in enumerate(days):
        x, title = across(number) + 1, f"day {number + 1}: {leaked} leaked, {late} after containment"
        middle, top = up(leaked), up(leaked + late)
        shapes.append(rect(x, middle, each, up(0) - middle, "bar bad", title=title, radius=1))
        shapes.append(rect(x, top, each, middle - top, "bar good", title=title, radius=1))
    return picture(WIDTH, HEIGHT, shapes, label=f"Harvest of {name} by day")
