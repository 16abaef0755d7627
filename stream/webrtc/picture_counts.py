"""Counts what becomes of one stream's pictures. Pure; seconds of one monotonic clock."""

from __future__ import annotations

from collections import deque

from stream.picture.frame_source import CodedFrame

SECOND_S = 1.0


class PictureCounts:
    """Named after RTCOutboundRtpStreamStats (W3C webrtc-stats); see stream/peer_stats.py."""

    def __init__(self) -> None:
        self._encoded_s: deque[float] = deque()
        self.mime_type = ""
        self.encoder_implementation = ""
        self.frames_encoded = 0
        self.key_frames_encoded = 0
        self.frames_sent = 0
        self.frame_width = 0
        self.frame_height = 0
        self.total_encode_time = 0.0
        self.nack_count = 0
        self.pli_count = 0
        self.fir_count = 0

    def on_encoded(self, coded: CodedFrame) -> None:
        """A picture came from the encoder."""
        self.frames_encoded += 1
        self.key_frames_encoded += coded.unit.key_frame
        self.total_encode_time += (coded.encoded_ns - coded.taken_ns) / 1e9
        self.mime_type = coded.unit.codec.mime_type
        self.encoder_implementation = coded.encoder
        self.frame_width, self.frame_height = coded.frame.width, coded.frame.height
        self._encoded_s.append(coded.encoded_ns / 1e9)
        self._forget(coded.encoded_ns / 1e9)

    def frames_per_second(self, now_s: float) -> float:
        """Pictures encoded in the last second."""
        self._forget(now_s)
        return len(self._encoded_s) / SECOND_S

    def _forget(self, now_s: float) -> None:
        while self._encoded_s and self._encoded_s[0] < now_s - SECOND_S:
            self._encoded_s.popleft()
