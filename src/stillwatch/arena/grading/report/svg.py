# SPDX-License-Identifier: Apache-2.0
"""Shapes and scales for pictures in SVG. Colours are classes, so that the page's style decides them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps [low, high] of the data to [start, end] of the picture, and clips what lies outside."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value is drawn.

        Example:
            >>> Scale(0, 1, 100, 0)(0.25)
            75.0
        """
        place = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return self.start + place * (self.end - self.start)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def rect(x: float, y: float, width: float, height: float, css: str, *, title: str = "", radius: float = 2) -> str:
    """A rectangle; ``title`` shows when it is pointed at."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    size = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}"'
    return f'<rect {size} rx="{radius:g}" class="{css}">{inside}</rect>'


def circle(x: float, y: float, radius: float, css: str, *, title: str = "") -> str:
    """A dot."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{css}">{inside}</circle>'


def text(x: float, y: float, words: str, css: str = "", *, anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{escape(words)}</text>'


def path(points: Sequence[tuple[float, float]], css: str) -> str:
    """A line through points."""
    return f'<polyline points="{_joined(points)}" class="{css}"/>'


def area(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]], css: str) -> str:
    """The area between two lines."""
    return f'<polygon points="{_joined([*upper, *reversed(lower)])}" class="{css}"/>'


def picture(width: float, height: float, shapes: Sequence[str], *, label: str) -> str:
    """A whole picture, with words for those who cannot see it."""
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f'<svg {size} role="img" aria-label="{escape(label)}">{"".join(shapes)}</svg>'


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
