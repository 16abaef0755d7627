"""``make bench-scale``: whether visitors get the places that there are, and what it costs a gateway to find them.

First the policy in simulated time, beside others, with several gateways whose knowledge is late; then what a choice
costs; then a real gateway before 10 to 3,000 renderers that one process plays. A page with plots is written as well.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Final

from bench.allocation.gateway_run import CAPACITY, OCCUPIED, Measured, measure
from bench.allocation.growth import growth_by_log, log_fit, quantile
from bench.allocation.policies import POLICIES
from bench.allocation.simulated_renderer import SimulatedRenderer
from bench.allocation.simulation import Outcome, Setup, Simulation
from bench.visitors.charts import Axes, Point, Series, line_chart
from control.kube.choice import Choice

LOADS: Final = (0.5, 0.8, 0.95, 1.05)
DELAYS_S: Final = (0.05, 1.0)
SIZES: Final = (10, 100, 1000, 3000)
BOUND_MS: Final = 20.0
_STYLES: Final = ("first", "second", "third", "fourth")
_CHOICES: Final = 5000

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]
Results = dict[tuple[float, float, str], Outcome]


def simulate(visits: int, pods: int) -> Results:
    """All loads, delays and policies."""
    results: Results = {}
    for delay_s in DELAYS_S:
        for load in LOADS:
            for name, policy in POLICIES.items():
                setup = Setup(load, delay_s, visits=visits, pods=pods)
                results[delay_s, load, name] = Simulation(setup, policy).run()
    return results


def policy_table(results: Results, visits: int, pods: int) -> Table:
    setup = Setup(0, 0, visits=visits, pods=pods)
    title = (
        f"Who gets a place: {visits:,} visits at {pods:,} renderers with {setup.capacity} places each, "
        f"{setup.gateways} gateways; visits of {setup.dwell.mean_s:.0f} s in the mean (Weibull, {setup.dwell.shape})"
    )
    head = (
        "news",
        "load",
        "policy",
        "tries",
        "p99",
        "most",
        "refused",
        "missed",
        "unheard",
        "waits",
        "wait p50",
        "idle",
        "CV",
        "max/mean",
    )
    rows = [
        (
            f"{delay_s * 1000:.0f} ms",
            f"{load:.0%}",
            name,
            f"{outcome.mean_tries:.3f}",
            str(outcome.tries_at(0.99)),
            str(max(outcome.tries, default=0)),
            str(outcome.refused),
            str(outcome.missed),
            str(outcome.unheard),
            str(outcome.waits),
            f"{outcome.waited_at(0.5):.1f} s" if outcome.waited_s else "-",
            f"{fmean(outcome.idle):.2%}" if outcome.idle else "-",
            f"{outcome.mean_spread:.3f}",
            f"{outcome.mean_fullest:.2f}",
        )
        for (delay_s, load, name), outcome in results.items()
    ]
    return title, head, rows


def choice_us(renderers: int) -> float:
    """Microseconds for one allocation without network: choose, count, hear of the outcome and of the next line."""
    choice = Choice(Random(1))
    states = {}
    for number in range(renderers):
        uid = f"r{number}"
        states[uid] = SimulatedRenderer(uid, CAPACITY).state
        choice.tell(uid, states[uid])
    times = []
    for _ in range(_CHOICES):
        began = time.perf_counter()
        uid = next(choice.candidates(""))
        choice.answered(uid, choice.ask(uid), entered=True)
        choice.tell(uid, states[uid])
        times.append(time.perf_counter() - began)
    return 1e6 * quantile(times, 0.5)


def gateway_table(measured: Sequence[Measured], choices_us: Sequence[float], per_second: float) -> Table:
    title = (
        f"What it costs: a real gateway, {per_second:g} visits a second (join, enter, leave), "
        f"{OCCUPIED} of {CAPACITY} places taken; own time is without waiting for the renderer"
    )
    head = (
        *("renderers", "choice p50", "own p50 <=", "own p99 <=", "in p50", "in p99", "CPU/visit", "queued", "failed"),
        *("known after", "memory", "CPU at rest"),
    )
    rows = [
        (
            f"{one.renderers:,}",
            f"{choice_us:.1f} us",
            f"{1000 * one.own_at(0.5):.1f} ms",
            f"{1000 * one.own_at(0.99):.1f} ms",
            f"{1000 * quantile(one.entering_s, 0.5):.1f} ms",
            f"{1000 * quantile(one.entering_s, 0.99):.1f} ms",
            f"{one.cpu_ms:.1f} ms",
            str(one.queued),
            str(len(one.failed)),
            f"{one.known_after_s:.1f} s",
            f"{one.memory_mb:.0f} MB",
            f"{one.idle_cpu:.1%}",
        )
        for one, choice_us in zip(measured, choices_us, strict=True)
    ]
    return title, head, rows


def verdicts(results: Results, measured: Sequence[Measured], choices_us: Sequence[float]) -> list[str]:
    """One line for each thing that has to be reached, with its figures."""
    told = []
    missed = sum(outcome.missed for (_, _, name), outcome in results.items() if name == "two choices")
    told.append(f"{_mark(missed == 0)} waits though the gateway had heard of a free place: {missed}")
    grows: tuple[tuple[str, str, Sequence[Point]], ...] = (
        ("a choice", "us", [(one.renderers, us) for one, us in zip(measured, choices_us, strict=True)]),
        ("gateway CPU of a visit", "ms", [(one.renderers, one.cpu_ms) for one in measured]),
    )
    for what, unit, points in grows:
        fit, grown = log_fit(points), growth_by_log(points)
        told.append(
            f"{_mark(grown <= 1.0)} {what}: {fit.base:.2f} + {fit.per_doubling:.3f} {unit} per doubling of renderers; "
            f"grown by {grown:.2f} of what the logarithm has"
        )
    thousand = next((one for one in measured if one.renderers == 1000), None)
    if thousand is not None:
        own_ms = 1000 * thousand.own_at(0.99)
        told.append(
            f"{_mark(own_ms <= BOUND_MS)} p99 of gateway time at 1,000 renderers: <= {own_ms:g} ms of {BOUND_MS:g}"
        )
    return told


def _mark(kept: bool) -> str:
    return "kept  " if kept else "BROKEN"


def print_table(table: Table) -> None:
    title, head, rows = table
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print(f"\n{title}")
    for row in (head, *rows):
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def page(tables: Sequence[Table], results: Results, measured: Sequence[Measured], told: Sequence[str]) -> str:
    """Stands alone."""
    style = resources.files("bench.visitors").joinpath("report.css").read_text(encoding="utf-8")
    style += ".chart polyline.fourth, .chart line.fourth { stroke: #b3541e; } .chart circle.fourth { fill: #b3541e; }"
    charts = "".join(_policy_charts(results)) + "".join(_cost_charts(measured))
    body = "".join(
        f"<h2>{escape(title)}</h2><table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"
        + "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        + "</table>"
        for title, head, rows in tables
    )
    lines = "".join(f"<li>{escape(line)}</li>" for line in told)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Allocation at scale</title>'
        f"<style>{style}</style></head><body><h1>Allocation at scale</h1><ul class='headline'>{lines}</ul>"
        f"<div class='charts'>{charts}</div>{body}</body></html>\n"
    )


def _policy_charts(results: Results) -> list[str]:
    shown: tuple[tuple[str, Callable[[Outcome], float]], ...] = (
        ("refused tries per 1,000 visits", lambda one: 1000 * one.refused / max(1, len(one.tries) + len(one.waited_s))),
        ("coefficient of variation", lambda one: one.mean_spread),
    )
    charts = []
    for label, value in shown:
        for delay_s in DELAYS_S:
            lines = [
                Series(name, [(100 * load, value(results[delay_s, load, name])) for load in LOADS], style)
                for name, style in zip(POLICIES, _STYLES, strict=True)
            ]
            charts.append(line_chart(Axes(f"News {delay_s * 1000:.0f} ms late", "load, %", label), lines))
    return charts


def _cost_charts(measured: Sequence[Measured]) -> list[str]:
    entering = [
        Series(name, [(one.renderers, 1000 * quantile(one.entering_s, part)) for one in measured], style)
        for name, part, style in (("p50", 0.5, "first"), ("p99", 0.99, "second"))
    ]
    memory = [Series("memory", [(one.renderers, one.memory_mb) for one in measured], "first")]
    return [
        line_chart(Axes("A visitor's way in", "renderers", "ms", BOUND_MS, "bound at 1,000"), entering),
        line_chart(Axes("A gateway that knows them all", "renderers", "MB"), memory),
    ]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m bench.allocation", description=__doc__)
    parser.add_argument("--visits", type=int, default=10_000, help="in simulated time, for each row")
    parser.add_argument("--pods", type=int, default=1000, help="in simulated time")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="renderers before the real gateway")
    parser.add_argument("--real-visits", type=int, default=1000, help="through the real gateway, for each size")
    parser.add_argument("--per-second", type=float, default=40.0, help="visits that come to the real gateway")
    parser.add_argument("--output", type=Path, default=Path("var/bench-scale/report.html"))
    options = parser.parse_args()
    results = simulate(options.visits, options.pods)
    policies = policy_table(results, options.visits, options.pods)
    print_table(policies)
    choices_us = [choice_us(size) for size in options.sizes]
    measured = [measure(size, options.real_visits, options.per_second) for size in options.sizes]
    costs = gateway_table(measured, choices_us, options.per_second)
    print_table(costs)
    told = verdicts(results, measured, choices_us)
    print("\n" + "\n".join(told))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(page([policies, costs], results, measured, told), encoding="utf-8")
    print(f"\n{options.output}")
    sys.exit(any(line.startswith("BROKEN") for line in told))


if __name__ == "__main__":
    main()
