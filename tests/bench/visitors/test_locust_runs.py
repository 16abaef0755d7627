"""Locust itself, in processes of its own, against a real node. Facts alone; figures are for ``make bench-load``."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.free_port import free_port
from bench.node_process import NodeProcess
from bench.recorded_renderer import record_turn
from bench.visitors.run_record import RunRecord, read_record
from bench.visitors.samples import What
from edge_render.package import open_package
from tests.waiting import WAIT_S

ROOT = Path(__file__).parents[3]
LOCUST = (str(Path(sys.executable).with_name("locust")), "-f", str(ROOT / "bench/locustfile.py"))
HOLD_2 = ("--hold", "2", "--hold-seconds", "4", "--settle-seconds", "2", "--picture", "320x180")


@pytest.fixture(scope="module")
def node(demo_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    turn = record_turn(open_package(demo_package), tmp_path_factory.mktemp("turn"), 320, 180, views=24)
    program = (sys.executable, "-m", "bench.network.node")
    with NodeProcess(demo_package, "--turn", str(turn), "--sender", "ours", program=program) as started:
        yield started


def locust(node: NodeProcess, *options: str) -> subprocess.Popen[str]:
    command = (*LOCUST, "--host", node.url, *options)
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finished(process: subprocess.Popen[str], *, timeout_s: float = 90.0) -> str:
    """What it wrote; it has ended well."""
    output, _ = process.communicate(timeout=timeout_s)
    assert process.returncode in (0, 1), output  # locust's 1: some request has failed
    assert "Traceback" not in output, output
    return output


def assert_walked(record: RunRecord, visitors: int) -> None:
    (step,) = record.steps
    assert step.visitors == visitors
    assert record.rows[What.INPUT_TO_FRAME.value].count >= 10 * visitors
    assert record.rows[What.FRAME_GAP.value].count >= 10 * visitors
    assert record.rows[What.FIRST_FRAME.value].count >= visitors
    assert record.tally["received_bytes"] > 0
    assert record.tally["packets_expected"] > 0
    assert not [failure for failure in record.failures if "packets lost" not in failure and "freeze" not in failure]


def test_visitors_walk_and_leave_nothing_behind(node: NodeProcess, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    output = finished(locust(node, "--headless", *HOLD_2, "--record", str(file)))
    assert "held 2 visitors" in output
    assert node.metric("edge_render_visits") == 0.0
    record = read_record(file)
    assert_walked(record, 2)
    assert record.conditions["seed"] == "1"


def test_a_lossy_link_is_repaired(node: NodeProcess, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    finished(locust(node, "--headless", *HOLD_2, "--network", "wifi-bad", "--record", str(file)))
    record = read_record(file)
    assert_walked(record, 2)
    assert record.tally["packets_lost"] > 0
    assert record.network == "wifi-bad"
    assert node.metric("edge_render_visits") == 0.0


def test_workers_share_the_visitors_and_the_master_judges(node: NodeProcess, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    port = str(free_port())
    workers = [locust(node, "--worker", "--master-port", port) for _ in range(2)]
    ramp = ("--from-visitors", "2", "--to-visitors", "2", "--settle-seconds", "7", "--window-seconds", "7")
    bounds = ("--min-fps", "1", "--max-delay-p95-ms", "5000", "--max-frozen", "1")
    master = locust(
        node, "--master", "--master-bind-port", port, "--expect-workers", "2", "--headless", *ramp, *bounds,
        *("--picture", "320x180", "--record", str(file)),
    )  # fmt: skip
    output = finished(master)
    for worker in workers:
        finished(worker)
    assert "capacity: 2 visitors" in output, output
    record = read_record(file)
    assert_walked(record, 2)
    assert "2 processes" in record.conditions["load generator"]
    assert node.metric("edge_render_visits") == 0.0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_stopped_leaves_no_visit(node: NodeProcess, how: signal.Signals) -> None:
    process = locust(node, "--headless", "--hold", "3", "--hold-seconds", "100", "--picture", "320x180")
    deadline_s = time.monotonic() + 60.0
    while node.metric("edge_render_visits") < 3.0:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)  # another process: there is no event to wait for
    process.send_signal(how)
    finished(process)
    assert node.metric("edge_render_visits") == 0.0


def test_bad_options_are_said_in_one_line(node: NodeProcess) -> None:
    process = locust(node, "--headless", "--path", "nowhere")
    output, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert "no path 'nowhere'" in output
    assert "Traceback" not in output
