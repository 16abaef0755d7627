"""What a visitor is told of a scene when they come into it."""

from __future__ import annotations

from typing import Any

from control.input import Place
from control.showroom.hosted_scene import HostedScene
from control.showroom.showroom_host import ShowroomHost
from control.wire import Editor, HotspotInfo, Leader, SoundInfo, Welcome
from edge_render.look_around import AngleHotspot
from edge_render.manifest import OpenCard
from edge_render.package import Hotspot, ModelScene


def welcome(
    visit_id: str,
    host: ShowroomHost,
    scene: HostedScene,
    place: Place,
    *,
    arrivals: int = 0,
    follows: Leader | None = None,
    editor: Editor | None = None,
) -> Welcome:
    """The message; ``arrivals``, see Whereabouts; ``follows`` for who follows somebody else's picture."""
    return Welcome(
        visit=visit_id,
        showroom=host.showroom,
        title=host.title,
        scene=scene.name,
        arrivals=arrivals,
        position=place.position,
        yaw=place.yaw_rad,
        pitch=place.pitch_rad,
        hotspots=[_hotspot_info(hotspot) for hotspot in scene.spec.hotspots],
        walk=isinstance(scene.spec, ModelScene),
        zoom_max=scene.spec.zoom_max,
        audio=_sound_info(scene),
        follows=follows,
        editor=editor,
    )


def _sound_info(scene: HostedScene) -> SoundInfo | None:
    if scene.sound is None and not scene.narrations:
        return None
    title = None if scene.sound is None else scene.sound.title
    return SoundInfo(title=None if title is None else title.model_dump())


def _hotspot_info(hotspot: Hotspot | AngleHotspot) -> HotspotInfo:
    card: dict[str, Any] | None = None
    if isinstance(hotspot.action, OpenCard):
        card = hotspot.action.model_dump(mode="json", exclude={"type", "audio"}, exclude_none=True)
    label = hotspot.label.model_dump()
    if isinstance(hotspot, Hotspot):
        return HotspotInfo(id=hotspot.id, position=hotspot.position, label=label, card=card)
    return HotspotInfo(id=hotspot.id, direction=hotspot.direction, label=label, card=card)
