"""``make bench-load``: a node of its own, the ramp over each network, and one report.

The node draws for real by default. ``--recorded`` gives it pictures that were drawn ahead of time, which a node with a
strong GPU comes near to: then encoding and sending are what bounds the capacity.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.network.profiles import PROFILES
from bench.node_process import NodeProcess
from bench.recorded_renderer import record_turn
from bench.visitors.options import HEIGHT, WIDTH, picture_size
from bench.visitors.report import write_report
from bench.visitors.run_record import RunRecord, read_record
from edge_render.demo import build_demo
from edge_render.package import Package

KEPT = Path("var/bench-load")
LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"
VISITS_MAX = 1000


@contextmanager
def load_node(package: Package, picture: str, *, recorded: bool) -> Iterator[NodeProcess]:
    """A node that refuses nobody, with pictures of at most that size."""
    size = picture_size(picture)
    options = ["--max-visits", str(VISITS_MAX)]
    program = None
    if recorded:
        turn = record_turn(package, KEPT, size.width, size.height)
        program = (sys.executable, "-m", "bench.network.node")
        options += ["--turn", str(turn), "--sender", "ours"]
    with NodeProcess(package.root, *options, program=program) as node:
        yield node


def run_locust(node: NodeProcess, record: Path, *options: str, quiet: bool = False) -> RunRecord | None:
    """One headless run; what it prints goes where ours goes, or nowhere. None where it wrote no record."""
    locust = (sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary")
    where = ("--host", node.url, "--node-pid", str(node.pid), "--record", str(record), "--loglevel", "WARNING")
    sink = subprocess.DEVNULL if quiet else None
    subprocess.run((*locust, *where, *options), stdout=sink, stderr=sink, check=False)
    return read_record(record) if record.exists() else None


def main() -> None:
    """Measure, print and write the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.visitors", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=["", *PROFILES], default=[""], metavar="NAME")
    parser.add_argument("--recorded", action="store_true", help="pictures drawn ahead of time")
    parser.add_argument("--picture", default=f"{WIDTH}x{HEIGHT}")
    options, of_locust = parser.parse_known_args()
    began = time.strftime("%Y%m%d-%H%M%S")
    records = []
    with tempfile.TemporaryDirectory() as folder:
        package = build_demo(Path(folder))
        for network in options.networks:
            print(f"\nnetwork: {network or 'none put before the node'}", flush=True)
            # A node for each: nothing of one run is left in the next.
            with load_node(package, options.picture, recorded=options.recorded) as node:
                file = KEPT / f"{began}-{network or 'none'}.json"
                about = "demo showroom, " + (
                    "pictures drawn ahead of time" if options.recorded else "drawn by the node"
                )
                own = ("--network", network, "--picture", options.picture, "--about", about)
                record = run_locust(node, file, *own, *of_locust)
                if record is not None:
                    records.append(record)
    if not records:
        sys.exit("bench-load: no run was recorded")
    for record in records:
        print(f"\n{record.network or 'none':<14}", end="")
        print("held" if record.capacity is None else f"capacity {record.capacity}", f"({record.limited_by})")
    report = KEPT / f"{began}.html"
    write_report(records, report)
    print(f"\nreport: {report}")


if __name__ == "__main__":
    main()
