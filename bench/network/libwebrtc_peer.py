"""The same pictures through libwebrtc (reactor-webrtc), with VP8: the mark to beat.

libwebrtc's own congestion control, pacer, encoder and quality scaler run as they come. Set are only what every sender
of the bench has: the ceiling of the rate, and a playout delay of zero.

What the binding can't do, and what is done about it: it has no pre-negotiated data channels, so that the bench's page
opens its channels in band (RFC 8832) for this sender; and it tells no RTP timestamps, so that frames are known by their
strip alone. It takes BGRA pictures and makes I420 of them by ITU-R BT.601; the pictures are handed over so that this
gives back their own planes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import reactor_webrtc as rtc
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from bench.network.answering_peer import AnsweringPeer
from edge_render.frame import Frame
from stream.errors import SignallingError
from stream.peer import Channel, FrameSent, PeerEvents
from stream.peer_state import PeerState
from stream.picture.frame_slot import FrameSlot
from stream.webrtc.offer_filter import filter_sdp

GATHERING_TIMEOUT_S = 5.0
REPEAT_S = 0.2
_CHANNELS: tuple[Channel, ...] = ("pose", "command")


class LibwebrtcPeer(AnsweringPeer):
    """Keeps the contract of stream/peer.py. A frame counts as sent when it is handed over; libwebrtc may drop it."""

    def __init__(self, events: PeerEvents, max_bps: int) -> None:
        """Called on the event loop."""
        super().__init__(events)
        self._max_bps = max_bps
        self._loop = asyncio.get_running_loop()
        self._slot = FrameSlot(self._on_refused)
        self._reformatter = VideoReformatter()
        self._gathered = asyncio.Event()
        self._candidates: list[str] = []
        self._channels: dict[Channel, Any] = {}
        builder = rtc.PeerConnectionFactoryBuilder()
        builder.with_send_playout_delay(0.0, 0.0)
        factory = builder.build()
        self._track: Any = factory.create_video_track("picture")
        observer = rtc.PeerConnectionObserver()
        # The callbacks come on libwebrtc's threads.
        observer.on_connection_state_change = self._on_loop(self._on_connection_state)
        observer.on_ice_candidate = self._on_loop(lambda candidate: self._candidates.append(candidate.candidate))
        observer.on_ice_gathering_change = self._on_loop(self._on_gathering)
        observer.on_data_channel = self._on_data_channel
        configuration = rtc.RtcConfiguration(bundle_policy=rtc.BundlePolicy.MaxBundle, frame_metadata=False)
        self._connection: Any = factory.create_peer_connection(configuration, observer)
        self._sending: asyncio.Task[None] | None = None

    def _on_loop(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """The callback, called on the event loop instead; not at all once that is closed."""

        def call(value: Any) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(callback, value)

        return call

    async def answer(self, offer_sdp: str) -> str:
        self.set_state(PeerState.CONNECTING)
        connection = self._connection
        await connection.set_remote_description(rtc.SessionDescription("offer", filter_sdp(offer_sdp)))
        (transceiver, *_) = await connection.transceivers()
        await transceiver.set_track(self._track)
        await transceiver.set_direction(rtc.TransceiverDirection.SendOnly)
        await transceiver.set_codec_preferences([rtc.VideoCodec.Vp8])
        answer = await connection.create_answer()
        await connection.set_local_description(answer)
        await connection.set_bitrate(max_bps=self._max_bps)
        await transceiver.set_send_bitrate(max_bps=self._max_bps)
        try:
            async with asyncio.timeout(GATHERING_TIMEOUT_S):
                await self._gathered.wait()
        except TimeoutError:
            raise SignallingError("libwebrtc found no candidates in time") from None
        self._sending = self._loop.create_task(self._send(), name="libwebrtc-send")
        return _with_candidates(str(answer.sdp), self._candidates)

    def _on_gathering(self, state: Any) -> None:
        if state == rtc.IceGatheringState.Complete:
            self._gathered.set()

    # --- data channels -----------------------------------------------------------------------------

    def _on_data_channel(self, channel: Any) -> None:
        """On libwebrtc's thread: set what is to be called before a message comes, then go to the event loop."""
        name = next((name for name in _CHANNELS if name == channel.label()), None)
        if name is None:
            return
        self._channels[name] = channel
        opened = self._on_loop(self.events.on_channel_open)
        received = self._on_loop(lambda data: self.events.on_message(name, data))
        channel.on_message(lambda data, _binary: received(bytes(data)))
        channel.on_open(lambda: opened(name))
        if channel.state() == rtc.DataChannelState.Open:
            opened(name)

    def send_message(self, channel: Channel, text: str) -> bool:
        data_channel = self._channels.get(channel)
        if data_channel is None or self.state is PeerState.CLOSED or data_channel.state() != rtc.DataChannelState.Open:
            return False
        data_channel.send(text.encode(), binary=False)
        return True

    # --- frames ------------------------------------------------------------------------------------

    def put_frame(self, frame: Frame) -> None:
        self._slot.put(frame)

    async def _send(self) -> None:
        frame = await self._slot.take()
        while True:
            await asyncio.to_thread(self._push, frame)
            self.sent_frames += 1
            self.events.on_frame_sent(FrameSent(frame, 0, 0, False, 0.0, 0.0, 0.0))
            frame = await self._next(frame)

    async def _next(self, last: Frame) -> Frame:
        """The next frame. libwebrtc drops pictures that come before it may send, and asks for none: so the last one
        is handed over again where no other comes."""
        while True:
            try:
                async with asyncio.timeout(REPEAT_S):
                    return await self._slot.take()
            except TimeoutError:
                await asyncio.to_thread(self._push, last)

    def _push(self, frame: Frame) -> None:
        picture = VideoFrame.from_ndarray(frame.pixels, format="yuv420p")
        bgra = self._reformatter.reformat(
            picture,
            format="bgra",
            src_colorspace=Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
        )
        self._track.push_video_frame(bgra.to_ndarray().tobytes(), frame.width, frame.height)

    def _on_refused(self, frame: Frame) -> None:
        self.dropped_frames += 1
        self.events.on_refused(frame)

    # --- life --------------------------------------------------------------------------------------

    def _on_connection_state(self, state: Any) -> None:
        if state == rtc.PeerConnectionState.Connected and self.state is PeerState.CONNECTING:
            self.set_state(PeerState.CONNECTED)
        elif state in (rtc.PeerConnectionState.Failed, rtc.PeerConnectionState.Closed):
            self.end("failed")

    async def close(self, reason: str) -> None:
        self._slot.close()
        self.end(reason)
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        # The binding has no close(): the connection ends with its last reference, which waits for libwebrtc's threads.
        held = [*self._channels.values(), self._connection, self._track]
        self._channels = {}
        self._connection = self._track = None
        await asyncio.to_thread(held.clear)


def _with_candidates(sdp: str, candidates: list[str]) -> str:
    """The SDP with these candidates in each of its media sections (RFC 8839, section 5.1)."""
    lines: list[str] = []
    for line in sdp.replace("\r\n", "\n").strip().split("\n"):
        lines.append(line)
        if line.startswith("c="):
            lines += [f"a={candidate}" for candidate in candidates]
    return "\r\n".join(lines) + "\r\n"
