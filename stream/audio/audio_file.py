"""A sound file, decoded by libav and coded as Opus, in memory that grows by its packets alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final

import av
import numpy as np

from stream.audio.opus import PACKET_SAMPLES, SAMPLE_RATE_HZ, OpusEncoder, OpusTrack, Samples, scaled
from stream.errors import AudioError

CONTAINERS: Final = {
    ".ogg": "ogg",
    ".oga": "ogg",
    ".opus": "ogg",
    ".mp3": "mp3",
    ".wav": "wav",
    ".m4a": "mov",
    ".flac": "flac",
}
"""libav's demuxer by file suffix. It is not left to guess: some of what it knows reads other files or addresses."""
DURATION_MAX_S: Final = 30 * 60
DURATION_MIN_S: Final = 0.1
TAIL_SAMPLES: Final = 50 * PACKET_SAMPLES
"""One second at the end of a loop: joined to the beginning, and coded ahead of it."""
SEAM_FADE_SAMPLES: Final = 5 * PACKET_SAMPLES
PART_PACKETS: Final = 250


@dataclass(frozen=True, slots=True, eq=False)
class SoundFile:
    """A file that was decoded once from beginning to end, so is known to be sound, and how long it is."""

    path: Path
    length: int
    """Samples at 48 kHz."""
    tail: Samples = field(repr=False)
    """The last of them, at most TAIL_SAMPLES."""

    @classmethod
    def check(cls, path: Path) -> SoundFile:
        """Decode a file: for a worker thread. Raises AudioError, without the file's name, where it is no sound or is
        too long or too short."""
        length, kept = 0, 0
        pieces: deque[Samples] = deque()
        for piece in read_samples(path):
            length += len(piece)
            if length > DURATION_MAX_S * SAMPLE_RATE_HZ:
                raise AudioError(f"is longer than {DURATION_MAX_S // 60} minutes")
            pieces.append(piece)
            kept += len(piece)
            while kept - len(pieces[0]) >= TAIL_SAMPLES:
                kept -= len(pieces.popleft())
        if length < DURATION_MIN_S * SAMPLE_RATE_HZ:
            raise AudioError(f"is shorter than {DURATION_MIN_S} seconds")
        return cls(path, length, np.concatenate(pieces)[-TAIL_SAMPLES:])

    def packets(self, *, loop: bool, volume: float) -> Iterator[bytes]:
        """Code it; ``volume`` is a factor. Raises AudioError."""
        encoder = OpusEncoder()
        if loop:
            end = _seam(self.tail, self.length % PACKET_SAMPLES)
            body = _first(read_samples(self.path), self.length - len(self.tail))
            # The encoder comes to the first packet from the end of the loop, as the listener's decoder does.
            lead = len(end) // PACKET_SAMPLES
            blocks = _blocks(chain([end[len(end) - lead * PACKET_SAMPLES :]], body, [end]), volume)
        else:
            lead = 0
            rest = np.zeros((PACKET_SAMPLES, 2), np.float32)  # pushes the encoder's lookahead out
            blocks = _blocks(chain(read_samples(self.path), [rest]), volume)
        return islice(map(encoder.encode, blocks), lead, None)


async def code_track(file: SoundFile, *, loop: bool, volume: float) -> OpusTrack:
    """Code a file beside the event loop, a part at a time: it may be cancelled in between. On a busy core, a minute of
    sound takes two seconds. Raises AudioError."""
    coding = file.packets(loop=loop, volume=volume)
    packets: list[bytes] = []
    while part := await asyncio.to_thread(lambda: list(islice(coding, PART_PACKETS))):
        packets += part
    return OpusTrack(tuple(packets), loop)


def read_samples(path: Path) -> Iterator[Samples]:
    """The samples of a file, piece by piece. Raises AudioError."""
    try:
        container = CONTAINERS[path.suffix.lower()]
    except KeyError:
        raise AudioError(f"must be one of {', '.join(CONTAINERS)}") from None
    try:
        with av.open(str(path), format=container, options={"protocol_whitelist": "file"}) as source:
            if not source.streams.audio:
                raise AudioError("there is no sound in it")
            resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE_HZ)
            for frame in chain(source.decode(source.streams.audio[0]), [None]):
                for piece in resampler.resample(frame):
                    yield piece.to_ndarray().reshape(-1, 2).astype(np.float32, copy=False)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        reason = error.strerror if isinstance(error, av.FFmpegError) else error
        raise AudioError(f"can't be decoded as {container}: {reason}") from error


def _seam(tail: Samples, excess: int) -> Samples:
    """The end of a loop without ``excess`` samples, as packets have one length: it is faded over to itself, shifted
    by as many, so that the last sample is still followed by the first."""
    if not excess:
        return tail
    kept = tail[: len(tail) - excess].copy()
    fade = min(SEAM_FADE_SAMPLES, len(kept))
    weight = np.linspace(0.0, 1.0, fade, dtype=np.float32)[:, np.newaxis]
    kept[-fade:] = (1.0 - weight) * kept[-fade:] + weight * tail[-fade:]
    return kept


def _first(pieces: Iterable[Samples], count: int) -> Iterator[Samples]:
    """The first samples of all."""
    for piece in pieces:
        if count <= 0:
            return
        yield piece[:count]
        count -= len(piece)


def _blocks(pieces: Iterable[Samples], volume: float) -> Iterator[Samples]:
    """Blocks of one packet; the last one is filled up with silence."""
    waiting = np.zeros((0, 2), np.float32)
    for piece in pieces:
        waiting = np.concatenate([waiting, piece])
        whole = len(waiting) // PACKET_SAMPLES * PACKET_SAMPLES
        for at in range(0, whole, PACKET_SAMPLES):
            yield scaled(waiting[at : at + PACKET_SAMPLES], volume)
        waiting = waiting[whole:]
    if len(waiting):
        yield scaled(np.pad(waiting, ((0, PACKET_SAMPLES - len(waiting)), (0, 0))), volume)
