"""Scenes that are seen from one point: what the manifest may say of them, and what a tap means."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_render.angle_picking import AnglePicker
from edge_render.look_around import EYE, AngleHotspot, direction
from edge_render.panorama.spec import PanoramaScene
from edge_render.pose import Pose, Ray, ray_through

LABEL = {"en": "Door", "zh": "门"}
TO_HALL = {"type": "scene", "scene": "hall"}


def hotspot(name: str, yaw_deg: float, pitch_deg: float = 0.0, radius_deg: float = 4.0) -> AngleHotspot:
    values = {"id": name, "yawDeg": yaw_deg, "pitchDeg": pitch_deg, "radiusDeg": radius_deg}
    return AngleHotspot.model_validate({**values, "label": LABEL, "action": TO_HALL})


def ray_to(yaw_deg: float, pitch_deg: float = 0.0) -> Ray:
    return Ray(EYE, direction(math.radians(yaw_deg), math.radians(pitch_deg)))


@given(st.floats(-3.0, 3.0), st.floats(-1.5, 1.5))
def test_a_direction_is_where_a_pose_of_the_same_angles_looks(yaw_rad: float, pitch_rad: float) -> None:
    middle = ray_through(Pose.from_yaw_pitch(EYE, yaw_rad, pitch_rad), 1.0, 1.5, 0.5, 0.5)
    assert direction(yaw_rad, pitch_rad) == pytest.approx(middle.direction, abs=1e-9)


def test_a_tap_within_the_radius_hits() -> None:
    picker = AnglePicker([hotspot("door", 90.0, 10.0, radius_deg=5.0)])
    inside, outside = picker.pick(ray_to(90.0, 14.9)), picker.pick(ray_to(90.0, 15.1))
    assert inside is not None
    assert inside.hotspot == "door"
    assert outside is None


def test_a_hotspot_is_hit_across_the_seam_of_the_picture() -> None:
    hit = AnglePicker([hotspot("door", 179.0)]).pick(ray_to(-179.0))
    assert hit is not None


def test_the_small_one_of_two_that_lie_over_each_other_can_be_hit() -> None:
    picker = AnglePicker([hotspot("wall", 0.0, radius_deg=40.0), hotspot("door", 10.0, radius_deg=3.0)])
    on_door, on_wall = picker.pick(ray_to(10.5)), picker.pick(ray_to(-5.0))
    assert on_door is not None
    assert on_door.hotspot == "door"
    assert on_wall is not None
    assert on_wall.hotspot == "wall"


def test_nothing_is_hit_where_there_is_nothing() -> None:
    assert AnglePicker([]).pick(ray_to(0.0)) is None


def panorama(**more: object) -> PanoramaScene:
    return PanoramaScene.model_validate({"type": "panorama", "image": "hall.jpg", **more})


def test_a_picture_alone_is_a_panorama_seen_from_its_middle() -> None:
    scene = panorama()
    assert scene.entry().pose().yaw_pitch() == pytest.approx((0.0, 0.0))


def test_an_entry_view_is_found_by_its_name_and_else_is_the_first() -> None:
    scene = panorama(entryViews=[{"name": "door", "yawDeg": 90}, {"name": "desk", "yawDeg": -90}])
    assert scene.entry("desk").yaw_deg == -90
    assert scene.entry("unknown").name == "door"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("image", "hall.gif", "must be one of"),
        ("image", "../hall.jpg", "inside the package"),
        ("exposure", 2.0, "exposure is for .hdr"),
        ("entryViews", [], "at least 1"),
        ("layout", "stereo", "mono"),
        ("walkable", {}, "not permitted"),
    ],
)
def test_what_is_wrong_is_refused(field: str, value: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        panorama(**{field: value})


def test_a_link_fades_unless_it_cuts() -> None:
    action = hotspot("door", 0.0).action
    assert action.type == "scene"
    assert (action.transition.type, getattr(action.transition, "ms", None)) == ("fade", 400.0)
