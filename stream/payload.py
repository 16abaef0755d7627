"""From a coded picture to the payloads of its RTP packets."""

from __future__ import annotations

from collections.abc import Callable

from stream.encoder import AccessUnit
from stream.h264_payload import h264_payloads
from stream.video_codec import VideoCodec

Packetise = Callable[[AccessUnit], list[bytes]]
"""The payloads in order; the last one's packet gets the marker."""


def packetiser(codec: VideoCodec) -> Packetise:
    """The packetiser of a codec, for one stream."""
    if codec is VideoCodec.H264:
        return h264_payloads
    raise NotImplementedError(f"no packetiser for {codec}")
