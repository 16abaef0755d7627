"""How something grows with the number of renderers. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.visitors.charts import Point


@dataclass(frozen=True, slots=True)
class LogFit:
    """y = base + per_doubling * log2(x), by least squares."""

    base: float
    per_doubling: float

    def at(self, x: float) -> float:
        return self.base + self.per_doubling * math.log2(x)


def log_fit(points: Sequence[Point]) -> LogFit:
    """Of at least two points with different x."""
    xs, ys = [math.log2(x) for x, _ in points], [y for _, y in points]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / sum((x - x_mean) ** 2 for x in xs)
    return LogFit(y_mean - slope * x_mean, slope)


def growth_by_log(points: Sequence[Point]) -> float:
    """How much y has grown from the first point to the last, as part of how much log x has: at most 1 where it does not
    grow faster than the logarithm."""
    (x_first, y_first), (x_last, y_last) = points[0], points[-1]
    return (y_last / y_first) / (math.log(x_last) / math.log(x_first))


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest that so many are not above; NaN of none."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)] if values else math.nan
