# SPDX-License-Identifier: Apache-2.0
"""The picture of a rehearsal, 100 by 34 characters: what the arena knows to be true beside what the product found."""

import math
from collections import Counter
from datetime import UTC, datetime

from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stillwatch.arena.chart import columns, resampled, sparkline
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US
from stillwatch.records.standing import Rung

WIDTH, HEIGHT = 100, 34

_GROUPS = (
    ("people", ("person", "office"), "sky_blue2"),
    ("agents", ("agent",), "sky_blue2"),
    ("pipelines", ("pipeline", "agency"), "sky_blue2"),
    ("evaluations", ("evaluation",), "sky_blue2"),
    ("classroom", ("classroom",), "sky_blue2"),
    ("enterprise", ("enterprise",), "sky_blue2"),
    ("bots, back ends", ("hobby bot", "back end"), "sky_blue2"),
    ("HYDRA", ("hydra",), "orange1"),
)
_RUNGS = (
    (Rung.GOOD, "good", "green4"),
    (Rung.OBSERVE, "observe", "yellow3"),
    (Rung.WITHHOLD, "withhold", "dark_orange"),
    (Rung.VERIFY, "verify", "magenta"),
    (Rung.SUSPEND, "suspend", "red1"),
)
_UNSEEN = "grey30"
_NONE: Counter[int] = Counter()
_LEFT, _RIGHT = 58, 42
_CELLS = _RIGHT - 4
_SPARK = 30
_CHART = 46
_CHART_LINES = 8


def view(scene: Scene, *, threshold_log10_e: float, verdict: str = "") -> RenderableType:
    """The whole picture.

    Args:
        scene: What has happened.
        threshold_log10_e: Evidence from which the product suspends a campaign's accounts.
        verdict: One line at the foot once the rehearsal is over.
    """
    layout = Layout(name="all")
    layout.split_column(Layout(_header(scene), size=3), Layout(name="body"), Layout(_moments(scene, verdict), size=8))
    layout["body"].split_row(Layout(name="left", size=_LEFT), Layout(name="right"))
    layout["left"].split_column(Layout(_traffic(scene), size=10), Layout(_evidence(scene, threshold_log10_e)))
    layout["right"].split_column(Layout(_accounts(scene), size=14), Layout(_campaign(scene)))
    return layout


def clock_line(scene: Scene) -> str:
    """The simulated time in words."""
    now = datetime.fromtimestamp(scene.now_us / 1e6, UTC)
    day = min(scene.plan.days, (scene.now_us - START_US) // DAY_US + 1)
    return f"day {day:>2} of {scene.plan.days}  {now:%a %H:%M}"


def _header(scene: Scene) -> RenderableType:
    done = (scene.now_us - START_US) / (scene.plan.end_us - START_US)
    bar = 24
    filled = round(bar * done)
    text = Text()
    text.append(" STILLWATCH ", "bold black on bright_cyan")
    text.append("  rehearsal   ", "bold")
    text.append(clock_line(scene), "bold bright_white")
    text.append("  ")
    text.append("━" * filled, "bright_cyan").append("━" * (bar - filled), "grey30")
    text.append(f" {done:4.0%}   ", "grey70")
    text.append(f"{scene.exchanges:,}", "bold bright_white").append(" exchanges", "grey70")
    return Panel(text, box=box.ROUNDED, border_style="grey37", padding=(0, 0))


def _traffic(scene: Scene) -> RenderableType:
    hours = (scene.plan.end_us - START_US) // HOUR_US
    gone = max(1, (scene.now_us - START_US) // HOUR_US)
    shown = max(1, math.ceil(_SPARK * gone / hours))
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=15)
    table.add_column(width=_SPARK, no_wrap=True)
    table.add_column(justify="right")
    for name, kinds, colour in _GROUPS:
        counts = [sum(scene.by_hour.get(kind, _NONE)[hour] for kind in kinds) for hour in range(gone)]
        total = sum(scene.sent[kind] for kind in kinds)
        table.add_row(
            Text(name, f"bold {colour}" if name.isupper() else "white"),
            Text(sparkline(resampled(counts, shown)).ljust(_SPARK), colour),
            Text(f"{total:,}", "bright_white"),
        )
    return _panel(table, "Traffic by kind of caller", "known only to the arena")


def _evidence(scene: Scene, threshold: float) -> RenderableType:
    hours = (scene.plan.end_us - START_US) // HOUR_US
    series = [0.0] * hours
    for entry in scene.evidence:
        hour = min(hours - 1, max(0, (entry.at_us - START_US) // HOUR_US - 1))
        series[hour] = max(series[hour], entry.log10_e)
    step = hours / _CHART
    values = [max(series[int(i * step) : max(int(i * step) + 1, int((i + 1) * step))]) for i in range(_CHART)]
    top = max(2 * threshold, *values)
    lines = columns(values, height=_CHART_LINES, top=top)
    mark = _CHART_LINES - 1 - min(_CHART_LINES - 1, int(_CHART_LINES * threshold / top))
    body = Text()
    for row, line in enumerate(lines):
        label = f"{threshold:.0f} " if row == mark else (f"{top:.0f} " if row == 0 else "")
        body.append(label.rjust(6), "bright_red" if row == mark else "grey62")
        for cell in line:
            if cell == " " and row == mark:
                body.append("╌", "red3")
            else:
                body.append(cell, "bright_red" if row <= mark else "yellow3")
        body.append("\n")
    ends = f"{'Mon 1':<{_CHART // 2}}{'day ' + str(scene.plan.days):>{_CHART - _CHART // 2}}"
    body.append(" " * 6 + ends + "\n", "grey50")
    if scene.evidence:
        leading = scene.evidence[-1]
        body.append(" leading campaign ", "grey70").append(leading.campaign_id, "bold bright_white")
        body.append(f"  {leading.accounts} accounts  log10 e ", "grey70")
        body.append(f"{leading.log10_e:.1f}", "bold bright_red" if leading.log10_e >= threshold else "bold yellow3")
    else:
        body.append(" no campaign so far", "grey62")
    return _panel(body, f"Evidence, log10 e; suspends from {threshold:.0f}", "found by Stillwatch")


def _accounts(scene: Scene) -> RenderableType:
    colours = {int(rung): colour for rung, _, colour in _RUNGS}
    text = Text()
    callers = scene.plan.callers
    benign = [caller.account_id for caller in callers if not caller.is_hydra]
    hydra = [caller.account_id for caller in callers if caller.is_hydra]
    for name, accounts in ((f"{len(benign)} benign", benign), (f"{len(hydra)} hydra, reserve included", hydra)):
        text.append(name + "\n", "grey70")
        shown = accounts[: _CELLS * 8]
        for index, account in enumerate(shown):
            rung = scene.rung(account)
            seen = account in scene.seen
            text.append("■" if seen or rung else "·", colours[rung] if seen or rung else _UNSEEN)
            if index % _CELLS == _CELLS - 1 and index < len(shown) - 1:
                text.append("\n")
        text.append("\n")
    for _, name, colour in _RUNGS:
        text.append("■", colour).append(f"{name} ", "grey62")
    text.rstrip()
    return _panel(text, "Accounts", "rows: truth · colour: standing")


def _campaign(scene: Scene) -> RenderableType:
    at_work, barred = scene.hydra_at_work(), scene.barred()
    planned = scene.plan.harvest_planned or 1
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text("hydra at work", "grey70"), Text(f"{len(at_work)}", "orange1"))
    table.add_row(Text("  of them barred", "grey70"), Text(f"{len(barred & at_work)}", "bold magenta"))
    table.add_row(
        Text("harvested", "grey70"),
        Text(f"{scene.harvested:,} of {planned:,} planned", "orange1"),
    )
    table.add_row(Text("harvest refused", "grey70"), Text(f"{scene.refused['hydra']:,}", "green3"))
    benign = scene.benign_touched()
    suspended = scene.benign_touched(Rung.SUSPEND)
    table.add_row(Text("benign on any rung", "grey70"), Text(f"{len(benign)}", "yellow3" if benign else "green3"))
    table.add_row(Text("benign suspended", "grey70"), Text(f"{len(suspended)}", "red1" if suspended else "green3"))
    return _panel(table, "Score", "kept by the arena")


def _moments(scene: Scene, verdict: str) -> RenderableType:
    lines = 5 if verdict else 6
    text = Text()
    grave = [moment for moment in scene.moments if moment.is_grave][-1:]
    recent = [moment for moment in scene.moments if moment not in grave][-(lines - len(grave)) :]
    for moment in sorted([*grave, *recent], key=lambda m: m.at_us):
        at = datetime.fromtimestamp(moment.at_us / 1e6, UTC)
        day = (moment.at_us - START_US) // DAY_US + 1
        text.append(f" day {day:>2} {at:%H:%M}  ", "grey62")
        text.append(moment.text + "\n", "bold bright_white on dark_red" if moment.is_grave else "white")
    if not scene.moments:
        text.append(" quiet so far\n", "grey62")
    if verdict:
        text.append(" " + verdict, "bold bright_cyan")
    text.rstrip()
    return _panel(text, "What happened", "found by Stillwatch, counted by the arena")


def _panel(body: RenderableType, title: str, source: str) -> Panel:
    return Panel(
        Group(body),
        title=Text.assemble((f" {title} ", "bold")),
        title_align="left",
        subtitle=Text(f" {source} ", "italic grey50"),
        subtitle_align="right",
        box=box.ROUNDED,
        border_style="grey37",
        padding=(0, 1),
    )
