"""Charts as SVG text, for a page that stands alone and prints well. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 520, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 28, 44
"""Margins around the plot, for the axes' texts."""
TICKS_MAX = 6
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart. ``style`` is a class of the page's style sheet, which also tells lines apart in print."""

    name: str
    points: Sequence[Point]
    style: str


@dataclass(frozen=True, slots=True)
class Axes:
    """What is drawn against what."""

    title: str
    x_label: str
    y_label: str
    bound: float | None = None
    """A level that must be kept; drawn across the chart."""
    bound_label: str = ""
    whole_x: bool = False
    """Whether x counts things: then there are no ticks between."""


def ticks(highest: float, *, whole: bool = False) -> list[float]:
    """Round numbers from 0 to at least ``highest``, at most TICKS_MAX of them."""
    if not math.isfinite(highest) or highest <= 0.0:
        return [0.0, 1.0]
    rough = highest / (TICKS_MAX - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(step * magnitude for step in _STEPS if step * magnitude >= rough * (1.0 - 1e-9))
    if whole:
        step = max(1.0, math.ceil(step))
    return [step * index for index in range(math.ceil(highest / step - 1e-9) + 1)]


def line_chart(axes: Axes, lines: Sequence[Series]) -> str:
    """An SVG element. Points that are no numbers are left out."""
    drawn = [
        Series(one.name, [point for point in one.points if all(map(math.isfinite, point))], one.style) for one in lines
    ]
    values = [point for one in drawn for point in one.points]
    x_ticks = ticks(max((x for x, _ in values), default=1.0), whole=axes.whole_x)
    y_ticks = ticks(max([y for _, y in values] + ([axes.bound] if axes.bound is not None else []), default=1.0))

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + x / x_ticks[-1] * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / y_ticks[-1] * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(axes.title)}">',
        _text(LEFT, 16, axes.title, "title"),
    ]
    for y in y_ticks:
        left, height = at(0.0, y)
        parts.append(f'<line class="grid" x1="{left:.1f}" y1="{height:.1f}" x2="{WIDTH - RIGHT}" y2="{height:.1f}"/>')
        parts.append(_text(left - 6, height + 4, f"{y:g}", "end"))
    for x in x_ticks:
        left, height = at(x, 0.0)
        parts.append(_text(left, height + 16, f"{x:g}", "middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, axes.x_label, "middle"))
    parts.append(_text(WIDTH - RIGHT, 16, axes.y_label, "end"))
    if axes.bound is not None:
        left, height = at(0.0, axes.bound)
        parts.append(f'<line class="bound" x1="{left:.1f}" y1="{height:.1f}" x2="{WIDTH - RIGHT}" y2="{height:.1f}"/>')
        beside = height + 13.0 if height < HEIGHT / 2 else height - 4.0
        parts.append(_text(WIDTH - RIGHT, beside, axes.bound_label, "end"))
    for index, one in enumerate(drawn):
        path = " ".join(f"{left:.1f},{height:.1f}" for left, height in (at(x, y) for x, y in one.points))
        parts.append(f'<polyline class="{escape(one.style)}" points="{path}"/>')
        if len(one.points) <= 40:
            for x, y in one.points:
                left, height = at(x, y)
                parts.append(f'<circle class="{escape(one.style)}" cx="{left:.1f}" cy="{height:.1f}" r="2.5"/>')
        if len(drawn) > 1:
            parts.append(_legend(index, one))
    return "".join([*parts, "</svg>"])


def cumulative(counts: Mapping[int, int]) -> list[Point]:
    """From a histogram by milliseconds to (ms, percent that took at most that)."""
    total, below = sum(counts.values()), 0
    points: list[Point] = [(0.0, 0.0)] if total else []
    for ms in sorted(counts):
        below += counts[ms]
        points.append((float(ms), 100.0 * below / total))
    return points


def _legend(index: int, series: Series) -> str:
    left, height = LEFT + 10.0, TOP + 12.0 + 15.0 * index
    line = f'<line class="{escape(series.style)}" x1="{left}" y1="{height - 4}" x2="{left + 22}" y2="{height - 4}"/>'
    return line + _text(left + 28, height, series.name, "")


def _text(left: float, height: float, text: str, style: str) -> str:
    return f'<text x="{left:.1f}" y="{height:.1f}" class="{style}">{escape(text)}</text>'
