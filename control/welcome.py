"""What a visitor is told of a scene when they come into it."""

from __future__ import annotations

from typing import Any

from control.input import Place
from control.showroom_host import HostedScene, ShowroomHost
from control.wire import HotspotInfo, Leader, SoundInfo, Welcome
from edge_render.look_around import AngleHotspot
from edge_render.manifest import OpenCard
from edge_render.package import Hotspot
from edge_render.pose import Vec3


def welcome(
    visit_id: str, host: ShowroomHost, scene: HostedScene, place: Place, follows: Leader | None = None
) -> Welcome:
    """The message; ``follows`` for who follows somebody else's picture."""
    return Welcome(
        visit=visit_id,
        title=host.title,
        scene=scene.name,
        position=place.position,
        yaw=place.yaw_rad,
        pitch=place.pitch_rad,
        hotspots=[_hotspot_info(hotspot) for hotspot in scene.spec.hotspots],
        audio=_sound_info(scene),
        follows=follows,
    )


def _sound_info(scene: HostedScene) -> SoundInfo | None:
    if scene.sound is None and not scene.narrations:
        return None
    title = None if scene.sound is None else scene.sound.title
    return SoundInfo(title=None if title is None else title.model_dump())


LABEL_DISTANCE_M = 5.0
"""Where the page is told that hotspots by angles are: nobody knows, and the label only needs the direction."""


def _hotspot_info(hotspot: Hotspot | AngleHotspot) -> HotspotInfo:
    card: dict[str, Any] | None = None
    if isinstance(hotspot.action, OpenCard):
        card = hotspot.action.model_dump(mode="json", exclude={"type", "audio"}, exclude_none=True)
    return HotspotInfo(id=hotspot.id, position=_position(hotspot), label=hotspot.label.model_dump(), card=card)


def _position(hotspot: Hotspot | AngleHotspot) -> Vec3:
    if isinstance(hotspot, Hotspot):
        return hotspot.position
    x, y, z = hotspot.direction
    return x * LABEL_DISTANCE_M, y * LABEL_DISTANCE_M, z * LABEL_DISTANCE_M
