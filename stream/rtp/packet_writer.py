"""Writes RTP packets. aiortc's RtpPacket packs each header extension by itself; here, what never changes is kept."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

PLAYOUT_DELAY: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
ONE_BYTE_ID_MAX: Final = 14
ONE_BYTE_DATA_MAX: Final = 16
_ONE_BYTE_PROFILE: Final = 0xBEDE


class PacketWriter:
    """RTP packets of one video stream (RFC 3550, section 5.1; one-byte header extensions, RFC 8285, section 4.2)."""

    def __init__(self, by_uri: Mapping[str, int], mid: str | None, *, at_once: bool = True) -> None:
        """``by_uri`` has the numbers of the negotiated extensions. ``at_once`` asks the receiver to show each picture
        as soon as it can, even where that is out of time with the sound of the same media stream."""
        fixed = b""
        text = (mid or "").encode()
        if text and MID in by_uri and len(text) <= ONE_BYTE_DATA_MAX:  # else the receiver goes by SSRC
            fixed += bytes([by_uri[MID] << 4 | len(text) - 1]) + text
        if at_once and PLAYOUT_DELAY in by_uri:
            fixed += bytes([by_uri[PLAYOUT_DELAY] << 4 | 2, 0, 0, 0])
        self._send_time_id = by_uri.get(ABS_SEND_TIME)
        self._sequence_id = by_uri.get(TRANSPORT_CC)
        length = len(fixed) + 4 * (self._send_time_id is not None) + 3 * (self._sequence_id is not None)
        padding = -length % 4
        self._fixed = fixed + bytes(padding)
        self._words = (length + padding) // 4

    def write(
        self,
        payload_type: int,
        marker: bool,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        ntp_time: int,
        transport_sequence: int,
    ) -> bytes:
        """One packet. ``ntp_time`` is the 64-bit NTP time at which it leaves."""
        header = struct.pack(
            "!BBHLL", 0x90 if self._words else 0x80, marker << 7 | payload_type, sequence, timestamp, ssrc
        )
        if not self._words:
            return header + payload
        extensions = struct.pack("!HH", _ONE_BYTE_PROFILE, self._words) + self._fixed
        if self._send_time_id is not None:
            extensions += struct.pack("!L", (self._send_time_id << 4 | 2) << 24 | ntp_time >> 14 & 0xFFFFFF)
        if self._sequence_id is not None:
            extensions += struct.pack("!BH", self._sequence_id << 4 | 1, transport_sequence)
        return header + extensions + payload
