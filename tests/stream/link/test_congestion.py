from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.congestion import LOSS_LOW, RTT_MEMORY_S, RateController


def controller() -> RateController:
    return RateController(min_bps=300_000, start_bps=4_000_000, max_bps=8_000_000, now_s=0.0)


def test_heavy_loss_halves_its_share() -> None:
    rate = controller()
    rate.on_loss(0.2, now_s=1.0)
    assert rate.target_bps == pytest.approx(4_000_000 * 0.9)


@pytest.mark.parametrize("fraction", [LOSS_LOW, 0.05, 0.1])
def test_moderate_loss_changes_nothing(fraction: float) -> None:
    rate = controller()
    rate.on_loss(fraction, now_s=1.0)
    assert rate.target_bps == 4_000_000


def test_a_clean_link_is_used_up_to_the_limit_and_no_further() -> None:
    rate = controller()
    for second in range(1, 60):
        before = rate.target_bps
        rate.on_loss(0.0, now_s=float(second))
        assert before <= rate.target_bps <= before * 1.081
    assert rate.target_bps == 8_000_000


def test_the_rate_never_falls_below_its_floor() -> None:
    rate = controller()
    for second in range(200):
        rate.on_loss(0.9, now_s=float(second))
    assert rate.target_bps == 300_000


def test_an_estimate_below_what_is_sent_is_obeyed_at_once() -> None:
    rate = controller()
    rate.on_remb(2_000_000, sent_bps=3_500_000, now_s=1.0)
    assert rate.target_bps == 1_900_000


def test_an_estimate_of_a_quiet_stream_says_nothing_of_the_link() -> None:
    rate = controller()
    rate.on_remb(150_000, sent_bps=100_000, now_s=1.0)
    assert rate.target_bps == 4_000_000


def test_a_filling_buffer_is_braked_once_a_second() -> None:
    rate = controller()
    rate.on_round_trip(0.020, now_s=1.0)
    rate.on_round_trip(0.040, now_s=1.5)
    assert rate.target_bps == 4_000_000, "jitter of 20 ms is no queue"
    rate.on_round_trip(0.200, now_s=2.0)
    rate.on_round_trip(0.220, now_s=2.4)
    assert rate.target_bps == pytest.approx(4_000_000 * 0.85)


def test_after_a_decrease_the_rate_rests_before_it_grows() -> None:
    rate = controller()
    rate.on_loss(0.5, now_s=1.0)
    low = rate.target_bps
    rate.on_loss(0.0, now_s=1.5)
    assert rate.target_bps == low
    rate.on_loss(0.0, now_s=2.5)
    assert rate.target_bps > low


def test_a_way_that_has_become_longer_is_not_braked_for_ever() -> None:
    rate = controller()
    for second in range(60):
        rate.on_round_trip(0.02 if second < 5 else 0.12, now_s=float(second))
        rate.on_loss(0.0, now_s=float(second))
    low_bps = rate.target_bps
    for second in range(60, 60 + round(RTT_MEMORY_S)):
        rate.on_round_trip(0.12, now_s=float(second))
        rate.on_loss(0.0, now_s=float(second))
    assert rate.target_bps > 2 * low_bps


EVENTS = st.one_of(
    st.tuples(st.just("loss"), st.floats(0, 1), st.none()),
    st.tuples(st.just("remb"), st.integers(0, 2**81), st.floats(0, 1e9)),
    st.tuples(st.just("rtt"), st.floats(0, 100), st.none()),
)


@given(st.lists(st.tuples(st.floats(0, 30), EVENTS), max_size=60))
def test_whatever_the_receiver_says_the_rate_stays_within_its_limits(
    events: list[tuple[float, tuple[str, float, float]]],
) -> None:
    rate, now_s = controller(), 0.0
    for pause_s, (what, value, sent_bps) in events:
        now_s += pause_s
        if what == "loss":
            rate.on_loss(value, now_s)
        elif what == "remb":
            rate.on_remb(int(value), sent_bps, now_s)
        else:
            rate.on_round_trip(value, now_s)
        assert 300_000 <= rate.target_bps <= 8_000_000
