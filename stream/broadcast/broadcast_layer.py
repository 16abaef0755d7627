"""One layer of a broadcast: a stream of coded pictures that is made once, and handed to all who are on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from edge_render.frame import Frame
from stream.codec.encoder import Encoder
from stream.codec.fallback_encoder import Candidate, FallbackEncoder
from stream.codec.video_codec import VideoCodec
from stream.picture.frame_scaling import ScalingEncoder
from stream.picture.frame_slot import FrameSlot
from stream.picture.frame_source import CodedFrame, VisitorSource
from stream.picture.picture_quality import PictureQuality
from stream.picture.quality import PicturePlan
from stream.picture.thinning import Thinning
from stream.rtp.payload import Packetise, packetiser
from stream.settings import StreamSettings

MEMORY_PICTURES = 15.0
"""What a layer takes is the mean of about so many, half a second's."""


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """What a layer is like."""

    name: str
    scale: float
    """Share of the drawn width and height."""
    rate: float
    """Share of the broadcast's bit rate that it takes at most."""
    key_frame_interval_s: float
    """Least time between the key frames that followers ask for, all of them together."""
    left_behind: float
    """The share of followers whose links may be too narrow for it: its rate follows the others, not the slowest."""


class Receiver(Protocol):
    """A follower, as a layer sees it."""

    def offer(self, layer: Layer, coded: CodedFrame) -> None:
        """The next picture of a layer that the follower has joined. Must not block."""
        ...


class Layer:
    """Coded while somebody has joined it. ``run`` is a task of the broadcast; ``put`` may be called from any thread,
    all else on the event loop."""

    def __init__(
        self,
        spec: LayerSpec,
        index: int,
        make_encoder: Callable[[], Encoder],
        make_fallback: Callable[[], Encoder],
        settings: StreamSettings,
    ) -> None:
        self.spec = spec
        self.index = index
        self._settings = replace(settings, max_bps=max(settings.min_bps, round(spec.rate * settings.max_bps)))
        self._slot = FrameSlot(self._on_refused)
        encoders = [Candidate(VideoCodec.H264, make) for make in (make_encoder, make_fallback)]
        self._encoder = ScalingEncoder(FallbackEncoder(encoders, lambda _replaced: None), spec.scale)
        self._thinning = Thinning(settings.max_fps)
        self._source = VisitorSource(
            self._slot,
            self._encoder,
            PictureQuality(self._settings, self._on_plan, time.monotonic()),
        )
        self._packetise: dict[VideoCodec, Packetise] = {}
        self._joined: set[Receiver] = set()
        self._wanted = asyncio.Event()
        self._active = False
        self._last_frame: Frame | None = None
        self._key_frame_at_s = -spec.key_frame_interval_s
        self._key_frame_timer: asyncio.TimerHandle | None = None
        self._key_frame_due = False
        """One was asked of the source, and may be being coded: whoever waits for one gets that."""
        self._picture_bits: float | None = None
        self.target_bps = min(self._settings.start_bps, self._settings.max_bps)
        """For the pictures to come, at the nominal frame rate."""
        self.pictures = self.key_frames = self.dropped_frames = 0

    # --- pictures ------------------------------------------------------------------------------------

    def put(self, frame: Frame) -> None:
        """The newest frame. Any thread."""
        self._last_frame = frame
        if self._active and self._thinning.take(frame):
            self._slot.put(frame)

    async def run(self, on_coded: Callable[[], None]) -> None:
        """Code pictures and hand them out; ends by cancellation. ``on_coded`` is called after each. Raises
        EncoderError."""
        try:
            while True:
                await self._wanted.wait()
                coded = await self._source.next(lambda: self.target_bps)
                unit = coded.unit
                if unit.codec not in self._packetise:
                    self._packetise[unit.codec] = packetiser(unit.codec)
                self._note(coded)
                coded = replace(coded, payloads=tuple(self._packetise[unit.codec](unit)))
                for receiver in tuple(self._joined):
                    receiver.offer(self, coded)
                on_coded()
        finally:
            self._active = False
            self._slot.close()
            if self._key_frame_timer is not None:
                self._key_frame_timer.cancel()

    def _note(self, coded: CodedFrame) -> None:
        self.pictures += 1
        if coded.unit.key_frame:
            self.key_frames += 1
            self._key_frame_due = False
            self._key_frame_at_s = time.monotonic()
        if not coded.again:
            bits = 8 * len(coded.unit.data)
            before = bits if self._picture_bits is None else self._picture_bits
            self._picture_bits = before + (bits - before) / MEMORY_PICTURES

    def _on_refused(self, _frame: Frame) -> None:
        self.dropped_frames += 1

    def _on_plan(self, plan: PicturePlan) -> None:
        self._encoder.scale = self.spec.scale * plan.scale
        self._thinning.rate = plan.rate
        if self._last_frame is not None and self._last_frame.still:
            # Nothing newer may come for long.
            self._slot.put_if_empty(self._last_frame)

    # --- who is on it --------------------------------------------------------------------------------

    def join(self, receiver: Receiver) -> None:
        """Hand pictures to this one too, from the next one on; a key frame must be asked for."""
        self._joined.add(receiver)
        if self._active:
            return
        self._slot.empty()  # what was left there when the last one left is not the newest
        self._active = True  # before the last frame is read, as ``put`` writes that before it reads this
        if self._last_frame is not None:
            self._slot.put_if_empty(self._last_frame)
        # Nobody is on the layer whom a key frame could cost anything.
        self._key_frame_at_s = -self.spec.key_frame_interval_s
        self._wanted.set()

    def leave(self, receiver: Receiver) -> None:
        """Hand no more pictures to this one; no error where it had not joined."""
        self._joined.discard(receiver)
        if not self._joined:
            self._active = False
            self._wanted.clear()

    @property
    def joined(self) -> Collection[Receiver]:
        return self._joined

    @property
    def picture_rate(self) -> float:
        """Share of the nominal frame rate that is coded."""
        return self._thinning.rate

    # --- key frames ----------------------------------------------------------------------------------

    def key_frame_free(self, now_s: float) -> bool:
        """Whether a key frame would come at once."""
        return not self._active or now_s - self._key_frame_at_s >= self.spec.key_frame_interval_s

    def want_key_frame(self, now_s: float) -> None:
        """Make one as soon as their common rate allows, for all who wait for it by then."""
        if self._key_frame_timer is not None or self._key_frame_due:
            return
        delay_s = self._key_frame_at_s + self.spec.key_frame_interval_s - now_s
        if delay_s <= 0.0:
            self._begin_key_frame()
            return
        self._key_frame_timer = asyncio.get_running_loop().call_later(delay_s, self._begin_key_frame)

    def _begin_key_frame(self) -> None:
        self._key_frame_timer = None
        if self._active:
            self._key_frame_due = True
            self._source.want_key_frame()

    # --- rate ----------------------------------------------------------------------------------------

    @property
    def takes_bps(self) -> float:
        """What its moving pictures take of a link, at the nominal frame rate; before the first, what they may."""
        if self._picture_bits is None:
            return self.target_bps
        return min(self._picture_bits * self._settings.max_fps, self.target_bps)

    def set_rate(self, links_bps: Sequence[float]) -> None:
        """Follow what the links of followers carry, but for the slowest of them."""
        if not links_bps:
            return
        ordered = sorted(links_bps)
        chosen_bps = ordered[min(len(ordered) - 1, int(self.spec.left_behind * len(ordered) + 0.5))]
        self.target_bps = round(min(self._settings.max_bps, max(self._settings.min_bps, chosen_bps)))
