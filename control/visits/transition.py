"""How the picture of one scene gives way to that of the next. Pure; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass

from control.input import Place
from edge_render.pose import Pose, limited_pitch
from edge_render.renderer import Fade, SceneHandle


@dataclass(frozen=True, slots=True)
class Transition:
    """A cross-fade from ``left``, the place in the scene with that handle, to where the visitor arrived."""

    handle: SceneHandle
    left: Place
    fov_y_rad: float
    arrived: Place
    began_s: float
    duration_s: float

    def over(self, now_s: float) -> bool:
        return now_s - self.began_s >= self.duration_s

    def fade(self, place: Place, now_s: float) -> Fade | None:
        """What lies over the picture of a visitor who is at ``place`` by now; None once it is over. The old picture
        turns with the new one: if it stood still, two pictures would slide over each other."""
        if self.over(now_s):
            return None
        yaw_rad = self.left.yaw_rad + place.yaw_rad - self.arrived.yaw_rad
        pitch_rad = limited_pitch(self.left.pitch_rad + place.pitch_rad - self.arrived.pitch_rad)
        pose = Pose.from_yaw_pitch(self.left.position, yaw_rad, pitch_rad)
        share = max(0.0, (now_s - self.began_s) / self.duration_s)
        return Fade(self.handle, pose, self.fov_y_rad, share)
