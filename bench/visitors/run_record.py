"""What a run has measured, and under which conditions, as one JSON file: what reports are made of."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.visitors.ramp import Histogram, Ramp, Snapshot, StepFigures

FORMAT = 1
PERCENTILES = (0.5, 0.9, 0.95, 0.99)


class RecordError(ValueError):
    """The file is no record of a run; the text tells why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of measurement over the whole run, milliseconds."""

    count: int
    mean: float
    percentiles: Mapping[str, float]
    longest: float


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A whole run."""

    network: str
    """The profile's name; empty where nothing was put before the node."""
    began: str
    """Local time, ISO 8601."""
    lasted_s: float
    conditions: Mapping[str, str]
    """What must be known to judge or to repeat the run."""
    bounds: Mapping[str, float]
    capacity: int | None
    """None where a fixed number of visitors was held."""
    limited_by: str
    steps: list[StepFigures]
    rows: Mapping[str, Row]
    tally: Mapping[str, float]
    failures: Mapping[str, int]
    """How often what failed."""


def record_run(environment: Any, ramp: Ramp, totals: Snapshot, began_s: float) -> RunRecord:
    """Collect it at the run's end, on the master."""
    options = environment.parsed_options
    runner = environment.runner
    failures = {f"{error.name}: {error.error}": int(error.occurrences) for error in environment.stats.errors.values()}
    workers = getattr(runner, "worker_count", 1)
    conditions = {
        "node": str(environment.host),
        "about": options.about or "nothing was said",
        "network": options.network or "as it is between load generator and node",
        "path": str(options.path),
        "seed": str(options.seed),
        "picture": str(options.picture),
        "load generator": f"locust {version('locust')}, {workers} process{'es' if workers > 1 else ''}, "
        f"{platform.machine()}, {os.cpu_count()} cores",
        "node on the load generator's machine": "yes" if options.node_pid or options.network else "not said",
    }
    limited_by = ramp.limited_by
    if options.hold:
        limited_by = "; ".join(ramp.steps[-1].broken) if ramp.steps and ramp.steps[-1].broken else "all bounds held"
    return RunRecord(
        network=options.network,
        began=time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(began_s)),
        lasted_s=time.time() - began_s,
        conditions=conditions,
        bounds={
            "delay_p95_ms": options.max_delay_p95_ms,
            "fps": options.min_fps,
            "frozen_share": options.max_frozen,
            "failed": float(options.max_failed),
        },
        capacity=None if options.hold else ramp.capacity,
        limited_by=limited_by,
        steps=list(ramp.steps),
        rows={what.value: _row(histogram) for what, histogram in totals.rows.items() if histogram.count},
        tally=asdict(totals.tally),
        failures=failures,
    )


def _row(histogram: Histogram) -> Row:
    return Row(
        count=histogram.count,
        mean=histogram.mean,
        percentiles={f"p{100 * share:g}": histogram.percentile(share) for share in PERCENTILES},
        longest=float(max(histogram.counts)),
    )


def write_record(record: RunRecord, file: str | Path) -> None:
    """As JSON; folders are made."""
    target = Path(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"format": FORMAT, **asdict(record)}, indent=1) + "\n", encoding="utf-8")


def read_record(file: str | Path) -> RunRecord:
    """Raises RecordError."""
    try:
        content: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise RecordError(f"{file} was written by another version of the bench")
        steps = [
            StepFigures(
                **{
                    **step,
                    "delays": {int(ms): count for ms, count in step["delays"].items()},
                    "broken": tuple(step["broken"]),
                }
            )
            for step in content.pop("steps")
        ]
        rows = {name: Row(**row) for name, row in content.pop("rows").items()}
        return RunRecord(steps=steps, rows=rows, **content)
    except RecordError:
        raise
    except OSError as error:
        raise RecordError(f"{file} can't be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(f"{file} is no record of a run: {type(error).__name__}: {error}") from error
