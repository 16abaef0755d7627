"""What one visitor's link carries, found from what became of packets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.link_estimate import (
    BETA,
    DRAIN_MIN,
    HOLD_S,
    LOSS_HIGH,
    PROBE_HOLD_S,
    LinkEstimate,
)
from stream.link.pace import FACTOR_MAX, FACTOR_MIN
from stream.link.sent_packets import PacketFate

MIN_BPS, START_BPS, MAX_BPS = 300_000, 2_500_000, 12_000_000
ROUND_TRIP_S = 0.05
FEEDBACK_S = 0.05
PACKET_BYTES = 1200


@dataclass
class Way:
    """Sends at a rate and tells the estimate of it, feedback by feedback."""

    estimate: LinkEstimate = field(default_factory=lambda: LinkEstimate(MIN_BPS, START_BPS, MAX_BPS, 0.0))
    now_s: float = 0.0
    free_s: float = 0.0
    """When the link has sent all that waits for it."""

    def go(
        self,
        seconds: float,
        delay_s: Callable[[float], float] = lambda _now_s: 0.02,
        *,
        link_bps: float = 1e9,
        send_bps: float | None = None,
        lost: Callable[[int], bool] = lambda _number: False,
        told: Callable[[int], bool] = lambda _number: True,
        probe: int | None = None,
    ) -> None:
        """``delay_s`` of when a packet is sent, on top of the queue; ``send_bps``: what is sent, or as much as may
        be."""
        end_s, number = self.now_s + seconds, 0
        while self.now_s < end_s:
            bps = self.estimate.send_bps if send_bps is None else send_bps
            count = max(1, round(bps * FEEDBACK_S / 8 / PACKET_BYTES))
            fates, picture = [], round(self.now_s / FEEDBACK_S)
            for index in range(count):
                sent_s = self.now_s + index * FEEDBACK_S / count
                self.free_s = max(self.free_s, sent_s) + 8 * PACKET_BYTES / link_bps
                arrived_s = None if lost(number) or not told(number) else self.free_s + delay_s(sent_s)
                fates.append(PacketFate(sent_s, PACKET_BYTES, arrived_s, probe, picture, told(number)))
                number += 1
            self.now_s += FEEDBACK_S
            self.estimate.on_feedback(fates, ROUND_TRIP_S, self.now_s)


def test_it_begins_with_what_it_is_told_within_the_limits() -> None:
    assert LinkEstimate(MIN_BPS, START_BPS, MAX_BPS, 0.0).estimate_bps == START_BPS
    assert LinkEstimate(MIN_BPS, 10, MAX_BPS, 0.0).estimate_bps == MIN_BPS
    assert LinkEstimate(MIN_BPS, 10**9, MAX_BPS, 0.0).estimate_bps == MAX_BPS


def test_a_free_link_makes_it_grow_a_seventh_each_second_up_to_the_limit() -> None:
    way = Way()
    way.go(2)
    assert way.estimate.estimate_bps == pytest.approx(START_BPS * 1.15**2, rel=0.05)
    way.go(30)
    assert way.estimate.estimate_bps == MAX_BPS


def test_who_sends_little_learns_nothing() -> None:
    way = Way()
    way.go(10, send_bps=0.5 * START_BPS)
    assert way.estimate.estimate_bps == START_BPS


def test_feedback_that_is_lost_does_not_make_a_sender_look_idle() -> None:
    way = Way()
    way.go(5, told=lambda number: number % 3 != 1)
    assert way.estimate.estimate_bps > 1.5 * START_BPS


def test_a_queue_lowers_it_below_what_arrives_and_even_less_is_sent_until_it_has_drained() -> None:
    way = Way()
    way.go(1)
    way.go(0.15, link_bps=1.5e6)
    estimate = way.estimate
    assert estimate.queue_s > 0.025
    assert estimate.estimate_bps == pytest.approx(BETA * 1.5e6, rel=0.1)
    assert DRAIN_MIN * estimate.estimate_bps - 1 <= estimate.send_bps < 0.95 * estimate.estimate_bps
    assert estimate.overused_at_s == pytest.approx(way.now_s, abs=2 * FEEDBACK_S)


def test_after_a_decrease_it_rests_before_it_grows_and_before_it_probes() -> None:
    way = Way()
    way.go(1)
    way.go(0.2, link_bps=1.5e6)
    low_bps, low_s = way.estimate.estimate_bps, way.estimate.overused_at_s
    way.go(0.4)
    assert way.estimate.estimate_bps <= low_bps
    assert way.estimate.next_probe(low_s + 0.9 * PROBE_HOLD_S) is None
    way.go(2 * HOLD_S + 1)
    assert way.estimate.estimate_bps > low_bps
    assert way.estimate.next_probe(way.now_s) is not None


def test_near_the_rate_that_was_too_much_it_grows_by_small_steps() -> None:
    way = Way()
    way.go(1)
    way.go(1, link_bps=1.5e6)
    before_bps = way.estimate.estimate_bps
    way.go(1, link_bps=1.5e6)
    assert before_bps < way.estimate.estimate_bps < before_bps * 1.15


def test_heavy_loss_lowers_it_and_a_radios_loss_does_not() -> None:
    way = Way()
    way.go(3, lost=lambda number: number % 33 == 0)
    assert way.estimate.estimate_bps > START_BPS
    assert way.estimate.loss_fraction == pytest.approx(0.03, abs=0.02)
    before_bps = way.estimate.estimate_bps
    way.go(3, lost=lambda number: number % 4 == 0)
    assert way.estimate.loss_fraction > LOSS_HIGH or way.estimate.estimate_bps < before_bps
    assert way.estimate.estimate_bps < 0.95 * before_bps


def test_a_way_that_becomes_longer_is_not_taken_for_a_queue_for_long() -> None:
    way = Way()
    way.go(2)
    before_bps = way.estimate.estimate_bps
    way.go(1.5, lambda _s: 0.1)
    assert way.estimate.queue_s == pytest.approx(0.0, abs=1e-6)
    assert way.estimate.next_probe(way.now_s) is not None, "what it was lowered by is found again at once"
    way.go(10, lambda _s: 0.1)
    assert way.estimate.estimate_bps > 0.5 * before_bps


def test_a_probe_raises_it_at_once() -> None:
    way = Way()
    way.go(0.2)
    probe = way.estimate.next_probe(way.now_s)
    assert probe is not None
    way.go(FEEDBACK_S, send_bps=probe.rate_bps, probe=probe.cluster)
    assert way.estimate.estimate_bps == pytest.approx(2 * START_BPS, rel=0.1)


def test_before_the_first_feedback_nothing_is_probed() -> None:
    assert LinkEstimate(MIN_BPS, START_BPS, MAX_BPS, 0.0).next_probe(10.0) is None


def test_feedback_that_tells_of_nothing_changes_nothing() -> None:
    way = Way()
    assert not way.estimate.on_feedback([], ROUND_TRIP_S, 1.0)
    assert way.estimate.estimate_bps == START_BPS
    assert way.estimate.queue_s == way.estimate.loss_fraction == 0.0


FATES = st.builds(
    lambda sent_s, size, arrived_s, probe, told: PacketFate(
        sent_s, size, arrived_s if told else None, probe, size % 7, told
    ),
    st.floats(-1, 100),
    st.integers(0, 1500),
    st.none() | st.floats(-1e12, 1e12) | st.floats(0, 100),
    st.none() | st.integers(0, 5),
    st.booleans(),
)


@given(st.lists(st.tuples(st.floats(0, 3), st.lists(FATES, max_size=8), st.floats(0, 3)), max_size=12))
def test_whatever_a_receiver_says_it_stays_within_its_limits(
    feedbacks: list[tuple[float, list[PacketFate], float]],
) -> None:
    estimate, now_s = LinkEstimate(MIN_BPS, START_BPS, MAX_BPS, 0.0), 0.0
    for pause_s, fates, round_trip_s in feedbacks:
        now_s += pause_s
        estimate.on_feedback(fates, round_trip_s, now_s)
        assert MIN_BPS <= estimate.estimate_bps <= MAX_BPS
        assert MIN_BPS <= estimate.send_bps <= estimate.estimate_bps
        assert math.isfinite(estimate.queue_s)
        assert estimate.queue_s >= 0
        assert 0 <= estimate.loss_fraction <= 1
        assert FACTOR_MIN <= estimate.pace.factor <= FACTOR_MAX
        probe = estimate.next_probe(now_s)
        assert probe is None or 0 < probe.rate_bps <= 1.1 * MAX_BPS
