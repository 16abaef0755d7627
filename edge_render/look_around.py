"""Scenes that are seen from one point alone, such as panoramas: what the manifest says of them.

A direction is a yaw and a pitch: yaw 0 is the middle of the picture and positive to the left, pitch is positive
upwards. In world space that is as in edge_render.pose: the middle of the picture lies along -Z. The eye is the origin.
"""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from edge_render.manifest import Action, ManifestModel, Name, SceneAudio, Text
from edge_render.pose import Pose, Vec3

Yaw = Annotated[float, Field(ge=-360, le=360)]

ZOOM_MAX = 4.0
EYE: Vec3 = (0.0, 0.0, 0.0)


class EntryView(ManifestModel):
    """Where a visitor looks who enters."""

    name: Name
    yaw_deg: Yaw = 0.0
    pitch_deg: Annotated[float, Field(ge=-89, le=89)] = 0.0

    def pose(self) -> Pose:
        return Pose.from_yaw_pitch(EYE, math.radians(self.yaw_deg), math.radians(self.pitch_deg))


class AngleHotspot(ManifestModel):
    """A part of the picture that acts when tapped: all within ``radius_deg`` of a direction."""

    id: Name
    yaw_deg: Yaw
    pitch_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0
    radius_deg: Annotated[float, Field(gt=0.0, le=60.0)] = 4.0
    label: Text
    action: Action

    @property
    def direction(self) -> Vec3:
        """Unit vector from the eye, world space."""
        return direction(math.radians(self.yaw_deg), math.radians(self.pitch_deg))


class LookAroundScene(ManifestModel):
    """What all scenes that are seen from one point have in common."""

    entry_views: tuple[EntryView, ...] = Field(default=(EntryView(name="start"),), min_length=1, max_length=64)
    north_yaw_deg: Yaw = 0.0
    """Where north is in the picture: who comes from another scene without an entry view keeps the heading."""
    fov_y_deg: Annotated[float, Field(ge=20, le=120)] = 75.0
    hotspots: tuple[AngleHotspot, ...] = Field(default=(), max_length=500)
    audio: SceneAudio | None = None

    @property
    def fov_y_rad(self) -> float:
        return math.radians(self.fov_y_deg)

    @property
    def zoom_max(self) -> float:
        """How much larger a visitor may see things at most, along a line."""
        return ZOOM_MAX

    @property
    def north_yaw_rad(self) -> float:
        return math.radians(self.north_yaw_deg)

    def entry(self, name: str | None = None) -> EntryView:
        """The entry view of that name, or the first one."""
        return next((entry for entry in self.entry_views if entry.name == name), self.entry_views[0])


class OnePlace:
    """The space of who can look around and not walk. Keeps the contract of control.input.WalkSpace."""

    def move(self, position: Vec3, dx: float, dz: float) -> Vec3:
        """There is nowhere to go."""
        return position

    def free_point(self, x: float, z: float) -> Vec3 | None:
        """The one place there is."""
        return EYE


def direction(yaw_rad: float, pitch_rad: float) -> Vec3:
    """Unit vector to where somebody with that yaw and pitch looks, world space."""
    cos_pitch = math.cos(pitch_rad)
    return -math.sin(yaw_rad) * cos_pitch, math.sin(pitch_rad), -math.cos(yaw_rad) * cos_pitch
