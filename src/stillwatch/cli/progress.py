# SPDX-License-Identifier: Apache-2.0
"""Bars for work that says how far it is, on standard error. None is left at the end.

Where standard error is no terminal nothing is written: a sentence about what went wrong then stands alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

S = TypeVar("S", bound=StrEnum)


@contextmanager
def shown_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show one bar.

    Yields:
        What takes how much is done, and the total.
    """
    with _bars() as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def shown_stages(stages: type[S]) -> Iterator[Callable[[S, int, int], None]]:
    """Show a bar for each stage, from when it is first heard of.

    Yields:
        What takes a stage, what is done of it, and its total.
    """
    with _bars() as bars:
        tasks = {stage: bars.add_task(stage.value, total=None, visible=False) for stage in stages}
        yield lambda stage, done, total: bars.update(tasks[stage], completed=done, total=total, visible=True)


def _bars() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
