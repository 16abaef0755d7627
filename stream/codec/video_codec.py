"""The video codecs that a visit may use."""

from __future__ import annotations

from enum import StrEnum


class VideoCodec(StrEnum):
    """By the names of the command line; ``mime_type`` is how SDP and the WebRTC statistics name them."""

    H264 = "h264"
    VP8 = "vp8"
    VP9 = "vp9"
    AV1 = "av1"

    @property
    def mime_type(self) -> str:
        """The media type as registered (RFC 6184, RFC 7741, RFC 9628; AV1 by AOMedia)."""
        return f"video/{self.name}"
