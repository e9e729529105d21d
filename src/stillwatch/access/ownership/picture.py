# SPDX-License-Identifier: Apache-2.0
"""A verdict of ownership as a picture: owners above, the entity below, per cents on the lines. Plain SVG."""

from collections.abc import Mapping
from html import escape
from typing import Final

from stillwatch.access.ownership.register import Register
from stillwatch.access.ownership.rule import OwnershipRule
from stillwatch.access.ownership.weighing import Cause, Status, Verdict
from stillwatch.access.ownership.words import explained, shown_percent

WIDTH: Final = 220
HEIGHT: Final = 56
GAP: Final = 24
RISE: Final = 96
LETTERS: Final = 30
"""Letters of a name that fit into a box."""
_STYLE: Final = (
    "text{font:13px sans-serif;fill:#1c2430}.small{font-size:11px;fill:#4a5566}.box{fill:#fff;stroke:#7a8699}"
    ".bad{fill:#fde8e6;stroke:#b3261e}.open{fill:#fff6df;stroke:#9a6b00;stroke-dasharray:4 3}.line{stroke:#7a8699}"
)


def picture(register: Register, rule: OwnershipRule, verdict: Verdict) -> str:
    """An SVG document with the chains that a verdict rests on; of a clear one the entity and its direct owners."""
    causes = {cause.entity_id: cause for cause in verdict.causes}
    edges = _edges(register, verdict, causes)
    rows = _rows(verdict.entity_id, edges)
    deepest = max(rows.values())
    by_row = [sorted(key for key, row in rows.items() if row == level) for level in range(deepest + 1)]
    width = max(len(row) for row in by_row) * (WIDTH + GAP) + GAP
    height = (deepest + 1) * RISE + GAP
    places = {
        key: ((width - len(row) * (WIDTH + GAP) + GAP) / 2 + index * (WIDTH + GAP), GAP + (deepest - level) * RISE)
        for level, row in enumerate(by_row)
        for index, key in enumerate(row)
    }
    shapes = [_line(places[owner], places[owned], label) for owner, owned, label in edges]
    shapes += [_box(register, causes.get(key), verdict, key, places[key]) for key in sorted(places)]
    label = escape(" ".join(explained(register, rule, verdict)), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{label}"><style>{_STYLE}</style>{"".join(shapes)}</svg>\n'
    )


def _edges(register: Register, verdict: Verdict, causes: Mapping[str, Cause]) -> list[tuple[str, str, str]]:
    """Owner, owned and what stands on the line."""
    edges = [
        (one.owner, cause.entity_id, shown_percent(one.percent)) for cause in causes.values() for one in cause.stakes
    ]
    edges += [(one.holder, one.over, one.means) for cause in causes.values() for one in cause.controls]
    if not causes:
        stakes = register.owners.get(verdict.entity_id, ())
        edges = [(one.owner, verdict.entity_id, shown_percent(one.percent)) for one in stakes]
    drawn = {(owner, owned) for owner, owned, _ in edges}
    controls = register.controls.get(verdict.entity_id, ())
    return edges + [(one.holder, one.over, one.means) for one in controls if (one.holder, one.over) not in drawn]


def _rows(bottom: str, edges: list[tuple[str, str, str]]) -> dict[str, int]:
    """How far above the bottom each entity stands: one more than what it holds, breadth first."""
    rows, waiting = {bottom: 0}, [bottom]
    while waiting:
        current = waiting.pop(0)
        for owner, owned, _ in edges:
            if owned == current and owner not in rows:
                rows[owner] = rows[current] + 1
                waiting.append(owner)
    return rows


def _line(owner: tuple[float, float], owned: tuple[float, float], label: str) -> str:
    x1, y1 = owner[0] + WIDTH / 2, owner[1] + HEIGHT
    x2, y2 = owned[0] + WIDTH / 2, owned[1]
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="line"/>'
        f'<text x="{(x1 + x2) / 2 + 6:g}" y="{(y1 + y2) / 2 + 4:g}" class="small">{escape(label)}</text>'
    )


def _box(register: Register, cause: Cause | None, verdict: Verdict, key: str, place: tuple[float, float]) -> str:
    (x, y), entity = place, register.entities[key]
    note = ", ".join(entity.lists) or entity.country or "country not known"
    if cause is not None and cause.open_percent:
        note = f"{shown_percent(cause.open_percent)} not known whose"
    css = "box" if cause is None else "bad" if verdict.status is Status.RESTRICTED else "open"
    name = entity.name if len(entity.name) <= LETTERS else f"{entity.name[: LETTERS - 1]}…"
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4" class="{css}">'
        f"<title>{escape(entity.name)}</title></rect>"
        f'<text x="{x + 10:g}" y="{y + 23:g}">{escape(name)}</text>'
        f'<text x="{x + 10:g}" y="{y + 42:g}" class="small">{escape(note)}</text>'
    )
