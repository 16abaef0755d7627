"""Which reason counts, and for how long."""

from __future__ import annotations

import pytest

from stream.webrtc.quality_limitation import REFUSED_MIN, QualityLimitation


def test_nothing_limits_at_first_and_a_single_late_picture_is_no_limit() -> None:
    limitation = QualityLimitation(10.0)
    limitation.on_refused("cpu", 10.5)
    assert limitation.reason(10.5) == "none"


def test_an_encoder_that_is_too_slow_is_the_processors_limit_until_it_keeps_up() -> None:
    limitation = QualityLimitation(0.0)
    for index in range(REFUSED_MIN):
        limitation.on_refused("cpu", 1.0 + index / 10)
    assert limitation.reason(1.5) == "cpu"
    assert limitation.reason(9.0) == "none"


def test_smaller_pictures_are_the_links_limit_whatever_the_processor_does() -> None:
    limitation = QualityLimitation(0.0)
    limitation.on_plan(True, 1.0)
    for _ in range(REFUSED_MIN):
        limitation.on_refused("cpu", 1.1)
    assert limitation.reason(1.1) == "bandwidth"
    limitation.on_plan(False, 4.0)
    assert limitation.durations(6.0) == pytest.approx({"none": 3.0, "cpu": 0.0, "bandwidth": 3.0, "other": 0.0})


def test_a_link_that_takes_no_pictures_is_the_limit_although_they_are_large() -> None:
    limitation = QualityLimitation(0.0)
    for _ in range(REFUSED_MIN):
        limitation.on_refused("bandwidth", 0.5)
    assert limitation.reason(0.6) == "bandwidth"
