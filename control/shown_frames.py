"""What the pictures showed that a visitor may still be looking at: a tap means what was under the finger."""

from __future__ import annotations

from collections import OrderedDict

from edge_render.pose import Pose

FRAMES_KEPT = 64
"""About two seconds at 30 fps: a tap that is older than that is taken as one on the newest frame."""


class ShownFrames:
    """The poses of the newest frames, by their RTP timestamps."""

    def __init__(self) -> None:
        self._poses: OrderedDict[int, Pose] = OrderedDict()

    def add(self, rtp_timestamp: int, pose: Pose) -> None:
        """A frame was sent."""
        self._poses[rtp_timestamp] = pose
        if len(self._poses) > FRAMES_KEPT:
            self._poses.popitem(last=False)

    def pose(self, rtp_timestamp: int | None, otherwise: Pose) -> Pose:
        """The pose of a frame; ``otherwise`` where it is not known any more."""
        return otherwise if rtp_timestamp is None else self._poses.get(rtp_timestamp, otherwise)

    def newest(self, otherwise: Pose) -> Pose:
        """The pose of the frame that was sent last; ``otherwise`` where none was."""
        return next(reversed(self._poses.values()), otherwise)

    def clear(self) -> None:
        """Another scene begins."""
        self._poses.clear()
