"""A visitor is heard, but has no more of everybody's time than is due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream.webrtc.rtcp_allowance import BURST, BYTES_MAX, PER_S, RtcpAllowance


def test_what_a_browser_sends_on_the_worst_of_links_is_all_read() -> None:
    allowance = RtcpAllowance()
    assert all(allowance.takes(200, step * 0.005) for step in range(10_000))


def test_no_datagram_is_larger_than_one() -> None:
    allowance = RtcpAllowance()
    assert allowance.takes(BYTES_MAX, 0.0)
    assert not allowance.takes(BYTES_MAX + 1, 1.0)


def test_who_floods_is_heard_again_when_the_flood_is_over() -> None:
    allowance = RtcpAllowance()
    assert sum(allowance.takes(100, 5.0) for _ in range(10_000)) == BURST
    assert allowance.takes(100, 5.1)


@given(st.lists(st.floats(0, 0.1), max_size=400))
def test_however_they_come_the_rate_is_bounded(pauses_s: list[float]) -> None:
    allowance, now_s, read = RtcpAllowance(), 100.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        read += allowance.takes(60, now_s)
        assert read <= BURST + PER_S * (now_s - 100.0) + 1e-6
