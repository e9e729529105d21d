# SPDX-License-Identifier: Apache-2.0
"""The picture of a rehearsal, 100 by 34 characters: what the arena knows to be true beside what the product found."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stillwatch.arena.chart import columns, resampled, sparkline
from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import DAY_US, HOUR_US, START_US
from stillwatch.records.finding import Recommendation
from stillwatch.records.standing import Rung

WIDTH, HEIGHT = 100, 34

_ACCENT, _BRIGHT, _TEXT, _DIM, _FAINT, _BORDER = "#56d4dd", "#f0f6fc", "#c9d1d9", "#8b949e", "#484f58", "#3d444d"
_BENIGN, _HYDRA = "#79a8ff", "#ff9e64"
_GREEN, _YELLOW, _ORANGE, _VIOLET, _RED = "#2ea043", "#e3b341", "#f0883e", "#bc6cff", "#f85149"

_GROUPS = (
    ("people", ("person", "office"), _BENIGN),
    ("agents", ("agent",), _BENIGN),
    ("pipelines", ("pipeline", "agency"), _BENIGN),
    ("evaluations", ("evaluation",), _BENIGN),
    ("classroom", ("classroom",), _BENIGN),
    ("enterprise", ("enterprise",), _BENIGN),
    ("bots, back ends", ("hobby bot", "back end"), _BENIGN),
    ("HYDRA", ("hydra",), _HYDRA),
)
_RUNGS = (
    (Rung.GOOD, "good", _GREEN),
    (Rung.OBSERVE, "observe", _YELLOW),
    (Rung.WITHHOLD, "withhold", _ORANGE),
    (Rung.VERIFY, "verify", _VIOLET),
    (Rung.SUSPEND, "suspend", _RED),
)
_UNSEEN = _FAINT
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
    layout["right"].split_column(Layout(_accounts(scene), size=15), Layout(_campaign(scene)))
    return layout


def clock_line(scene: Scene) -> str:
    """The simulated time in words."""
    now = datetime.fromtimestamp(scene.now_us / 1e6, UTC)
    day = min(scene.plan.days, (scene.now_us - START_US) // DAY_US + 1)
    return f"day {day:>2} of {scene.plan.days}  {now:%a %H:%M}"


def _header(scene: Scene) -> RenderableType:
    done = (scene.now_us - START_US) / (scene.plan.end_us - START_US)
    bar = 22
    filled = round(bar * done)
    text = Text()
    text.append(" STILLWATCH ", f"bold #0d1117 on {_ACCENT}")
    text.append("  rehearsal   ", f"bold {_TEXT}")
    text.append(clock_line(scene), f"bold {_BRIGHT}")
    text.append("  ")
    text.append("━" * filled, _ACCENT).append("━" * (bar - filled), _FAINT)
    text.append(f" {done:4.0%}   ", _DIM)
    text.append(f"{scene.exchanges:,}", f"bold {_BRIGHT}").append(" exchanges", _DIM)
    return Panel(text, box=box.ROUNDED, border_style=_BORDER, padding=(0, 0))


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
            Text(name, f"bold {colour}" if name.isupper() else _TEXT),
            Text(sparkline(resampled(counts, shown)).ljust(_SPARK), colour),
            Text(f"{total:,}", _BRIGHT),
        )
    return _panel(table, "Traffic by kind of caller", "known only to the arena")


def _evidence(scene: Scene, threshold: float) -> RenderableType:
    values, contains = _series(scene)
    top = max(1.25 * threshold, 1.1 * max(values))
    lines = columns(values, height=_CHART_LINES, top=top)
    mark = _CHART_LINES - 1 - int(_CHART_LINES * threshold / top)
    body = Text()
    for row, line in enumerate(lines):
        body.append(f"{threshold:.0f} ".rjust(6) if row == mark else " " * 6, _DIM)
        cells = [
            ("╌", _DIM) if cell == " " and row == mark else (cell, _VIOLET if is_contained else _YELLOW)
            for cell, is_contained in zip(line, contains, strict=True)
        ]
        _append_runs(body, cells)
        body.append("\n")
    body.append(" " * 6 + f"{'day 1':<{_CHART // 2}}{'day ' + str(scene.plan.days):>{_CHART - _CHART // 2}}\n", _DIM)
    if scene.evidence:
        leading = scene.evidence[-1]
        body.append("campaign ", _DIM).append(leading.campaign_id, f"bold {_BRIGHT}")
        body.append(f"  {leading.accounts} accounts  log10 e ", _DIM)
        is_contained = leading.action is Recommendation.CONTAIN
        body.append(f"{leading.log10_e:.1f}", f"bold {_VIOLET}" if is_contained else f"bold {_YELLOW}")
        body.append(f"  {leading.action.value}", f"bold {_VIOLET}" if is_contained else f"bold {_YELLOW}")
    else:
        body.append("no campaign so far", _DIM)
    body.append("\n■", _YELLOW).append(" watch  ", _DIM).append("■", _VIOLET).append(" contain  ", _DIM)
    body.append("╌", _DIM).append(" suspends those who do not verify", _DIM)
    return _panel(body, "Evidence, log10 e", "found by Stillwatch")


def _series(scene: Scene) -> tuple[list[float], list[bool]]:
    """The leading campaign's evidence over the rehearsal, one value a column, and whether it was to be contained."""
    hours = (scene.plan.end_us - START_US) // HOUR_US
    values, contains = [0.0] * _CHART, [False] * _CHART
    for entry in scene.evidence:
        hour = min(hours - 1, max(0, (entry.at_us - START_US) // HOUR_US - 1))
        # A short rehearsal has fewer hours than the chart has columns: each hour then fills several.
        for column in range(hour * _CHART // hours, max(hour * _CHART // hours, (hour + 1) * _CHART // hours - 1) + 1):
            values[column] = max(values[column], entry.log10_e)
            contains[column] = contains[column] or entry.action is Recommendation.CONTAIN
    return values, contains


def _accounts(scene: Scene) -> RenderableType:
    colours = {int(rung): colour for rung, _, colour in _RUNGS}
    text = Text()
    for name, is_hydra, rows in (("benign", False, 7), ("hydra, reserve included", True, 3)):
        accounts = [caller.account_id for caller in scene.plan.callers if caller.is_hydra is is_hydra]
        shown = accounts[: _CELLS * rows]
        rest = "" if len(shown) == len(accounts) else f", {len(shown)} shown"
        text.append(f"{len(accounts)} {name}{rest}\n", _DIM)
        cells = [
            ("■", colours[scene.rung(account)]) if scene.rung(account) or account in scene.seen else ("·", _FAINT)
            for account in shown
        ]
        for start in range(0, len(cells), _CELLS):
            _append_runs(text, cells[start : start + _CELLS])
            text.append("\n")
    for _, name, colour in _RUNGS[1:]:
        text.append("■", colour).append(f"{name} ", _DIM)
    text.rstrip()
    return _panel(text, "Accounts", "rows: truth · colour: standing")


def _campaign(scene: Scene) -> RenderableType:
    at_work, barred = scene.hydra_at_work(), scene.barred()
    planned = scene.plan.harvest_planned or 1
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_row(Text("hydra at work", _DIM), Text(f"{len(at_work)}", _HYDRA))
    table.add_row(Text("  of them barred", _DIM), Text(f"{len(barred & at_work)}", f"bold {_VIOLET}"))
    table.add_row(
        Text("harvested", _DIM),
        Text(f"{scene.harvested:,} of {planned:,}", _HYDRA),
    )
    table.add_row(Text("harvest refused", _DIM), Text(f"{scene.refused['hydra']:,}", _GREEN))
    benign = scene.benign_touched()
    suspended = scene.benign_touched(Rung.SUSPEND)
    table.add_row(Text("benign, any rung", _DIM), Text(f"{len(benign)}", _YELLOW if benign else _GREEN))
    table.add_row(Text("benign suspended", _DIM), Text(f"{len(suspended)}", _RED if suspended else _GREEN))
    return _panel(table, "Score", "kept by the arena")


def _moments(scene: Scene, verdict: str) -> RenderableType:
    lines = 5 if verdict else 6
    weighty = [moment for moment in scene.moments if moment.is_grave][-lines:]
    others = [moment for moment in scene.moments if not moment.is_grave]
    text = Text()
    for moment in sorted([*weighty, *others[len(others) - lines + len(weighty) :]], key=lambda m: m.at_us):
        at = datetime.fromtimestamp(moment.at_us / 1e6, UTC)
        day = (moment.at_us - START_US) // DAY_US + 1
        text.append(f" day {day:>2} {at:%H:%M}  ", _DIM)
        text.append(moment.text + "\n", f"bold {_BRIGHT}" if moment.is_grave else _TEXT)
    if not scene.moments:
        text.append(" quiet so far\n", _DIM)
    if verdict:
        text.append(" " + verdict, f"bold {_ACCENT}")
    text.rstrip()
    return _panel(text, "What happened", "found by Stillwatch, counted by the arena")


def _append_runs(text: Text, cells: Sequence[tuple[str, str]]) -> None:
    """Append cells of one character each; neighbours of one colour become one piece, which terminals draw faster."""
    for colour, run in groupby(cells, key=lambda cell: cell[1]):
        text.append("".join(cell for cell, _ in run), colour)


def _panel(body: RenderableType, title: str, source: str) -> Panel:
    return Panel(
        Group(body),
        title=Text.assemble((f" {title} ", f"bold {_BRIGHT}")),
        title_align="left",
        subtitle=Text(f" {source} ", f"italic {_DIM}"),
        subtitle_align="right",
        box=box.ROUNDED,
        border_style=_BORDER,
        padding=(0, 1),
    )
