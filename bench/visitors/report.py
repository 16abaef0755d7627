"""From the records of one or several runs to one HTML page that an operator can put before management.

``python -m bench.visitors.report RECORD... --output FILE``
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path

from bench.visitors.charts import Axes, Series, cumulative, line_chart
from bench.visitors.ramp import LATE_MAX_MS, StepFigures
from bench.visitors.run_record import RecordError, RunRecord, read_record
from bench.visitors.samples import What

NO_NETWORK = "as it is"

_DEFINITIONS = (
    (
        "Capacity",
        "the most visitors at a time for whom all bounds held; a step has failed when two windows in a row were bad.",
    ),
    (
        "Input to frame",
        "from a visitor's input to the arrival of the last packet of the first picture that shows it, and of all that "
        "this picture needs. Decoding and display in the visitor's device come on top; they are not measured here.",
    ),
    ("Frames per second", "while visitors move; a visitor who stands still is sent nothing, which is meant."),
    (
        "Freeze",
        "a gap between two pictures, while moving, of at least three usual gaps and of at least one and 150 ms "
        "(freezeCount of the WebRTC statistics).",
    ),
    ("Time to first frame", "from the visitor's request until the last packet of the first picture."),
    ("Loss", "packets that the network lost, before anything was sent again."),
)


def report_page(records: Sequence[RunRecord]) -> str:
    """The whole page; nothing is loaded from elsewhere."""
    style = resources.files("bench.visitors").joinpath("report.css").read_text(encoding="utf-8")
    sections = "".join(_run(record) for record in records)
    definitions = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in _DEFINITIONS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Edge node under load</title><style>{style}</style></head><body>"
        f"<header><h1>Edge node under load</h1>{_headline(records)}</header>"
        f"<main>{_overview(records)}{sections}"
        f"<section><h2>What the figures mean</h2><dl>{definitions}</dl></section></main></body></html>\n"
    )


def judged(record: RunRecord) -> StepFigures | None:
    """The window that stands for the run: the last one at its capacity; where nothing held, the first one."""
    held = [step for step in record.steps if not step.broken and step.visitors == (record.capacity or step.visitors)]
    if held:
        return held[-1]
    return record.steps[0] if record.steps else None


def _network(record: RunRecord) -> str:
    return record.network or NO_NETWORK


def _headline(records: Sequence[RunRecord]) -> str:
    """One sentence for each network."""
    sentences = []
    for record in records:
        step = judged(record)
        if step is None:
            text = "the run was stopped before anything could be judged."
        elif record.capacity is None:
            text = f"{step.visitors} visitors: {escape(record.limited_by)}."
        elif record.capacity == 0:
            text = f"the bounds did not hold for {step.visitors} visitors ({escape('; '.join(step.broken))})."
        else:
            text = (
                f"<strong>{record.capacity} visitors</strong> at a time; 95 of 100 inputs are answered by a picture "
                f"within {step.delay_p95_ms:.0f} ms, {_freezes(step)}."
            )
        sentences.append(f"<li>Network <em>{escape(_network(record))}</em>: {text}</li>")
    return f"<ul class='headline'>{''.join(sentences)}</ul>"


def _freezes(step: StepFigures) -> str:
    if step.freezes == 0:
        return "without a freeze"
    minutes = max(1e-9, step.moving_s / 60.0)
    return f"with {step.freezes / minutes:.1f} freezes in a minute of moving"


def _overview(records: Sequence[RunRecord]) -> str:
    """A table with a row for each network, at its capacity."""
    heads = (
        *("Network", "Capacity", "Judged at", "Input to frame<br>p50 / p95 / p99, ms", "Frames/s", "Frozen, %"),
        *("Loss, %", "Mbit/s<br>per visitor", "First frame<br>p50 / p95, ms", "What ended the ramp"),
    )
    rows = []
    for record in records:
        step = judged(record)
        if step is None:
            continue
        first = record.rows.get(What.FIRST_FRAME.value)
        cells = (
            escape(_network(record)),
            "held" if record.capacity is None else str(record.capacity),
            str(step.visitors),
            f"{_ms(step.delay_p50_ms)} / {_ms(step.delay_p95_ms)} / {_ms(step.delay_p99_ms)}",
            f"{step.fps:.1f}",
            f"{100 * step.frozen_share:.1f}",
            f"{100 * step.lost_share:.1f}",
            f"{step.kbps / 1e3:.2f}",
            "–" if first is None else f"{_ms(first.percentiles['p50'])} / {_ms(first.percentiles['p95'])}",
            escape(record.limited_by),
        )
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th scope='col'>{text}</th>" for text in heads)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<section><h2>At capacity</h2>{table}</section>"


def _run(record: RunRecord) -> str:
    conditions = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in record.conditions.items()
    )
    bounds = (
        f"input to frame p95 at most {record.bounds['delay_p95_ms']:g} ms; at least {record.bounds['fps']:g} frames/s "
        f"while moving; frozen at most {100 * record.bounds['frozen_share']:g} % of the moving time; at most "
        f"{record.bounds['failed']:g} failed visits in a window"
    )
    return (
        f"<section class='run'><h2>Network: {escape(_network(record))}</h2>"
        f"<div class='charts'>{''.join(_charts(record))}</div>{_steps(record)}{_failures(record)}"
        f"<h3>Conditions</h3><dl><dt>began</dt><dd>{escape(record.began)}, {record.lasted_s:.0f} s</dd>{conditions}"
        f"<dt>bounds</dt><dd>{escape(bounds)}</dd></dl>{_doubts(record)}</section>"
    )


def _charts(record: RunRecord) -> list[str]:
    charts = []
    if len({step.visitors for step in record.steps}) > 1:
        delays = [
            Series(name, [(step.visitors, getattr(step, field)) for step in record.steps], style)
            for name, field, style in (
                ("99th percentile", "delay_p99_ms", "third"),
                ("95th percentile", "delay_p95_ms", "second"),
                ("median", "delay_p50_ms", "first"),
            )
        ]
        bound = record.bounds["delay_p95_ms"]
        axes = Axes("Input to frame by number of visitors", "visitors", "ms", bound, "bound of the 95th", whole_x=True)
        charts.append(line_chart(axes, delays))
        fps = Series("mean of all visitors", [(step.visitors, step.fps) for step in record.steps], "first")
        axes = Axes("Frames per second while moving", "visitors", "1/s", record.bounds["fps"], "bound", whole_x=True)
        charts.append(line_chart(axes, [fps]))
        frozen = Series("all visitors", [(step.visitors, 100 * step.frozen_share) for step in record.steps], "first")
        share = 100 * record.bounds["frozen_share"]
        axes = Axes("Frozen share of the moving time", "visitors", "%", share, "bound", whole_x=True)
        charts.append(line_chart(axes, [frozen]))
    step = judged(record)
    if step is not None and step.delays:
        axes = Axes(f"Input to frame with {step.visitors} visitors", "ms", "% of inputs within that time")
        charts.append(line_chart(axes, [Series("share", cumulative(step.delays), "first")]))
    return charts


def _steps(record: RunRecord) -> str:
    heads = (
        *("Visitors", "Delay p50", "p95", "p99", "Gap p95", "Longest gap", "Frames/s", "Freezes", "Loss, %"),
        *("Mbit/s each", "Node CPU, % of a core", "Machine CPU, %", "Generator late p95", "Bounds"),
    )
    rows = []
    for step in record.steps:
        cells = (
            str(step.visitors),
            *(_ms(value) for value in (step.delay_p50_ms, step.delay_p95_ms, step.delay_p99_ms)),
            *(_ms(value) for value in (step.gap_p95_ms, step.gap_max_ms)),
            f"{step.fps:.1f}",
            str(step.freezes),
            f"{100 * step.lost_share:.1f}",
            f"{step.kbps / 1e3:.2f}",
            "–" if step.node_cpu_percent is None else f"{step.node_cpu_percent:.0f}",
            "–" if step.machine_cpu_percent is None else f"{step.machine_cpu_percent:.0f}",
            _ms(step.late_p95_ms),
            escape("; ".join(step.broken)) or "held",
        )
        state = "broken" if step.broken else "held"
        rows.append(f"<tr class='{state}'>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th scope='col'>{text}</th>" for text in heads)
    return (
        "<h3>Every window that was judged (times in ms)</h3>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _failures(record: RunRecord) -> str:
    if not record.failures:
        return "<p>Nothing failed.</p>"
    items = "".join(f"<li>{escape(text)}: {count}</li>" for text, count in sorted(record.failures.items()))
    return f"<h3>What failed, over the whole run</h3><ul>{items}</ul>"


def _doubts(record: RunRecord) -> str:
    """What a reader must know before trusting the figures."""
    doubts = []
    if any(step.late_p95_ms > LATE_MAX_MS for step in record.steps):
        doubts.append(
            f"In some windows the load generator itself was more than {LATE_MAX_MS:g} ms late (95th percentile): these "
            "windows say as much of it as of the node."
        )
    if record.conditions.get("node on the load generator's machine") == "yes":
        doubts.append("Node and load generator shared one machine's cores: alone, the node carries more.")
    if not doubts:
        return ""
    return f"<ul class='doubts'>{''.join(f'<li>{escape(text)}</li>' for text in doubts)}</ul>"


def _ms(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "–"


def write_report(records: Sequence[RunRecord], file: Path) -> None:
    """Folders are made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(report_page(records), encoding="utf-8")


def main() -> None:
    """From files to a file."""
    parser = argparse.ArgumentParser(prog="python -m bench.visitors.report", description=__doc__)
    parser.add_argument("records", nargs="+", help="files that --record of the locustfile has written")
    parser.add_argument("--output", type=Path, default=Path("var/bench-load/report.html"))
    options = parser.parse_args()
    try:
        records = [read_record(file) for file in options.records]
    except RecordError as error:
        sys.exit(f"report: {error}")
    write_report(records, options.output)
    print(options.output)


if __name__ == "__main__":
    main()
