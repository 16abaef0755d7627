"""Where a visitor's sound comes from: Opus packets, each with the instant at which its sound belongs.

Sound is coded once for all visitors. A file is a track of packets, of which each visitor hears another place; a live
source hands its packets, or samples, to a LiveAudio, which passes them to all who listen.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stream.audio.opus import PACKET_NS, PACKET_SAMPLES, SAMPLE_RATE_HZ, OpusEncoder, OpusTrack, Samples

LATE_MAX_NS = 200_000_000
"""A sender that was held up longer than that leaves out what was to be heard meanwhile."""
LIVE_WAITING_MAX = 10
"""Packets of a live source that wait for one listener: 0.2 s, then the oldest goes."""
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """20 ms of Opus. ``present_ns`` (of ``time.monotonic_ns``) is when its first sample belongs: a picture drawn at
    that instant is to be seen when this is heard."""

    data: bytes = field(repr=False)
    present_ns: int


class AudioSource(Protocol):
    """One visitor's sound. All on the event loop; it may begin and end many times."""

    def begin(self, now_ns: int) -> None:
        """The visitor listens from now on."""
        ...

    async def next(self) -> AudioPacket | None:
        """Wait until a packet is due; None at the end of the sound. May be cancelled while it waits."""
        ...

    def end(self) -> None:
        """The visitor does not listen for now."""
        ...


class TrackPlayback:
    """A visitor's place in a track. It stands still while the visitor does not listen, unless ``since_ns`` says when
    the track began for all who hear it together."""

    def __init__(self, track: OpusTrack, since_ns: int | None = None) -> None:
        self._track = track
        self._position = 0
        self._since_ns = since_ns
        self._origin_ns = 0
        """When the first packet was due, had it been played without a break."""

    def begin(self, now_ns: int) -> None:
        """See AudioSource.begin."""
        if self._since_ns is None:
            self._origin_ns = now_ns - self._position * PACKET_NS
        else:
            self._origin_ns = self._since_ns
            self._position = max(0, -(-(now_ns - self._since_ns) // PACKET_NS))

    def due_ns(self) -> int | None:
        """When the next packet is due: on an absolute clock, so that nothing adds up. None at the end."""
        if not self._track.loop and self._position >= len(self._track.packets):
            return None
        return self._origin_ns + self._position * PACKET_NS

    def take(self, now_ns: int) -> AudioPacket | None:
        """The packet that is due now or next."""
        due_ns = self.due_ns()
        if due_ns is not None and now_ns - due_ns > LATE_MAX_NS:
            self._position += (now_ns - due_ns) // PACKET_NS
            due_ns = self.due_ns()
        if due_ns is None:
            return None
        packets = self._track.packets
        packet = AudioPacket(packets[self._position % len(packets)], due_ns)
        self._position += 1
        return packet

    async def next(self) -> AudioPacket | None:
        """See AudioSource.next."""
        due_ns = self.due_ns()
        if due_ns is not None and (wait_ns := due_ns - time.monotonic_ns()) > 0:
            await asyncio.sleep(wait_ns / _NS_PER_S)
        return self.take(time.monotonic_ns())

    def end(self) -> None:
        """See AudioSource.end."""


class PendingPlayback:
    """A track that is perhaps still being coded: silent until it is there, then played from its beginning."""

    def __init__(self, track: asyncio.Future[OpusTrack | None], since_ns: int | None = None) -> None:
        """The result None means that nothing comes of it. ``since_ns``: see TrackPlayback."""
        self._track = track
        self._since_ns = since_ns
        self._playback: TrackPlayback | None = None

    def begin(self, now_ns: int) -> None:
        """See AudioSource.begin."""
        if self._playback is not None:
            self._playback.begin(now_ns)

    async def next(self) -> AudioPacket | None:
        """See AudioSource.next."""
        if self._playback is None:
            track = await asyncio.shield(self._track)
            if track is None:
                return None
            self._playback = TrackPlayback(track, self._since_ns)
            self._playback.begin(time.monotonic_ns())
        return await self._playback.next()

    def end(self) -> None:
        """See AudioSource.end."""


class Interlude:
    """One sound to its end, and then another, which goes on where it was."""

    def __init__(self, first: AudioSource, then: AudioSource | None) -> None:
        self._playing: AudioSource | None = first
        self._then = then

    def begin(self, now_ns: int) -> None:
        """See AudioSource.begin."""
        if self._playing is not None:
            self._playing.begin(now_ns)

    async def next(self) -> AudioPacket | None:
        """See AudioSource.next."""
        while self._playing is not None:
            packet = await self._playing.next()
            if packet is not None:
                return packet
            self._playing.end()
            self._playing, self._then = self._then, None
            if self._playing is not None:
                self._playing.begin(time.monotonic_ns())
        return None

    def end(self) -> None:
        """See AudioSource.end."""
        if self._playing is not None:
            self._playing.end()


class LiveAudio:
    """The sound of a live source, for all who listen. All on the event loop."""

    def __init__(self) -> None:
        self._listeners: set[LiveListener] = set()

    @property
    def listened(self) -> bool:
        """Whether anybody listens; any thread may ask."""
        return bool(self._listeners)

    def put(self, packet: AudioPacket) -> None:
        """A packet came; it goes to all listeners. One that is slow loses its oldest, and hurts nobody else."""
        for listener in self._listeners:
            listener.put(packet)

    def listen(self) -> LiveListener:
        """The source of one more visitor."""
        return LiveListener(self._listeners)


class LiveListener:
    """One visitor's share of a live sound."""

    def __init__(self, listeners: set[LiveListener]) -> None:
        self._listeners = listeners
        self._waiting: deque[AudioPacket] = deque(maxlen=LIVE_WAITING_MAX)
        self._filled = asyncio.Event()

    def put(self, packet: AudioPacket) -> None:
        """See LiveAudio.put."""
        self._waiting.append(packet)
        self._filled.set()

    def begin(self, now_ns: int) -> None:
        """See AudioSource.begin."""
        self._listeners.add(self)

    async def next(self) -> AudioPacket | None:
        """See AudioSource.next."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()

    def end(self) -> None:
        """See AudioSource.end."""
        self._listeners.discard(self)
        self._waiting.clear()


class LiveCoder:
    """Samples of a live source in, packets out. Used by one thread at a time."""

    def __init__(self) -> None:
        """Raises AudioError."""
        self._encoder = OpusEncoder()
        self._waiting: Samples = np.zeros((0, 2), np.float32)
        self._waiting_ns: int | None = None
        """When the first waiting sample belongs."""

    def code(self, samples: Samples, present_ns: int) -> list[AudioPacket]:
        """Code what makes whole packets. ``present_ns`` is when the first sample belongs; where that is more than a
        packet off from what went before, there was a gap, else the samples go on. Raises AudioError."""
        expected_ns = None if self._waiting_ns is None else self._waiting_ns + _duration_ns(len(self._waiting))
        if expected_ns is None or abs(present_ns - expected_ns) > PACKET_NS:
            self._waiting, self._waiting_ns = samples[:0], present_ns
        self._waiting = np.concatenate([self._waiting, samples])
        packets = []
        while len(self._waiting) >= PACKET_SAMPLES:
            assert self._waiting_ns is not None, "set above"
            data = self._encoder.encode(self._waiting[:PACKET_SAMPLES])
            packets.append(AudioPacket(data, self._waiting_ns - _duration_ns(OpusEncoder.LOOKAHEAD_SAMPLES)))
            self._waiting = self._waiting[PACKET_SAMPLES:]
            self._waiting_ns += PACKET_NS
        return packets


def _duration_ns(samples: int) -> int:
    return samples * _NS_PER_S // SAMPLE_RATE_HZ
