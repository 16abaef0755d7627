"""What the sender of one follower of a broadcast sends: the pictures of the layer that its link carries."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from stream.broadcast.broadcast_layer import Layer
from stream.broadcast.layer_choice import LayerChoice
from stream.picture.frame_source import CodedFrame, TargetRate

WAITING_MAX = 8
"""Pictures that wait for one follower's link: about a quarter of a second. Nobody's hand waits for them, but a follower
should see what a presenter speaks of."""


class FollowerSource:
    """Keeps the contract of stream/picture/frame_source.py. Made by ``Broadcast.follow``; on the event loop."""

    def __init__(self, layers: Sequence[Layer], on_closed: Callable[[FollowerSource], None], now_s: float) -> None:
        self._layers = layers
        self._on_closed = on_closed
        self._choice = LayerChoice(len(layers), now_s)
        self._on: Layer | None = None
        """The layer whose pictures are handed on."""
        self._next: Layer | None = None
        """The layer that is entered at its next key frame."""
        self._waiting: deque[CodedFrame] = deque()
        self._filled = asyncio.Event()
        self._target_bps: TargetRate | None = None
        self._closed = False

    # --- what the sender asks ------------------------------------------------------------------------

    async def next(self, target_bps: TargetRate) -> CodedFrame:
        """See FrameSource.next. The picture is coded already; the rate says which layer is the right one."""
        self._target_bps = target_bps
        while not self._waiting:
            # Only now, as the sender asks only while its link takes pictures: a link that is gone costs no key frames.
            if self._on is None and self._next is None and not self._closed:
                self._enter(time.monotonic())
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()

    def want_key_frame(self) -> None:
        """See FrameSource.want_key_frame. Pictures that need what was lost are of no use until then."""
        if self._on is None or any(coded.unit.key_frame for coded in self._waiting):
            return  # it comes already
        self._choice.on_lost(time.monotonic())
        self._stop()
        self._filled.set()

    def close(self) -> None:
        """Follow no more; may be called again."""
        self._closed = True
        self._stop()
        self._on_closed(self)

    # --- what the layers say -------------------------------------------------------------------------

    def offer(self, layer: Layer, coded: CodedFrame) -> None:
        """See Receiver.offer."""
        if coded.unit.key_frame and layer is self._next:
            if self._on is not None:
                self._on.leave(self)
            self._on, self._next = layer, None
            self._waiting.clear()
            self._seek(time.monotonic())
        elif layer is not self._on:
            return
        elif coded.unit.key_frame:
            self._waiting.clear()
        elif len(self._waiting) >= WAITING_MAX:
            self._choice.on_too_slow(time.monotonic())
            self._stop()
            return
        self._waiting.append(coded)
        self._filled.set()

    @property
    def link_bps(self) -> float | None:
        """What the follower's link carries, at the broadcast's frame rate; None before the sender has begun."""
        if self._target_bps is None:
            return None
        # The sender lets each picture be larger where fewer come.
        return self._target_bps() * (1.0 if self._on is None else self._on.picture_rate)

    @property
    def wished(self) -> int:
        """The layer to be on, by its index."""
        return self._choice.layer

    @property
    def layer(self) -> Layer | None:
        """The layer that it is on."""
        return self._on

    def review(self, link_bps: float, layers_bps: Sequence[float], now_s: float) -> None:
        """Think over which layer is the right one."""
        self._choice.on_link(link_bps, layers_bps, now_s)
        if self._on is not None:
            self._seek(now_s)

    # --- layers --------------------------------------------------------------------------------------

    def _enter(self, now_s: float) -> None:
        """Wait for a key frame: of the layer wished for, unless one comes sooner below it."""
        wished = self._layers[self._choice.layer :]
        layer = next((layer for layer in wished if layer.key_frame_free(now_s)), wished[-1])
        self._wait_for(layer, now_s)

    def _seek(self, now_s: float) -> None:
        """Make for the layer wished for, while the pictures of another go on."""
        wished = self._layers[self._choice.layer]
        if wished is self._on:
            self._give_up_waiting()
        elif wished is not self._next:
            self._give_up_waiting()
            self._wait_for(wished, now_s)

    def _wait_for(self, layer: Layer, now_s: float) -> None:
        self._next = layer
        layer.join(self)
        layer.want_key_frame(now_s)

    def _give_up_waiting(self) -> None:
        if self._next is not None:
            self._next.leave(self)
            self._next = None

    def _stop(self) -> None:
        """What comes can't be shown until a key frame is entered at."""
        self._give_up_waiting()
        if self._on is not None:
            self._on.leave(self)
            self._on = None
        self._waiting.clear()
