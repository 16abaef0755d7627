"""What is at a point of the picture: for taps, and for editors who place things there."""

from __future__ import annotations

import math

from control.showroom.hosted_scene import HostedScene
from control.visits.shown_frames import Sight
from control.wire import Locate, Located
from edge_render.package import ModelScene
from edge_render.picking import Hit

FLOOR_TOLERANCE_M = 0.15
FLOOR_NORMAL_Y_MIN = 0.7


def is_floor(scene: HostedScene, hit: Hit) -> bool:
    """Whether one can stand there, as far as height and slope say it."""
    if not isinstance(scene.spec, ModelScene):
        return False
    return abs(hit.point[1] - scene.spec.walkable.floor_y) <= FLOOR_TOLERANCE_M and hit.normal[1] >= FLOOR_NORMAL_Y_MIN


def located(scene: HostedScene, sight: Sight, locate: Locate) -> Located:
    """What lies there. Takes up to some milliseconds; any thread may ask."""
    ray = sight.ray(locate.x, locate.y)
    x, y, z = ray.direction
    hotspot = scene.picker.pick(ray)
    surface = scene.picker.surface(ray)
    return Located(
        id=locate.id,
        scene=scene.name,
        direction=ray.direction,
        yaw=math.atan2(-x, -z),
        pitch=math.asin(min(1.0, max(-1.0, y))),
        point=None if surface is None else surface.point,
        normal=None if surface is None else surface.normal,
        node=None if surface is None else surface.node,
        floor=surface is not None and is_floor(scene, surface),
        hotspot=None if hotspot is None else hotspot.hotspot,
    )
