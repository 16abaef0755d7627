"""What a sender sends: coded pictures, one at a time, each made as late as possible."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edge_render.frame import Frame
from stream.codec.encoder import AccessUnit, Encoder
from stream.picture.frame_slot import FrameSlot
from stream.picture.picture_quality import PictureQuality

TargetRate = Callable[[], int]
"""The bits per second that pictures may take now, at the nominal frame rate of the settings."""


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A picture and what the encoder made of it. Nanoseconds of ``time.monotonic_ns``."""

    frame: Frame
    unit: AccessUnit
    taken_ns: int
    """When the encoder took the picture."""
    encoded_ns: int
    again: bool = False
    """The same picture was sent before; this is it once more, for who lost it or in better quality."""
    payloads: Sequence[bytes] | None = field(default=None, repr=False)
    """Of its packets, where they were made once for many; else the sender makes them."""
    encoder: str = ""
    """The library that made it."""


class FrameSource(Protocol):
    """Gives one sender its pictures. All on the event loop."""

    async def next(self, target_bps: TargetRate) -> CodedFrame:
        """Wait for the next picture and code it; ``target_bps`` is asked when coding begins. May be cancelled
        while it waits. Raises EncoderError where no encoder works any more."""
        ...

    def want_key_frame(self) -> None:
        """Make the next picture a key frame; where no newer picture comes, code the last one again."""
        ...


REFINE_INTERVAL_S = 0.066
"""Two pictures' time at 30 a second: refining takes half of what the link gives to pictures."""


class VisitorSource:
    """The newest picture of one visitor's slot, coded for this visitor alone.

    A resting picture is coded a few times, each finer than the one before, as each has the bits of a moving one and
    shows nothing new. A new picture goes before that.
    """

    def __init__(self, slot: FrameSlot, encoder: Encoder, quality: PictureQuality) -> None:
        self._slot = slot
        self._encoder = encoder
        self._quality = quality
        self._last_frame: Frame | None = None
        self._key_frame_wanted = True

    async def next(self, target_bps: TargetRate) -> CodedFrame:
        """See FrameSource.next."""
        frame = await self._next_frame()
        taken_ns = time.monotonic_ns()
        key_frame, self._key_frame_wanted = self._key_frame_wanted, False
        bps = self._quality.target_bps(frame, target_bps())
        # Before it is coded: a key frame that is asked for meanwhile is one of this picture, not of the one before.
        again, self._last_frame = frame is self._last_frame, frame
        unit = await asyncio.to_thread(self._encoder.encode, frame, bps, key_frame)
        self._quality.on_coded(frame, unit, bps, again, time.monotonic())
        return CodedFrame(frame, unit, taken_ns, time.monotonic_ns(), again, encoder=self._encoder.name)

    async def _next_frame(self) -> Frame:
        """A new one, or a resting one once more."""
        if self._quality.refinements_left and self._last_frame is not None:
            try:
                async with asyncio.timeout(REFINE_INTERVAL_S):
                    return await self._slot.take()
            except TimeoutError:
                return self._last_frame
        return await self._slot.take()

    def want_key_frame(self) -> None:
        """See FrameSource.want_key_frame."""
        self._key_frame_wanted = True
        if self._last_frame is not None:
            self._slot.put_if_empty(self._last_frame)
