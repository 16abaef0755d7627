"""From input state to the camera: look, walk with collision, teleport. Pure; time is an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from edge_render.pose import Pose, Vec3, limited_pitch

LONGEST_STEP_S = 0.1
"""A stalled loop must not become a leap through the room."""


class WalkSpace(Protocol):
    """Where a visitor can stand; edge_render.walk_space is one."""

    def move(self, position: Vec3, dx: float, dz: float) -> Vec3:
        """Walk a step, sliding along what is in the way."""
        ...

    def free_point(self, x: float, z: float) -> Vec3 | None:
        """The eye position at the nearest free place, None where there is none close by."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visitor is: eye position in metres, yaw and pitch in radians (see edge_render.pose)."""

    position: Vec3
    yaw_rad: float
    pitch_rad: float

    def pose(self) -> Pose:
        return Pose.from_yaw_pitch(self.position, self.yaw_rad, self.pitch_rad)


class Navigator:
    """Owns the place of one visitor. Yaw and pitch follow the visitor; the position is ours."""

    def __init__(self, place: Place, space: WalkSpace, speed_m_s: float, now_s: float) -> None:
        self.place = place
        self._space = space
        self._speed_m_s = speed_m_s
        self._right = 0.0
        self._forward = 0.0
        self._at_s = now_s

    @property
    def walking(self) -> bool:
        return self._right != 0.0 or self._forward != 0.0

    def steer(self, yaw_rad: float, pitch_rad: float, right: float, forward: float, now_s: float) -> None:
        """Take the visitor's newest input; what was walked until now is walked first."""
        self.advance(now_s)
        self.place = Place(self.place.position, yaw_rad, limited_pitch(pitch_rad))
        self._right, self._forward = right, forward

    def advance(self, now_s: float) -> None:
        """Walk from the last call to now."""
        seconds = min(LONGEST_STEP_S, max(0.0, now_s - self._at_s))
        self._at_s = now_s
        length = math.hypot(self._right, self._forward)
        if length == 0.0 or seconds == 0.0:
            return
        metres = self._speed_m_s * seconds * min(1.0, length) / length
        sin, cos = math.sin(self.place.yaw_rad), math.cos(self.place.yaw_rad)
        dx = (self._right * cos - self._forward * sin) * metres
        dz = (-self._right * sin - self._forward * cos) * metres
        self.place = Place(self._space.move(self.place.position, dx, dz), self.place.yaw_rad, self.place.pitch_rad)

    def teleport(self, x: float, z: float) -> bool:
        """Stand at that floor point, or as near as one can; False where one can't."""
        position = self._space.free_point(x, z)
        if position is None:
            return False
        self.place = Place(position, self.place.yaw_rad, self.place.pitch_rad)
        return True
