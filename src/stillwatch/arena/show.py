# SPDX-License-Identifier: Apache-2.0
"""Shows a rehearsal while it runs: the live view where there is a terminal for it, else a line for every day."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live

from stillwatch.arena.scene import Scene
from stillwatch.arena.schedule import DAY_US, START_US
from stillwatch.arena.summary import Summary, when
from stillwatch.arena.view import HEIGHT, WIDTH, view

_REFRESH_SECONDS = 0.2


class Show:
    """What the user sees.

    Args:
        console: Where to write. A terminal of at least 100 by 34 characters shows the live view.
        threshold_log10_e: Evidence from which the product suspends a campaign's accounts.
        now: Seconds that only grow.
    """

    def __init__(
        self, console: Console, *, threshold_log10_e: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._threshold = threshold_log10_e
        self._now = now
        self._shown_at = 0.0
        self._told = 0
        self._day = 0
        self._live: Live | None = None
        if console.is_terminal and console.width >= WIDTH and console.height >= HEIGHT:
            self._live = Live(console=self._canvas(), screen=True, auto_refresh=False)

    def _canvas(self) -> Console:
        """The same terminal, as large as the picture."""
        return Console(file=self._console.file, width=WIDTH, height=HEIGHT, force_terminal=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def on_pass(self, scene: Scene) -> None:
        """An hour is over."""
        if self._live is None:
            self._lines(scene)
        elif self._now() - self._shown_at >= _REFRESH_SECONDS:
            self._live.update(view(scene, threshold_log10_e=self._threshold), refresh=True)
            self._shown_at = self._now()

    def final(self, scene: Scene, summary: Summary) -> None:
        """The rehearsal is over: leave the last picture standing."""
        if self._live is not None:
            self._live.stop()
            self._canvas().print(view(scene, threshold_log10_e=self._threshold, verdict=verdict(summary)))

    def _lines(self, scene: Scene) -> None:
        day = (scene.now_us - START_US) // DAY_US
        if day <= self._day:
            return
        self._day = day
        for moment in scene.moments[self._told :]:
            self._console.print(f"        {when(moment.at_us)}  {moment.text}", markup=False, soft_wrap=True)
        self._told = len(scene.moments)
        leading = f"log10 e {scene.evidence[-1].log10_e:.1f}" if scene.evidence else "no campaign"
        line = (
            f"day {day:>2} of {scene.plan.days}: {scene.exchanges:,} exchanges, {leading}, "
            f"{scene.harvested:,} harvested, {len(scene.barred())} hydra accounts barred, "
            f"{len(scene.benign_touched())} benign ones on any rung"
        )
        self._console.print(line, markup=False, soft_wrap=True)


def verdict(summary: Summary) -> str:
    """The rehearsal in one line."""
    if not summary.is_contained:
        return f"NOT contained: {summary.harvested:,} of {summary.harvest_planned:,} planned exchanges leaked."
    return (
        f"Contained {when(summary.contained_us)}: {summary.harvested_before_containment:,} of "
        f"{summary.harvest_planned:,} planned exchanges leaked before ({summary.harvested:,} in all)."
    )


def save_picture(path: Path, scene: Scene, summary: Summary, *, threshold_log10_e: float) -> None:
    """Write the final view as an SVG. The same scene gives the same file, byte for byte."""
    console = Console(
        record=True, width=WIDTH, height=HEIGHT, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(view(scene, threshold_log10_e=threshold_log10_e, verdict=verdict(summary)))
    path.parent.mkdir(parents=True, exist_ok=True)
    console.save_svg(str(path), title="stillwatch demo")


def report(summary: Summary, *, config: Path, log: Path) -> str:
    """The closing words: the numbers, and where to look next.

    Args:
        summary: The numbers.
        config: The rehearsal's settings file.
        log: The folder of its exchange log.
    """
    harvested = f"{summary.harvested:,} in all"
    if summary.is_contained:
        harvested = f"{summary.harvested_before_containment:,} before containment, {harvested}"
    seconds, share = f"{summary.seconds:.0f} s", f"{summary.leaked_share:.0%}"
    rows = (
        ("first alarm", when(summary.first_alarm_us)),
        ("contained", when(summary.contained_us)),
        ("harvested", harvested),
        (
            "",
            f"{share} of the {summary.harvest_planned:,} planned; {summary.harvested_with_reasoning:,} with reasoning",
        ),
        ("hydra accounts", f"{summary.hydra_barred} of {summary.hydra_accounts} barred"),
        ("", f"{summary.hydra_replacements} of them replaced others that had been refused"),
        ("benign accounts", f"{summary.benign_touched} of {summary.benign_accounts} ever on any rung"),
        ("", f"{summary.benign_barred} asked to verify, {summary.benign_suspended} suspended"),
    )
    lines = [
        "",
        f"{summary.exchanges:,} exchanges of {summary.accounts} accounts, {summary.days} simulated days in {seconds}",
        "",
        *(f"  {name:<17} {value}" for name, value in rows),
    ]
    if summary.failed:
        lines.append(f"  {'failed requests':<17} {summary.failed}")
    lines += [
        "",
        "Where to look next:",
        f"  stillwatch case list --config {config}",
        *(f"  stillwatch case show {case} --config {config}" for case in summary.cases[:1]),
        f"  stillwatch hunt {log} --out findings.json",
        "",
        verdict(summary),
    ]
    return "\n".join(lines)
