"""A burst at twice the rate tells whether the link carries more."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.probing import (
    ANSWER_WITHIN_S,
    GROWTH,
    INTERVAL_MAX_S,
    INTERVAL_S,
    PROBE_BYTES_MIN,
    PROBE_PACKETS_MIN,
    SATURATED_MARGIN,
    Probe,
    Prober,
)

MAX_BPS = 12e6


def asked(prober: Prober, now_s: float = 10.0, estimate_bps: float = 2e6) -> Probe:
    probe = prober.next(estimate_bps, MAX_BPS, now_s, eager=True)
    assert probe is not None
    return probe


def sent(prober: Prober, probe: Probe, link_bps: float, *, beside_bps: float = 0.0, lose: int = 0) -> None:
    """The probe crosses a link, with packets of a picture beside it."""
    free_s = begin_s = 10.0
    count = math.ceil(probe.size_bytes / 1000)
    for index in range(count):
        sent_s = begin_s + index * 8000 / probe.rate_bps
        if beside_bps:
            free_s = max(free_s, sent_s) + 8 * beside_bps / probe.rate_bps * 1000 / link_bps
            prober.on_packet(None, sent_s, free_s + 0.02, round(1000 * beside_bps / probe.rate_bps))
        free_s = max(free_s, sent_s) + 8000 / link_bps
        prober.on_packet(probe.cluster, sent_s, None if index < lose else free_s + 0.02, 1000)


def test_a_probe_is_twice_the_estimate_and_short() -> None:
    probe = asked(Prober())
    assert probe.rate_bps == GROWTH * 2e6
    assert 8 * probe.size_bytes / probe.rate_bps == pytest.approx(0.025)


def test_a_probe_of_a_narrow_link_still_has_enough_packets_to_tell() -> None:
    prober = Prober()
    probe = asked(prober, estimate_bps=300_000)
    assert probe.size_bytes == PROBE_BYTES_MIN
    sent(prober, probe, 20e6)
    result = prober.result()
    assert result is not None
    assert result.bps == pytest.approx(600_000)


def test_a_wide_link_has_shown_what_was_sent() -> None:
    prober = Prober()
    sent(prober, asked(prober), 50e6)
    result = prober.result()
    assert result is not None
    assert not result.saturated
    assert result.bps == pytest.approx(4e6, rel=0.02)


def test_a_link_that_the_probe_filled_has_shown_its_own_rate_less_a_margin() -> None:
    prober = Prober()
    sent(prober, asked(prober), 3e6)
    result = prober.result()
    assert result is not None
    assert result.saturated
    assert result.bps == pytest.approx(SATURATED_MARGIN * 3e6, rel=0.02)


def test_what_a_picture_sends_beside_the_probe_is_counted() -> None:
    prober = Prober()
    sent(prober, asked(prober), 3e6, beside_bps=2e6)
    result = prober.result()
    assert result is not None
    assert result.bps == pytest.approx(SATURATED_MARGIN * 3e6, rel=0.05)


def test_a_probe_that_lost_many_packets_has_filled_the_link() -> None:
    prober = Prober()
    probe = asked(prober)
    sent(prober, probe, 50e6, lose=4)
    result = prober.result()
    assert result is not None
    assert result.saturated


def test_too_few_packets_say_nothing_and_after_a_second_another_probe_may_go() -> None:
    prober = Prober()
    probe = asked(prober)
    for index in range(PROBE_PACKETS_MIN - 1):
        prober.on_packet(probe.cluster, 10.0 + index * 0.002, 10.02 + index * 0.002, 1000)
    assert prober.result() is None
    assert prober.next(2e6, MAX_BPS, 10.0 + 0.9 * ANSWER_WITHIN_S, eager=True) is None
    assert asked(prober, 10.0 + INTERVAL_S).cluster == probe.cluster + 1


def test_packets_of_a_probe_that_is_over_say_nothing() -> None:
    prober = Prober()
    before = asked(prober)
    asked(prober, 20.0)
    sent(prober, before, 50e6)
    assert prober.result() is None


def test_packets_that_came_in_one_bunch_say_nothing() -> None:
    prober = Prober()
    probe = asked(prober)
    for index in range(10):
        prober.on_packet(probe.cluster, 10.0 + index * 0.002, 10.05, 1000)
    assert prober.result() is None


def test_success_asks_for_more_at_once_and_failure_more_rarely() -> None:
    prober = Prober()
    sent(prober, asked(prober), 50e6)
    result = prober.result()
    assert result is not None
    prober.succeeded(result)
    asked(prober, 10.2, 4e6)
    prober.failed()
    assert prober.next(4e6, MAX_BPS, 10.2 + 0.9 * INTERVAL_S, eager=True) is None
    for number in range(1, 10):
        asked(prober, 100.0 * number, 4e6)
        prober.failed()
    assert prober.next(4e6, MAX_BPS, 900.0 + 0.9 * INTERVAL_MAX_S, eager=True) is None
    asked(prober, 900.0 + INTERVAL_MAX_S, 4e6)


def test_a_link_that_turned_out_narrower_is_left_alone_for_a_while_unless_that_was_a_mistake() -> None:
    prober = Prober()
    prober.hold(15.0)
    assert prober.next(2e6, MAX_BPS, 14.0, eager=True) is None
    prober.release()
    asked(prober, 14.0)


def test_without_a_sign_that_the_link_has_widened_probes_are_rare() -> None:
    prober = Prober()
    asked(prober)
    prober.failed()
    assert prober.next(2e6, MAX_BPS, 10.0 + 0.9 * INTERVAL_MAX_S, eager=False) is None
    assert prober.next(2e6, MAX_BPS, 10.0 + INTERVAL_MAX_S, eager=False) is not None


def test_at_the_limit_nothing_is_asked() -> None:
    assert Prober().next(0.99 * MAX_BPS, MAX_BPS, 10.0, eager=True) is None
    assert asked(Prober(), estimate_bps=0.9 * MAX_BPS).rate_bps == pytest.approx(1.1 * MAX_BPS)


PACKETS = st.tuples(
    st.none() | st.integers(0, 3), st.floats(-0.1, 0.1), st.none() | st.floats(-1e9, 1e9), st.integers(0, 1500)
)


@given(st.lists(PACKETS, max_size=80))
def test_whatever_the_receiver_says_a_result_is_a_number(
    packets: list[tuple[int | None, float, float | None, int]],
) -> None:
    prober, sent_s = Prober(), 0.0
    asked(prober)
    for cluster, step_s, arrived_s, size_bytes in packets:
        sent_s += step_s
        prober.on_packet(cluster, sent_s, arrived_s, size_bytes)
        result = prober.result()
        assert result is None or (math.isfinite(result.bps) and result.bps >= 0)
