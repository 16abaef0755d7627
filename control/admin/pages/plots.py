"""Plots as SVG elements: bars and lines over time, and ranks. Pure.

They need no script and no style but the page's own (classes of ``operation.css``), as its policy wants it, and follow
its colours in the dark. Each bar and point has a title, which browsers show where the pointer is; the table beside a
plot has the same for those who can't see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

WIDTH: Final = 720
HEIGHT: Final = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 12, 26
"""Margins around the plot, for the axes' texts."""
_TICKS_MAX: Final = 5
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_SMALLEST: Final = 1e-9
"""What is less is drawn as nothing."""
_X_LABELS_MAX: Final = 9
_RANK_WIDTH: Final = 360
_RANK_HEIGHT: Final = 38
_MARKED_MAX: Final = 60
"""Lines with more points have no dots, which would touch."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A value over time. ``label`` is for the axis, ``title`` for the pointer; None: there is no value."""

    label: str
    value: float | None
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot. ``style`` is a class of the style sheet: lines differ in more than colour."""

    name: str
    style: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Rank:
    """A bar with its name above and its amount in words."""

    name: str
    value: float
    said: str


def ticks(highest: float, *, whole: bool = False) -> list[float]:
    """Round numbers from 0 to at least ``highest``, at most six; ``whole``: of what is counted."""
    if not math.isfinite(highest) or highest < _SMALLEST:
        return [0.0, 1.0]
    rough = highest / _TICKS_MAX
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(step * magnitude for step in _STEPS if step * magnitude >= rough * (1 - 1e-9))
    step = math.ceil(step) if whole else step
    return [step * index for index in range(math.ceil(highest / step - 1e-9) + 1)]


def bars(title: str, marks: Sequence[Mark]) -> Markup:
    """A bar for each; of counts, so that no tick is between whole numbers."""
    highest = max((mark.value or 0.0 for mark in marks), default=0.0)
    levels = ticks(highest, whole=True)
    parts = [_open(title, WIDTH, HEIGHT), _grid(levels), _x_labels([mark.label for mark in marks])]
    pitch = (WIDTH - _LEFT - _RIGHT) / max(1, len(marks))
    for index, mark in enumerate(marks):
        if not mark.value:
            continue
        top = _y(mark.value, levels)
        parts.append(
            Markup(
                '<rect class="bar-mark" x="{}" y="{}" width="{}" height="{}" rx="1"><title>{}</title></rect>'
            ).format(
                _at(_LEFT + pitch * (index + 0.1)),
                _at(top),
                _at(max(1.0, pitch * 0.8)),
                _at(HEIGHT - _BOTTOM - top),
                mark.title,
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def lines(title: str, drawn: Sequence[Line]) -> Markup:
    """Lines of as many marks each; where a value is missing, a line has a gap."""
    values = [mark.value for line in drawn for mark in line.marks if mark.value is not None]
    levels = ticks(max(values, default=0.0))
    labels = [mark.label for mark in drawn[0].marks] if drawn else []
    parts = [_open(title, WIDTH, HEIGHT), _grid(levels), _x_labels(labels)]
    for line in drawn:
        placed = [_placed(index, mark, len(labels), levels) for index, mark in enumerate(line.marks)]
        for run in _runs(placed):
            points = " ".join(f"{_at(x)},{_at(y)}" for x, y, _ in run)
            parts.append(Markup('<polyline class="line-mark {}" points="{}"/>').format(line.style, points))
            for x, y, mark in run:
                dot = Markup('<circle class="dot-mark {}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>')
                radius = 3 if len(labels) <= _MARKED_MAX or len(run) == 1 else 1
                parts.append(dot.format(line.style, _at(x), _at(y), radius, f"{line.name}: {mark.title}"))
    return Markup("").join([*parts, Markup("</svg>")])


def ranks(title: str, items: Sequence[Rank]) -> Markup:
    """Bars from the left, one below the other, in the order given."""
    highest = max((item.value for item in items), default=0.0) or 1.0
    parts = [_open(title, _RANK_WIDTH, max(1, len(items)) * _RANK_HEIGHT)]
    for index, item in enumerate(items):
        top = index * _RANK_HEIGHT
        width = _RANK_WIDTH * item.value / highest
        name = item.name if len(item.name) <= 30 else f"{item.name[:29]}…"
        parts.append(
            Markup(
                '<g><title>{}: {}</title><text class="rank-name" x="0" y="{}">{}</text>'
                '<text class="rank-said" x="{}" y="{}">{}</text><rect class="rank-room" x="0" y="{}" width="{}" '
                'height="8" rx="4"/><rect class="bar-mark" x="0" y="{}" width="{}" height="8" rx="4"/></g>'
            ).format(
                *(item.name, item.said, top + 16, name, _RANK_WIDTH, top + 16, item.said),
                *(top + 22, _RANK_WIDTH, top + 22, _at(width)),
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def _open(title: str, width: int, height: int) -> Markup:
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(width, height, title)


def _grid(levels: Sequence[float]) -> Markup:
    parts = []
    for level in levels:
        y = _y(level, levels)
        line = Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="y-label" x="{}" y="{}">{}</text>'
        )
        parts.append(line.format(_LEFT, WIDTH - _RIGHT, _at(y), _at(y), _LEFT - 8, _at(y + 4), f"{level:g}"))
    return Markup("").join(parts)


def _x_labels(labels: Sequence[str]) -> Markup:
    every = max(1, math.ceil(len(labels) / _X_LABELS_MAX))
    pitch = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    text = Markup('<text class="x-label" x="{}" y="{}">{}</text>')
    return Markup("").join(
        text.format(_at(_LEFT + pitch * (index + 0.5)), HEIGHT - 8, labels[index])
        for index in range(every // 2, len(labels), every)
    )


def _y(value: float, levels: Sequence[float]) -> float:
    return HEIGHT - _BOTTOM - value / levels[-1] * (HEIGHT - _TOP - _BOTTOM)


def _placed(index: int, mark: Mark, count: int, levels: Sequence[float]) -> tuple[float, float, Mark] | None:
    if mark.value is None:
        return None
    pitch = (WIDTH - _LEFT - _RIGHT) / max(1, count)
    return _LEFT + pitch * (index + 0.5), _y(mark.value, levels), mark


def _runs(placed: Sequence[tuple[float, float, Mark] | None]) -> list[list[tuple[float, float, Mark]]]:
    """Parts without a gap."""
    runs: list[list[tuple[float, float, Mark]]] = [[]]
    for point in placed:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _at(place: float) -> str:
    return f"{place:.1f}"
