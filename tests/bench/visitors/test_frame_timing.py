"""Delays and gaps count as the page counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.visitors.access_units import Picture
from bench.visitors.frame_timing import FrameTiming
from bench.visitors.samples import Sample, What


def picture(timestamp: int, arrived_s: float) -> Picture:
    return Picture(timestamp, arrived_s, key_frame=False, packets=1, size_bytes=1000)


def of(samples: list[Sample], what: What) -> list[float]:
    return [round(sample.ms, 3) for sample in samples if sample.what is what and sample.ms is not None]


@pytest.mark.parametrize("message_first", [True, False])
def test_the_message_may_come_before_the_picture_or_after(message_first: bool) -> None:
    timing = FrameTiming()
    timing.input_sent(7, 1.0)
    samples = timing.described(3000, 7) if message_first else timing.picture(picture(3000, 1.05))
    assert samples == []
    samples = timing.picture(picture(3000, 1.05)) if message_first else timing.described(3000, 7)
    assert of(samples, What.INPUT_TO_FRAME) == [50.0]


def test_a_picture_counts_once_for_the_newest_input_that_it_shows() -> None:
    timing = FrameTiming()
    for seq, at_s in ((1, 1.0), (2, 1.01), (3, 1.02)):
        timing.input_sent(seq, at_s)
    timing.described(1, 3)
    assert of(timing.picture(picture(1, 1.06)), What.INPUT_TO_FRAME) == [40.0]
    timing.described(2, 3)
    assert of(timing.picture(picture(2, 1.09)), What.INPUT_TO_FRAME) == [], "it shows no new input"


def test_gaps_count_while_the_visitor_moves() -> None:
    timing = FrameTiming()
    assert of(timing.picture(picture(0, 0.5)), What.FRAME_GAP) == []
    timing.moving(True, 1.0)
    assert of(timing.picture(picture(1, 1.05)), What.FRAME_GAP) == [], "before it nothing was due"
    assert of(timing.picture(picture(2, 1.09)), What.FRAME_GAP) == [40.0]
    timing.moving(False, 1.1)
    assert of(timing.picture(picture(3, 1.2)), What.FRAME_GAP) == [], "the resting picture"
    assert of(timing.picture(picture(4, 9.0)), What.FRAME_GAP) == []
    assert timing.tally.moving_s == pytest.approx(0.1)


def test_a_freeze_is_one_by_the_statistics_definition() -> None:
    timing = FrameTiming()
    timing.moving(True, 0.0)
    arrivals_s = [0.01 + 0.033 * index for index in range(20)]
    samples = [sample for index, at_s in enumerate(arrivals_s) for sample in timing.picture(picture(index, at_s))]
    assert all(sample.failure is None for sample in samples)
    # 33 ms and 150 ms are 183 ms, which is more than three times 33 ms.
    (near,) = timing.picture(picture(98, arrivals_s[-1] + 0.18))
    assert near.failure is None
    (frozen,) = timing.picture(picture(99, arrivals_s[-1] + 0.18 + 0.25))
    assert frozen.failure == "freeze"
    assert (timing.tally.freezes, round(timing.tally.frozen_ms)) == (1, 250)


def test_a_visitor_who_stops_in_the_middle_of_a_freeze_saw_it() -> None:
    timing = FrameTiming()
    timing.moving(True, 0.0)
    timing.picture(picture(1, 0.1))
    timing.moving(False, 0.6)
    (gap,) = timing.picture(picture(2, 0.8))
    assert (round(gap.ms or 0.0), gap.failure) == (700, "freeze")


def test_a_visit_that_ends_frozen_says_so() -> None:
    timing = FrameTiming()
    timing.moving(True, 0.0)
    timing.picture(picture(1, 0.1))
    (gap,) = timing.finish(2.1)
    assert (round(gap.ms or 0.0), gap.failure) == (2000, "freeze")
    assert FrameTiming().finish(5.0) == []


@given(st.lists(st.tuples(st.floats(0.001, 0.2), st.integers(0, 3)), max_size=200))
def test_all_samples_fit_in_the_time_that_they_are_of(events: list[tuple[float, int]]) -> None:
    timing, now_s, seq = FrameTiming(), 0.0, 0
    samples: list[Sample] = []
    for later_s, kind in events:
        now_s += later_s
        if kind == 0:
            seq += 1
            timing.input_sent(seq, now_s)
        elif kind == 1:
            samples += timing.picture(picture(seq, now_s))
        elif kind == 2:
            samples += timing.described(seq, seq)
        else:
            timing.moving(seq % 2 == 0, now_s)
    samples += timing.finish(now_s)
    assert all(sample.ms is not None and 0.0 <= sample.ms <= now_s * 1e3 + 1e-6 for sample in samples)
    assert sum(of(samples, What.FRAME_GAP)) <= now_s * 1e3 + 1e-3 * len(samples) + 1e-6
    assert timing.tally.moving_s <= now_s + 1e-9
