"""Opus (RFC 6716) as WebRTC carries it (RFC 7587): 48 kHz, stereo, 20 ms a packet, through PyAV's libopus."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from stream.errors import AudioError

MIME_TYPE: Final = "audio/opus"
SAMPLE_RATE_HZ: Final = 48_000
PACKET_SAMPLES: Final = 960
PACKET_NS: Final = 20_000_000
BIT_RATE_BPS: Final = 96_000
EXPECTED_LOSS_PERCENT: Final = 5
"""What in-band error correction (RFC 6716, section 2.1.7) is laid out for; a shared packet can't suit each link."""

Samples = NDArray[np.float32]
"""(n, 2): left and right, -1..1, 48 kHz."""


def scaled(samples: Samples, volume: float) -> Samples:
    """Louder or softer by a factor; what is too loud is cut off."""
    louder: Samples = np.clip(np.nan_to_num(samples) * np.float32(volume), -1.0, 1.0)
    return louder


@dataclass(frozen=True, slots=True)
class OpusTrack:
    """A whole sound, coded once and heard by any number of visitors; ``loop`` goes on from the first packet."""

    packets: tuple[bytes, ...] = field(repr=False)
    loop: bool

    @property
    def duration_s(self) -> float:
        return len(self.packets) * PACKET_SAMPLES / SAMPLE_RATE_HZ


class OpusEncoder:
    """Codes one sound, block by block; used by one thread at a time."""

    LOOKAHEAD_SAMPLES: Final = 312
    """The sound of a packet is that much older than the block that was given for it."""

    def __init__(self) -> None:
        """Raises AudioError where libopus is not there."""
        try:
            codec = av.CodecContext.create("libopus", "w")
            codec.bit_rate = BIT_RATE_BPS
            codec.format = "flt"
            codec.layout = "stereo"
            codec.sample_rate = SAMPLE_RATE_HZ
            codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
            codec.options = {"application": "audio", "fec": "1", "packet_loss": str(EXPECTED_LOSS_PERCENT)}
            codec.open()
        except (av.FFmpegError, ValueError) as error:
            raise AudioError(f"Opus can't be coded here: {error}") from error
        self._codec = codec
        self._position = 0

    def encode(self, block: Samples) -> bytes:
        """One packet from PACKET_SAMPLES samples. Raises AudioError."""
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block, np.float32).reshape(1, -1), format="flt", layout="stereo"
        )
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts, self._position = self._position, self._position + PACKET_SAMPLES
        try:
            (packet,) = self._codec.encode(frame)
        except (av.FFmpegError, ValueError) as error:
            raise AudioError(f"Opus can't be coded: {error}") from error
        return bytes(packet)
