"""What the pictures showed that a visitor may still be looking at: a tap means what was under the finger."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from edge_render.frame import Frame
from edge_render.pose import Pose, Ray, ray_through

FRAMES_KEPT = 64
"""About two seconds at 30 fps: a tap that is older than that is taken as one on the newest frame."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a picture shows: from where, how much from top to bottom, and its width by its height."""

    pose: Pose
    fov_y_rad: float
    aspect: float

    @classmethod
    def of(cls, frame: Frame) -> Sight:
        return cls(frame.pose, frame.fov_y_rad, frame.width / frame.height)

    def ray(self, x: float, y: float) -> Ray:
        """Through a point of the picture, 0..1 from its top left."""
        return ray_through(self.pose, self.fov_y_rad, self.aspect, x, y)


class ShownFrames:
    """What the newest frames show, by their RTP timestamps."""

    def __init__(self) -> None:
        self._sights: OrderedDict[int, Sight] = OrderedDict()

    def add(self, rtp_timestamp: int, frame: Frame) -> None:
        """A frame was sent."""
        self._sights[rtp_timestamp] = Sight.of(frame)
        if len(self._sights) > FRAMES_KEPT:
            self._sights.popitem(last=False)

    def sight(self, rtp_timestamp: int | None) -> Sight | None:
        """What a frame shows, or the newest one where it is not known any more; None where there is none."""
        newest = next(reversed(self._sights.values()), None)
        return newest if rtp_timestamp is None else self._sights.get(rtp_timestamp, newest)

    def clear(self) -> None:
        """Another scene begins."""
        self._sights.clear()
