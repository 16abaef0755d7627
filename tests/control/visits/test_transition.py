"""From one scene to the next: where one arrives, and what is seen meanwhile."""

from __future__ import annotations

import math
from typing import cast

import pytest

from control.input import Place
from control.showroom.hosted_scene import HostedScene
from control.visits.entry import arrival
from control.visits.transition import Transition
from edge_render.angle_picking import AnglePicker
from edge_render.look_around import EYE, OnePlace
from edge_render.package import AnyScene, ModelScene
from edge_render.panorama.spec import PanoramaScene
from edge_render.renderer import Fade, SceneHandle

OLD = SceneHandle(7)


def hosted(spec: AnyScene) -> HostedScene:
    return HostedScene("scene", spec, OLD, AnglePicker(()), OnePlace(), None, {})


def panorama(north_yaw_deg: float = 0.0) -> HostedScene:
    views = [{"name": "first", "yawDeg": 5}, {"name": "door", "yawDeg": 90}]
    values = {"type": "panorama", "image": "a.jpg", "northYawDeg": north_yaw_deg, "entryViews": views}
    return hosted(PanoramaScene.model_validate(values))


def model() -> HostedScene:
    walkable = {"min": [-1, -1], "max": [1, 1]}
    entries = [{"name": "door", "position": [0, 1.6, 0], "yawDeg": 10}]
    values = {"type": "model", "model": "a.glb", "walkable": walkable, "entryPoses": entries}
    return hosted(ModelScene.model_validate(values))


def test_the_heading_is_kept_between_panoramas_whichever_way_their_cameras_were_turned() -> None:
    left = Place(EYE, math.radians(50), 0.2)
    place = arrival(panorama(north_yaw_deg=-30), None, panorama(north_yaw_deg=20), left)
    assert (place.yaw_rad, place.pitch_rad) == pytest.approx((0.0, 0.2))


def test_an_entry_view_that_is_named_decides() -> None:
    place = arrival(panorama(), "door", panorama(), Place(EYE, 1.0, 0.2))
    assert (place.yaw_rad, place.pitch_rad) == pytest.approx((math.pi / 2, 0.0))


@pytest.mark.parametrize(("there", "before"), [(panorama(), model()), (model(), panorama()), (model(), model())])
def test_from_and_to_models_the_entry_decides(there: HostedScene, before: HostedScene) -> None:
    place = arrival(there, None, before, Place((3.0, 1.6, 3.0), 1.0, 0.2))
    assert place.yaw_rad == pytest.approx(there.spec.entry().pose().yaw_pitch()[0])


def transition() -> Transition:
    return Transition(OLD, Place((1.0, 1.6, 2.0), 0.5, 0.0), 1.1, Place(EYE, 2.0, 0.1), 100.0, 0.4)


def test_the_new_picture_comes_evenly_over_the_old_one() -> None:
    arrived = transition().arrived
    fades = [transition().fade(arrived, 100.0 + passed_s) for passed_s in (0.0, 0.1, 0.3)]
    assert [cast("Fade", fade).share for fade in fades] == pytest.approx([0.0, 0.25, 0.75])
    assert fades[0] is not None
    assert (fades[0].handle, fades[0].fov_y_rad, fades[0].pose.position) == (OLD, 1.1, (1.0, 1.6, 2.0))
    assert fades[0].pose.yaw_pitch() == pytest.approx((0.5, 0.0))


def test_after_its_time_it_is_over() -> None:
    assert transition().over(100.4)
    assert not transition().over(100.39)
    assert transition().fade(transition().arrived, 100.4) is None


def test_the_old_picture_turns_with_the_visitor() -> None:
    fade = transition().fade(Place(EYE, 2.3, 0.3), 100.1)
    assert fade is not None
    assert fade.pose.yaw_pitch() == pytest.approx((0.8, 0.2))
