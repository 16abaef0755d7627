"""Whether a video file of a package can be shown: what publishing and opening a package ask."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import av

from edge_render.errors import VideoError
from edge_render.video.decoded import to_picture
from edge_render.video.opening import open_source, plan_for, reason_of

PACKETS_MAX: Final = 300
"""So many packets are looked at for a first picture."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Of the first picture, and what the file says of itself."""

    width: int
    height: int
    codec: str
    sound: bool
    duration_s: float | None


def check_file(path: Path) -> VideoFacts:
    """Open a file and decode its first picture: for a worker thread. Raises VideoError, without the file's name."""
    plan = plan_for(path)
    with open_source(path, plan) as container:
        stream = container.streams.video[0]
        duration_s = None if container.duration is None else container.duration / av.time_base
        try:
            for packet in islice(container.demux(stream), PACKETS_MAX):
                for frame in packet.decode():
                    height, width = to_picture(frame, 1, 0).luma.shape
                    sound = bool(container.streams.audio)
                    return VideoFacts(width, height, stream.codec_context.name, sound, duration_s)
        except (av.FFmpegError, ValueError) as error:
            raise VideoError(f"can't be decoded as {stream.codec_context.name}: {reason_of(error)}") from None
    raise VideoError("has no picture that can be decoded")
