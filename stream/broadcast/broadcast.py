"""One picture, many viewers: frames are coded once and handed to any number of followers.

A broadcast does not know where its frames come from: from a presenter's camera, or from a live source. It has two
layers, each coded once, and only while somebody is on it. A follower is handed the pictures of one of them, in packets'
payloads that were made once as well, and has a sender, a link and a bounded queue of its own: who is slow falls behind
alone, and goes down a layer.

Layers are entered at key frames only, and a key frame costs all who are on the layer some of their picture (it has the
bits of any other, so it is coarser). So they are made on demand, for all who wait for one, at most every two seconds on
the full layer. Who can't wait (who comes late, or lost what can't be sent again) is on the small layer meanwhile, where
they may come more often.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from edge_render.frame import Frame
from stream.broadcast.broadcast_layer import Layer, LayerSpec
from stream.broadcast.follower_source import FollowerSource
from stream.codec.encoder import Encoder
from stream.errors import EncoderError
from stream.settings import StreamSettings

LAYERS = (
    LayerSpec("full", scale=1.0, rate=1.0, key_frame_interval_s=2.0, left_behind=0.3),
    LayerSpec("small", scale=0.5, rate=0.25, key_frame_interval_s=0.5, left_behind=0.05),
)
REVIEW_S = 0.25
"""How often rates and layers are thought over, while pictures come."""


class Broadcast:
    """``run`` is its whole life. ``put_frame`` may be called from any thread, all else on the event loop."""

    def __init__(
        self, make_encoder: Callable[[], Encoder], make_fallback: Callable[[], Encoder], settings: StreamSettings
    ) -> None:
        """``settings`` bound the rates. ``make_fallback`` makes the encoder for a layer whose own fails."""
        self.layers = tuple(
            Layer(spec, index, make_encoder, make_fallback, settings) for index, spec in enumerate(LAYERS)
        )
        self._followers: set[FollowerSource] = set()
        self._reviewed_s = 0.0

    async def run(self) -> None:
        """Code and hand out; ends by cancellation. Raises EncoderError where no encoder works any more."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for layer in self.layers:
                    tasks.create_task(layer.run(self._review), name=f"broadcast-{layer.spec.name}")
        except* EncoderError as errors:
            raise EncoderError(str(errors.exceptions[0])) from errors

    def put_frame(self, frame: Frame) -> None:
        """The newest frame, for all. Any thread."""
        for layer in self.layers:
            layer.put(frame)

    def follow(self) -> FollowerSource:
        """The source of one more follower's sender; who takes it awaits nothing, and calls its ``close``."""
        follower = FollowerSource(self.layers, self._followers.discard, time.monotonic())
        self._followers.add(follower)
        return follower

    def _review(self) -> None:
        """After a picture: the layers' rates, and who is on which."""
        now_s = time.monotonic()
        if now_s - self._reviewed_s < REVIEW_S:
            return
        self._reviewed_s = now_s
        links = [(follower, bps) for follower in self._followers if (bps := follower.link_bps) is not None]
        for layer in self.layers:
            layer.set_rate([bps for follower, bps in links if layer.index == 0 or follower.wished == layer.index])
        takes_bps = [layer.takes_bps for layer in self.layers]
        for follower, bps in links:
            follower.review(bps, takes_bps, now_s)
