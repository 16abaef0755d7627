"""The network bench end to end: a real browser, the relay and the node of the bench. Facts alone; timings are for
``make bench-network``."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.network.figures import delays_s, figures_of
from bench.network.impairment import Direction, Drop
from bench.network.profiles import Profile
from bench.network.senders import COMPARED
from bench.network.trace import frame_rows
from bench.network.visitor import record_visit
from bench.node_process import NodeProcess
from bench.recorded_renderer import RecordedTurn, picture_index, record_turn
from edge_render.package import open_package

pytestmark = pytest.mark.browser

LOSSY = Direction(delay_ms=10.0, loss=0.03)


@pytest.fixture(scope="module")
def turn_file(demo_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_turn(open_package(demo_package), tmp_path_factory.mktemp("turn"), 640, 368, views=24)


@pytest.mark.parametrize("sender", COMPARED)
def test_a_visit_goes_on_over_a_bad_link(demo_package: Path, turn_file: Path, browser: Browser, sender: str) -> None:
    turn = RecordedTurn(turn_file)
    program = (sys.executable, "-m", "bench.network.node")
    with NodeProcess(demo_package, "--turn", str(turn_file), "--sender", sender, program=program) as node:
        profile = Profile("lossy", LOSSY, LOSSY, lasts_s=7.0)
        recording = record_visit(browser, node, sender, profile, seed=1, keep_packets=True)
        assert node.metric("edge_render_ready") == 1.0, "the node is well"
    assert recording.connections == 1
    assert recording.counters["down"].drops[Drop.LOSS] > 0
    assert recording.counters["up"].drops[Drop.LOSS] > 0
    if sender == "ours":
        assert recording.inbound_after["fecPacketsReceived"] > 0, "the browser takes our repair packets"
    assert len({frame.picture for frame in recording.frames} - {None}) >= 8, "pictures keep coming, each turned further"
    unread = [frame for frame in recording.frames if frame.input_seq is None]
    assert len(unread) <= 1 + len(recording.frames) // 50
    assert len(delays_s(recording.inputs, recording.frames)) >= 20, "what the visitor did is shown"
    yaws = {sent.seq: sent.yaw_rad for sent in recording.inputs}
    for frame in recording.frames:
        if frame.input_seq in yaws:
            assert frame.picture == picture_index(_as_sent(yaws[frame.input_seq]), turn.views)
    figures = figures_of(recording, turn, None)
    assert figures.ssim_mean is not None
    assert figures.ssim_mean > 0.5, "the shown picture is the one that was sent"
    assert len(frame_rows(recording)) >= len(recording.frames) // 2, "the relay saw the frames' packets"


def _as_sent(yaw_rad: float) -> float:
    """A yaw as a pose gives it back, from -pi to pi."""
    return math.atan2(math.sin(yaw_rad), math.cos(yaw_rad))
