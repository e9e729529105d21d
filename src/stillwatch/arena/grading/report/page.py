# SPDX-License-Identifier: Apache-2.0
"""The page: figures first, then what is missed in words, then pictures and tables, then how it was made."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from stillwatch.arena.grading.grade import Grade
from stillwatch.arena.grading.report.campaign_table import campaign_table
from stillwatch.arena.grading.report.kind_plot import kind_plot
from stillwatch.arena.grading.report.method_plot import method_plot
from stillwatch.arena.grading.report.svg import circle, line, picture, rect
from stillwatch.arena.grading.report.sweep_plots import sweep_plot
from stillwatch.arena.grading.report.tiles import tiles
from stillwatch.arena.grading.words import remarks
from stillwatch.arena.worlds.description import World


def page(grade: Grade) -> str:
    """The whole report as one HTML document."""
    sections = [_head(grade)]
    if grade.headline:
        sections += [tiles(grade.headline), _words(grade), _methods(grade), _campaigns(grade), _kinds(grade)]
    elif grade.sweeps:
        sections.append(_words(grade))
    if grade.sweeps:
        sections.append(_sweeps(grade))
    sections.append(_making(grade))
    style = files("stillwatch.arena.grading.report").joinpath("style.css").read_text("utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>How well detection does</title><style>{style}</style></head><body><main>"
        f"{''.join(sections)}</main></body></html>\n"
    )


def _head(grade: Grade) -> str:
    runs = grade.headline or tuple(point for sweep in grade.sweeps for step in sweep.steps for point in step.points)
    exchanges = sum(point.score.exchanges for point in runs)
    accounts = sum(point.score.accounts for point in runs)
    return (
        "<h1>How well detection does</h1>"
        f'<p class="soft">{exchanges:,} composed exchanges of {accounts:,} accounts in {len(runs)} '
        f"run{'s' * (len(runs) != 1)}, replayed with a pass every {_span(grade.cadence_seconds)}. Everybody in these "
        f"logs is made up; the truth about each account is known.</p><pre><code>{escape(grade.command)}</code></pre>"
    )


def _words(grade: Grade) -> str:
    items = [
        f'<li class="{one.head.lower()}"><b>{escape(one.head)}</b><span>{escape(one.words)}</span></li>'
        for one in remarks(grade)
    ] or ['<li class="fine"><b>Nothing</b><span>is missed in these runs.</span></li>']
    return f'<h2>What is missed</h2><ul class="words">{"".join(items)}</ul>'


def _methods(grade: Grade) -> str:
    legend = (
        ("bar at the setting with few false accounts", picture(18, 12, [rect(0, 1, 18, 10, "bar other")], label="")),
        ("at the method's own setting", picture(14, 12, [circle(7, 6, 5, "ring")], label="")),
    )
    return (
        "<h2>Beside other methods</h2>"
        f"<p>The same logs. Bars: recall where at most {grade.most_false} benign accounts a run are flagged, a setting "
        "chosen with the truth in hand, which flatters the other methods; they also see the whole log at once. "
        f"Stillwatch runs at its defaults, and sees no future.</p>{_legend(legend)}"
        f'<div class="panel">{method_plot(grade.headline, most_false=grade.most_false)}</div>'
    )


def _campaigns(grade: Grade) -> str:
    if not any(point.score.campaigns for point in grade.headline):
        return ""
    legend = (
        ("leaked", picture(12, 12, [rect(0, 1, 12, 10, "bar bad")], label="")),
        ("after containment", picture(12, 12, [rect(0, 1, 12, 10, "bar good")], label="")),
    )
    return (
        "<h2>Campaign by campaign</h2><p>Time counts from the campaign's first harvest to the first of its accounts "
        f"that is contained. The picture is the first run's harvest, day by day.</p>{_legend(legend)}"
        f'<div class="panel">{campaign_table(grade.headline, grade.world)}</div>'
    )


def _kinds(grade: Grade) -> str:
    legend = (
        ("contained", picture(22, 12, [line(0, 6, 22, 6, "whisker bad"), circle(7, 6, 3, "dot bad")], label="")),
        ("contained or watched",
         picture(22, 12, [line(0, 6, 22, 6, "whisker noticed"), circle(7, 6, 3, "dot noticed")], label="")),
    )  # fmt: skip
    return (
        "<h2>Who is wronged</h2><p>Benign accounts flagged, by kind. Lines are two-sided 95 % Clopper-Pearson "
        "intervals; “at most” is the one-sided bound. A kind with few accounts cannot be cleared by them: read the "
        f'bound, not the zero.</p>{_legend(legend)}<div class="panel">{kind_plot(grade.headline)}</div>'
    )


def _sweeps(grade: Grade) -> str:
    seeds = len(grade.sweeps[0].steps[0].points)
    band = "Student's interval over seeds" if seeds > 1 else "Clopper-Pearson over accounts as if independent"
    legend = tuple(
        (words, picture(26, 12, [line(0, 6, 26, 6, f"line {css}")], label=""))
        for css, words in (
            ("ours", "contained"),
            ("noticed", "contained or watched"),
            ("leak", "leak"),
            ("baseline", f"best other method at {grade.most_false} false accounts"),
        )
    )
    plots = "".join(
        f'<div class="panel"><h3>{escape(sweep.title)}</h3>{sweep_plot(sweep)}</div>' for sweep in grade.sweeps
    )
    return (
        "<h2>What makes it harder</h2><p>One campaign in the same population, changed in one respect at a time. Dots "
        f'are seeds ({seeds}); the band is 95 %: {band}.</p>{_legend(legend)}<div class="grid-plots">{plots}</div>'
    )


def _making(grade: Grade) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in grade.versions.items())
    seeds = ", ".join(str(point.seed) for point in grade.headline) or ", ".join(
        str(point.seed) for point in grade.sweeps[0].steps[0].points
    )
    worlds = "".join(_world(world) for world in (grade.world, grade.reference) if world is not None)
    return (
        f"<h2>How it was made</h2>{worlds}"
        "<p>A run composes a log from a seed, hunts in it in a process of its own that never sees the truth, and "
        "compares. The composer is a model of the world with artefacts of its own; other people's logs judge better. "
        f"Prompts: {escape(grade.prompts)}. Arrivals: {escape(grade.arrivals)}. The paraphraser is rule-based; a "
        "language model's would be harder.</p>"
        f"<footer>Made on {grade.made_on} by {escape(versions)}. Seeds {seeds}. Code {grade.code[:12]}. All figures "
        "are in <code>report.json</code> beside this page.</footer>"
    )


def _world(world: World) -> str:
    benign = ", ".join(f"{crowd.accounts} {crowd.kind}" for crowd in world.crowds)
    return (
        f'<p class="small soft">World <b>{escape(world.name)}</b>, {world.days} days, '
        f"{sum(crowd.accounts for crowd in world.crowds):,} benign accounts: {escape(benign)}; "
        f"{len(world.operators)} operator{'s' * (len(world.operators) != 1)}.</p>"
    )


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    return '<div class="legend">' + "".join(f"<span>{mark}{escape(words)}</span>" for words, mark in entries) + "</div>"


def _span(seconds: int) -> str:
    """A cadence as people say it.

    Example:
        >>> _span(21_600)
        '6 hours'
    """
    amount, unit = (seconds // 3_600, "hour") if seconds % 3_600 == 0 else (seconds // 60, "minute")
    return unit if amount == 1 else f"{amount} {unit}s"
