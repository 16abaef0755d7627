"""From notes of a visit to figures, on made-up visits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.network.cpu import CpuUse
from bench.network.figures import (
    delays_s,
    figures_of,
    longest_gap_s,
    rate_bps,
    under_cap_s,
)
from bench.network.impairment import Drop
from bench.network.profiles import FALL_AT_S, OUTAGES_AT_S, PROFILES, RISE_AT_S
from bench.network.recording import FrameSeen, InputSent, Recording, Sample
from bench.network.relay import WayCounters
from bench.network.report import goals, line
from bench.recorded_renderer import RecordedTurn

SIZE = (64, 48)


@pytest.fixture
def turn(tmp_path: Path) -> RecordedTurn:
    pictures = np.random.default_rng(5).integers(0, 256, (4, SIZE[1] * 3 // 2, SIZE[0]), np.uint8)
    np.save(tmp_path / "turn.npy", pictures)
    return RecordedTurn(tmp_path / "turn.npy")


def shown(at_s: float, seq: int | None, presented: int = 0) -> FrameSeen:
    return FrameSeen(at_s, None, presented, *SIZE, seq, None if seq is None else seq % 4)


def visit(profile: str, lasts_s: float, delay_s: float, turn: RecordedTurn, **changes: Any) -> Recording:
    """30 frames a second, each showing the input sent ``delay_s`` before."""
    count = round(lasts_s * 30)
    counters = WayCounters(packets=1000, sent_bytes=0)
    counters.drops[Drop.LOSS] = 30
    for second in range(int(lasts_s)):
        counters.sent_by_second[second] = counters.delivered_by_second[second] = 125_000
    values: dict[str, Any] = {
        "sender": "ours",
        "profile": profile,
        "codec": "video/H264",
        "measured_from_s": 4.0,
        "measured_to_s": lasts_s,
        "turning_from_s": 1.0,
        "inputs": [InputSent(number, number / 30 - delay_s, 0.0) for number in range(count)],
        "frames": [shown(number / 30, number, number) for number in range(count)],
        "samples": [Sample(5.0, 1, turn.luma(1))],
        "inbound_before": {"freezeCount": 1, "totalFreezesDuration": 0.5},
        "inbound_after": {"freezeCount": 3, "totalFreezesDuration": 1.25},
        "connections": 1,
        "counters": {"down": counters, "up": WayCounters()},
        "cpu": CpuUse(server=40.0, bench=120.0, others=5.0),
        "packets": [],
    }
    return Recording(**{**values, **changes})


def test_the_figures_of_a_steady_visit(turn: RecordedTurn) -> None:
    figures = figures_of(visit("clean", 24.0, 0.040, turn), turn, None)
    assert figures.fps == pytest.approx(30.0, rel=0.01)
    assert (figures.freezes, figures.frozen_ms) == (2, 750.0)
    assert figures.longest_gap_ms == pytest.approx(1000 / 30, rel=0.01)
    assert (figures.delay_median_ms, figures.delay_p95_ms) == pytest.approx((40.0, 40.0))
    assert (figures.sent_kbps, figures.lost) == pytest.approx((1000.0, 0.03))
    assert figures.ssim_mean == pytest.approx(1.0)
    assert figures.sizes == {"64x48": 1.0}
    assert "clean" in line(figures, figures)


def test_a_frame_counts_once_for_the_newest_input_that_it_shows() -> None:
    inputs = [InputSent(seq, seq * 0.010, 0.0) for seq in range(10)]
    frames = [shown(0.050, 2), shown(0.060, 2), shown(0.070, None), shown(0.080, 6), shown(0.090, 5)]
    assert delays_s(inputs, frames) == [(0.050, pytest.approx(0.030)), (0.080, pytest.approx(0.020))]


def test_a_new_connection_counts_its_inputs_anew() -> None:
    inputs = [InputSent(1, 1.0, 0.0), InputSent(2, 1.1, 0.0), InputSent(1, 5.0, 0.0), InputSent(2, 5.1, 0.0)]
    frames = [shown(1.2, 2), shown(5.02, 1), shown(5.15, 2)]
    assert [delay for _, delay in delays_s(inputs, frames)] == pytest.approx([0.1, 0.02, 0.05])


def test_a_gap_is_the_time_without_a_new_picture() -> None:
    frames = [shown(at_s, seq) for at_s, seq in ((1.0, 1), (1.1, 2), (1.2, 2), (1.3, 2), (1.4, 3))]
    assert longest_gap_s(frames, 1.0, 1.5) == pytest.approx(0.3)
    assert longest_gap_s(frames, 1.0, 3.0) == pytest.approx(1.6), "a picture that never moves again is a gap too"


def test_rates_count_whole_seconds() -> None:
    assert rate_bps(Counter({4: 9999, 5: 1000, 6: 3000, 7: 9999}), 4.2, 7.9) == pytest.approx(16_000.0)


def test_when_the_sender_came_under_the_cap() -> None:
    sent = Counter({2: 100, 3: 500_000, 4: 400_000, 5: 300_000, 6: 370_000})
    assert under_cap_s(sent, 3e6) == 3.0
    assert under_cap_s(Counter({2: 100}), 3e6) == 0.0


def test_a_falling_cap_is_looked_at_around_its_events(turn: RecordedTurn) -> None:
    plain = visit("fall", 55.0, 0.040, turn)
    # For two seconds after the fall, frames come 300 ms late, and for 400 ms of it none comes.
    frames = [
        FrameSeen(f.at_s, None, f.presented, *SIZE, (f.input_seq or 0) - 9, 0)
        if FALL_AT_S <= f.at_s < FALL_AT_S + 2.0
        else f
        for f in plain.frames
        if not FALL_AT_S + 0.5 <= f.at_s < FALL_AT_S + 0.9
    ]
    for second in range(int(RISE_AT_S), 55):
        plain.counters["down"].delivered_by_second[second] = 100_000
    fall = figures_of(visit("fall", 55.0, 0.040, turn, frames=frames, counters=plain.counters), turn, 6e6).fall
    assert fall is not None
    assert fall.longest_gap_ms == pytest.approx(433, abs=5)
    assert fall.settled_s == pytest.approx(2.0, abs=0.05)
    assert fall.extra_delay_ms == pytest.approx(0.0, abs=1.0)
    assert fall.rate_after_rise == pytest.approx(0.8)


def test_the_worst_outage_counts(turn: RecordedTurn) -> None:
    plain = visit("handover", 40.0, 0.040, turn)
    second = OUTAGES_AT_S[1]
    frames = [
        f
        for f in plain.frames
        if not any(began <= f.at_s < began + 0.45 for began in OUTAGES_AT_S) and not second <= f.at_s < second + 0.65
    ]
    outage = figures_of(visit("handover", 40.0, 0.040, turn, frames=frames), turn, None).outage
    assert outage is not None
    assert outage.moves_again_ms == pytest.approx(250, abs=35)
    assert outage.longest_gap_ms == pytest.approx(650, abs=70)


def test_goals_are_reached_or_missed(turn: RecordedTurn) -> None:
    all_figures = [
        figures_of(visit(name, max(PROFILES[name].lasts_s, 24.0), delay_s, turn), turn, 3e6)
        for name, delay_s in (("clean", 0.030), ("loss-3", 0.050), ("cap-3000-100", 0.065))
    ]
    reached = {what: ok for what, _, ok in goals(all_figures)}
    assert reached == {
        "20 ms, 3 % loss: freezes": False,
        "20 ms, 3 % loss: frames shown": True,
        "20 ms, 3 % loss: delay p95 over clean's": True,
        "3 Mbit/s: under the cap after": True,
        "3 Mbit/s: freezes": False,
        "3 Mbit/s: frames shown": True,
        "3 Mbit/s: delay over clean": False,
    }


def test_a_visit_without_pictures_is_said(turn: RecordedTurn) -> None:
    with pytest.raises(ValueError, match="showed 0 frames over clean"):
        figures_of(visit("clean", 10.0, 0.0, turn, frames=[]), turn, None)
