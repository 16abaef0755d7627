"""Where a visitor enters: at an entry pose, or where a lost connection left off."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from control.content.edge_api import DeviceClass, Language
from control.input import Place
from control.showroom.hosted_scene import HostedScene
from control.visits.picture_size import fit
from edge_render.look_around import LookAroundScene
from stream.codec.video_codec import VideoCodec

Coordinate = Annotated[float, Field(ge=-10_000.0, le=10_000.0)]


def _known_codec(name: object) -> object:
    """A link may name a codec that only a later version knows: it is a wish, so it is passed over."""
    return name if name in list(VideoCodec) else None


def _known_device(name: object) -> object:
    """As above: what is not known is another one."""
    return name if name in get_args(DeviceClass) else "other"


def _known_language(name: object) -> object:
    return name if name in get_args(Language) else "other"


class Entry(BaseModel):
    """The query of ``POST /whep``; all of it may be left out. Metres, radians, device pixels."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    showroom: Annotated[str, Field(max_length=64)] | None = None
    """Its name at this site; without one, the first that is shown."""
    scene: Annotated[str, Field(max_length=64)] | None = None
    entry: Annotated[str, Field(max_length=64)] | None = None
    x: Coordinate | None = None
    z: Coordinate | None = None
    yaw: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    pitch: Annotated[float, Field(ge=-1.6, le=1.6)] | None = None
    guide: Annotated[str, Field(max_length=40)] | None = None
    """Lead a guided visit: ``new``, or the code of the one that was led when the connection was lost."""
    key: Annotated[str, Field(max_length=64)] = ""
    """That the visitor is who led it."""
    name: Annotated[str, Field(max_length=40)] | None = None
    """Who leads it, for the followers to read."""
    follow: Annotated[str, Field(max_length=40)] | None = None
    """The code of the guided visit to follow; where one enters is the presenter's choice then."""
    width: Annotated[int, Field(ge=16, le=8192)] = 1280
    height: Annotated[int, Field(ge=16, le=8192)] = 720
    codec: Annotated[VideoCodec | None, BeforeValidator(_known_codec)] = None
    """The one that the visitor would like best."""
    device: Annotated[DeviceClass, BeforeValidator(_known_device)] = "other"
    language: Annotated[Language, BeforeValidator(_known_language)] = "other"
    """Which the page speaks; both are only counted."""

    @property
    def goes_on(self) -> bool:
        """After a lost connection: nobody else knows a place to come back to."""
        return self.x is not None and self.z is not None

    def size(self, max_width: int, max_height: int) -> tuple[int, int]:
        """The stream's picture size in pixels."""
        return fit(self.width, self.height, max_width, max_height)

    def place(self, scene: HostedScene) -> Place:
        """The place in the scene, always one where a visitor can stand."""
        place = entry_place(scene, self.entry)
        if self.x is not None and self.z is not None and (point := scene.space.free_point(self.x, self.z)):
            yaw = place.yaw_rad if self.yaw is None else self.yaw
            pitch = place.pitch_rad if self.pitch is None else self.pitch
            place = Place(point, yaw, pitch)
        return place


def arrival(scene: HostedScene, entry: str | None, before: HostedScene, left: Place) -> Place:
    """The place of who comes from a place in another scene. Where one can only look around in both, and no entry view
    is named, the heading is kept."""
    there = entry_place(scene, entry)
    if entry is not None or not (isinstance(scene.spec, LookAroundScene) and isinstance(before.spec, LookAroundScene)):
        return there
    heading_rad = left.yaw_rad - before.spec.north_yaw_rad
    return Place(there.position, heading_rad + scene.spec.north_yaw_rad, left.pitch_rad)


def entry_place(scene: HostedScene, name: str | None = None) -> Place:
    """The place of an entry pose; the first one where no name is given."""
    pose = scene.spec.entry(name).pose()
    yaw_rad, pitch_rad = pose.yaw_pitch()
    return Place(pose.position, yaw_rad, pitch_rad)
