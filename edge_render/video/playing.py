"""One connection to a source, from its first packet to its last: reads, decodes, keeps the pace, rests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, TypeAlias, cast

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from edge_render.errors import VideoError
from edge_render.video.catching_up import CatchingUp, Skip
from edge_render.video.decoded import SAMPLE_RATE_HZ, SoundBlock, SoundReader, media_ns, to_picture
from edge_render.video.interleaving import interleaved
from edge_render.video.media_time import LiveTime, MediaTime, PacedTime
from edge_render.video.opening import OpenPlan
from edge_render.video.picture import VideoPicture
from edge_render.video.resting import KeptPackets

BROKEN_MAX: Final = 100
"""So many packets in a row that can't be decoded are no picture any more."""
UNHEARD_MAX: Final = 256
"""Blocks of sound that wait for their time, of about 20 ms each: sound that goes on without a picture is paced too."""
_NS_PER_S: Final = 1_000_000_000
_FRAME_NS: Final = _NS_PER_S // 30
"""How long the last picture is shown before a loop begins anew, where the source does not say."""


VideoPacket: TypeAlias = "av.Packet[VideoStream]"
SoundPacket: TypeAlias = "av.Packet[AudioStream]"


class Audience(Protocol):
    """Who takes what is decoded, and whether anybody is there. Its waits end early when the source is closed."""

    @property
    def closing(self) -> bool: ...

    @property
    def idle(self) -> bool:
        """Nobody has looked for a while."""
        ...

    @property
    def listening(self) -> bool: ...

    def next_number(self) -> int:
        """Of the next picture."""
        ...

    def show(self, picture: VideoPicture) -> None: ...

    def hear(self, block: SoundBlock) -> None: ...

    def decoded(self, took_ns: int) -> None:
        """So long a packet took."""
        ...

    def wait_until(self, due_ns: int) -> None: ...

    def wait_for_looks(self) -> None: ...


class Playing:
    """Used by the source's thread alone."""

    def __init__(self, container: InputContainer, plan: OpenPlan, audience: Audience, *, loop: bool) -> None:
        self._container, self._plan, self._audience, self._loop = container, plan, audience, loop
        self._video = container.streams.video[0]
        # A stream without a decoder has no codec context, which PyAV's types don't say.
        sounds = [stream for stream in container.streams.audio if stream.codec_context is not None]
        self._audio = sounds[0] if sounds else None
        self._time: MediaTime = PacedTime() if plan.paced else LiveTime()
        self._catching_up = CatchingUp()
        self._sound = SoundReader()
        self._kept: KeptPackets[VideoPacket] = KeptPackets()
        self._resting = False
        self._begun = False
        """A key frame has come, without which there is no picture."""
        self._broken = 0
        self._shift_ns = 0
        """From the source's time to one that goes on when it begins anew."""
        self._first_ns: int | None = None
        self._end_ns = 0
        self._shown = 0
        self._unheard: deque[SoundBlock] = deque()
        """Sound of a recording that is not due yet."""

    def run(self) -> None:
        """Until the source is closed or its end. Raises VideoError or av.FFmpegError where it breaks off."""
        while True:
            self._once()
            if self._audience.closing or self._plan.live or not self._loop:
                self._hear_until(0)
                return
            if self._shown == 0:
                raise VideoError("no picture could be decoded")
            self._container.seek(0)
            self._shift_ns = self._end_ns - (self._first_ns or 0)

    def _once(self) -> None:
        streams = [stream for stream in (self._video, self._audio) if stream is not None]
        for packet in self._packets(streams):
            if self._audience.closing:
                return
            if packet.stream is self._audio:
                if not self._resting and self._audience.listening:
                    self._hear(cast(SoundPacket, packet))
            elif self._plan.live:
                self._live_packet(cast(VideoPacket, packet))
            else:
                self._recorded_packet(cast(VideoPacket, packet))

    def _packets(self, streams: list[VideoStream | AudioStream]) -> Iterator[av.Packet[Stream]]:
        packets = self._container.demux(streams)
        if self._plan.live or len(streams) == 1:
            return packets
        return interleaved(((packet.stream_index, _decode_ns(packet), packet) for packet in packets), len(streams))

    # --- the picture ---------------------------------------------------------------------------------

    def _recorded_packet(self, packet: VideoPacket) -> None:
        if self._shown and self._audience.idle:
            self._audience.wait_for_looks()
            self._unheard.clear()
        self._decode(packet)

    def _live_packet(self, packet: VideoPacket) -> None:
        """While nobody looks, key frames alone are decoded: who comes sees one at once. Then what has been kept since
        is decoded, unseen but for the last."""
        if packet.is_keyframe:
            self._begun = True
        if not self._begun:
            return
        if self._audience.idle and self._shown:
            self._resting = True
            self._unheard.clear()
            self._kept.put(packet)
            if packet.is_keyframe:
                self._decode(packet)
            return
        if self._resting:
            self._resting = False
            if not self._kept.complete and not packet.is_keyframe:
                self._begun = False
                return
            self._catch_up(self._kept.take())
        self._decode(packet)

    def _catch_up(self, packets: Iterable[VideoPacket]) -> None:
        last: av.VideoFrame | None = None
        for packet in packets:
            if self._audience.closing:
                return
            for frame in self._frames(packet):
                last = frame
        if last is not None:
            self._show(last)

    def _decode(self, packet: VideoPacket) -> None:
        self._leave_out(packet)
        for frame in self._frames(packet):
            if self._audience.closing:
                return
            self._show(frame)

    def _leave_out(self, packet: VideoPacket) -> None:
        skip = Skip.NOTHING
        if packet.size:
            skip = self._catching_up.next(self._time.behind_ns, key=packet.is_keyframe)
        if self._video.codec_context.skip_frame != skip.value:
            self._video.codec_context.skip_frame = skip.value

    def _frames(self, packet: VideoPacket) -> list[av.VideoFrame]:
        began_ns = time.monotonic_ns()
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            self._broken += 1
            if self._broken > BROKEN_MAX:
                raise
            return []
        self._audience.decoded(time.monotonic_ns() - began_ns)
        if frames:
            self._broken = 0
        return frames

    def _show(self, frame: av.VideoFrame) -> None:
        at_ns = media_ns(frame)
        if at_ns is None:
            at_ns = self._end_ns - self._shift_ns
        if self._first_ns is None:
            self._first_ns = at_ns
        at_ns += self._shift_ns
        self._end_ns = at_ns + (self._duration_ns(frame) or _FRAME_NS)
        due_ns = self._time.picture(at_ns, time.monotonic_ns())
        picture = to_picture(frame, self._audience.next_number(), due_ns)
        if self._plan.paced and not self._resting:
            self._wait_until(due_ns)
        self._shown += 1
        self._audience.show(picture)

    def _wait_until(self, due_ns: int) -> None:
        """Wait, and let the sound that is due meanwhile be heard."""
        while self._unheard and self._unheard[0].due_ns <= due_ns and not self._audience.closing:
            self._hear_next()
        self._audience.wait_until(due_ns)

    def _hear_until(self, left: int) -> None:
        """Let sound be heard, each at its time, until so many blocks of it are left."""
        while len(self._unheard) > left and not self._audience.closing:
            self._hear_next()

    def _hear_next(self) -> None:
        block = self._unheard.popleft()
        self._audience.wait_until(block.due_ns)
        self._audience.hear(block)

    def _duration_ns(self, frame: av.VideoFrame) -> int:
        if frame.duration and frame.time_base is not None:
            return int(frame.duration * frame.time_base * _NS_PER_S)
        rate = self._video.average_rate
        return int(_NS_PER_S / rate) if rate else 0

    # --- the sound -----------------------------------------------------------------------------------

    def _hear(self, packet: SoundPacket) -> None:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            return  # a crackle; the picture goes on
        for frame in frames:
            at_ns = media_ns(frame)
            due_ns = None if at_ns is None else self._time.sound(at_ns + self._shift_ns)
            if due_ns is None:
                continue
            for samples in self._sound.samples(frame):
                block = SoundBlock(samples, due_ns)
                if self._plan.paced:
                    self._unheard.append(block)
                    self._hear_until(UNHEARD_MAX)
                else:
                    self._audience.hear(block)
                due_ns += len(samples) * _NS_PER_S // SAMPLE_RATE_HZ


def _decode_ns(packet: av.Packet[Stream]) -> int | None:
    """When a packet is to be decoded, in the source's time; None at the end of a stream."""
    at = packet.pts if packet.dts is None else packet.dts
    return None if at is None or packet.time_base is None else int(at * packet.time_base * _NS_PER_S)
