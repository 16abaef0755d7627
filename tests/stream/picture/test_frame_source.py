"""Which picture is coded next, and as what, with a real encoder."""

from __future__ import annotations

import asyncio
import threading
import time

from edge_render.frame import Frame
from stream import X264, StreamSettings
from stream.codec.encoder import AccessUnit
from stream.codec.encoder_probe import make_encoder
from stream.picture.frame_slot import FrameSlot
from stream.picture.frame_source import CodedFrame, VisitorSource
from stream.picture.picture_quality import PictureQuality
from tests.stream.webrtc.test_aiortc_peer import BLUE, RED, picture
from tests.waiting import WAIT_S


class HeldEncoder:
    """The real encoder, which a test may hold in the middle of a picture."""

    def __init__(self) -> None:
        self._encoder = make_encoder(X264, StreamSettings())
        self._loop = asyncio.get_running_loop()
        self.name = self._encoder.name
        self.began = asyncio.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        self._loop.call_soon_threadsafe(self.began.set)
        assert self.may_go_on.wait(20)
        return self._encoder.encode(frame, target_bps, key_frame)


async def take(source: VisitorSource) -> CodedFrame:
    return await asyncio.wait_for(source.next(lambda: 2_000_000), WAIT_S)


async def test_a_key_frame_that_is_asked_for_while_a_picture_is_coded_is_of_that_picture() -> None:
    slot, encoder = FrameSlot(lambda _frame: None), HeldEncoder()
    source = VisitorSource(slot, encoder, PictureQuality(StreamSettings(), lambda _plan: None, time.monotonic()))
    slot.put(picture(RED, seq=1))
    assert (await take(source)).unit.key_frame
    encoder.began.clear()
    encoder.may_go_on.clear()
    slot.put(picture(BLUE, seq=2))
    coding = asyncio.create_task(take(source))
    await asyncio.wait_for(encoder.began.wait(), WAIT_S)
    source.want_key_frame()
    encoder.may_go_on.set()
    coded = [await coding, await take(source)]
    assert [(one.frame.input_seq, one.unit.key_frame) for one in coded] == [(2, False), (2, True)]
    assert coded[1].again
