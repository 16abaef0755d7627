"""The pace of downloads, second by second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.sync.pace import BURST_S, Pace


def test_without_a_limit_nobody_waits() -> None:
    assert Pace(None).wait_s(10**12, 0.0) == 0.0


def test_what_comes_too_fast_waits_for_its_turn() -> None:
    pace = Pace(1000.0)
    assert pace.wait_s(100, 5.0) == 0.0  # as little as was not used before
    assert pace.wait_s(500, 5.0) == pytest.approx(0.5)
    assert pace.wait_s(500, 5.5) == pytest.approx(0.5)
    assert pace.wait_s(100, 100.0) == 0.0


@given(st.lists(st.tuples(st.integers(1, 100_000), st.floats(0.0, 2.0)), min_size=1, max_size=50))
def test_over_any_time_no_more_comes_than_is_allowed(chunks: list[tuple[int, float]]) -> None:
    pace, now, came_bytes = Pace(50_000.0), 0.0, 0
    for size_bytes, idle_s in chunks:
        came_bytes += size_bytes
        now += idle_s + pace.wait_s(size_bytes, now + idle_s)
        assert came_bytes <= 50_000.0 * (now + BURST_S) + 1e-3
