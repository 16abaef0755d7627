"""A visitor walks in a room of 10 x 10 m; z = -2 is a wall that can't be passed."""

from __future__ import annotations

import math

import pytest

from control.input import Navigator, Place
from control.input.navigation import LONGEST_STEP_S
from edge_render.pose import PITCH_LIMIT_RAD, Vec3


class Room:
    """A WalkSpace with one wall."""

    def move(self, position: Vec3, dx: float, dz: float) -> Vec3:
        x, y, z = position
        return (x + dx, y, max(-2.0, z + dz))

    def free_point(self, x: float, z: float) -> Vec3 | None:
        return (x, 1.6, z) if abs(x) <= 5 and -2 <= z <= 5 else None


def _navigator() -> Navigator:
    return Navigator(Place((0.0, 1.6, 0.0), 0.0, 0.0), Room(), speed_m_s=2.0, now_s=0.0)


def _walk(navigator: Navigator, seconds: float) -> None:
    start_s = navigator._at_s
    steps = round(seconds * 50)
    for step in range(1, steps + 1):
        navigator.advance(start_s + step * 0.02)


def test_forward_is_where_the_visitor_looks() -> None:
    navigator = _navigator()
    navigator.steer(yaw_rad=math.pi / 2, pitch_rad=0.0, right=0.0, forward=1.0, now_s=0.0)
    _walk(navigator, 1.0)
    assert navigator.place.position == pytest.approx((-2.0, 1.6, 0.0)), "yaw 90 degrees looks along -X"


def test_looking_up_does_not_slow_walking_down() -> None:
    navigator = _navigator()
    navigator.steer(0.0, 1.2, 1.0, 0.0, 0.0)
    _walk(navigator, 0.5)
    assert navigator.place.position == pytest.approx((1.0, 1.6, 0.0))


def test_a_diagonal_stick_is_not_faster() -> None:
    navigator = _navigator()
    navigator.steer(0.0, 0.0, 1.0, -1.0, 0.0)
    _walk(navigator, 1.0)
    x, _, z = navigator.place.position
    assert math.hypot(x, z) == pytest.approx(2.0)


def test_a_wall_stops_the_visitor() -> None:
    navigator = _navigator()
    navigator.steer(0.0, 0.0, 0.0, 1.0, 0.0)
    _walk(navigator, 5.0)
    assert navigator.place.position[2] == -2.0


def test_a_stalled_server_does_not_make_the_visitor_leap() -> None:
    navigator = _navigator()
    navigator.steer(0.0, 0.0, 1.0, 0.0, 0.0)
    navigator.advance(60.0)
    assert navigator.place.position[0] == pytest.approx(2.0 * LONGEST_STEP_S)


def test_pitch_stops_short_of_straight_up() -> None:
    navigator = _navigator()
    navigator.steer(0.0, 1.57, 0.0, 0.0, 0.0)
    assert navigator.place.pitch_rad == PITCH_LIMIT_RAD


def test_teleport_refuses_places_where_nobody_can_stand() -> None:
    navigator = _navigator()
    assert navigator.teleport(3.0, 1.0)
    assert navigator.place.position == (3.0, 1.6, 1.0)
    assert not navigator.teleport(99.0, 0.0)
    assert navigator.place.position == (3.0, 1.6, 1.0)
