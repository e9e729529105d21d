# SPDX-License-Identifier: Apache-2.0
"""How commands show rows, details and instants to people. Text from outside is shown as text, never as markup."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDE = 10_000
"""Columns of a table that goes to a program: as wide as it needs, so that no row is folded."""


def print_rows(nothing: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output, or the sentence ``nothing`` where it would be empty.

    In a terminal long cells are folded; in a pipe each row is one line, so that ids come out whole for ``grep``.
    """
    console = Console(emoji=False, highlight=False)
    if not console.is_terminal:
        console = Console(emoji=False, highlight=False, width=WIDE)
    if not rows:
        console.print(escape(nothing))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        # The first column is the id that one copies.
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def print_details(details: Sequence[tuple[str, str]]) -> None:
    """One thing, a line for each of its properties."""
    console = Console(soft_wrap=True, emoji=False, highlight=False)
    width = max(len(name) for name, _ in details)
    for name, value in details:
        console.print(f"[bold]{name:<{width}}[/bold]  {escape(value)}")


def shown_day(instant_us: int | None, *, never: str = "") -> str:
    """An instant to the minute, UTC; ``never`` where there is none."""
    if instant_us is None:
        return never
    return datetime.fromtimestamp(instant_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
