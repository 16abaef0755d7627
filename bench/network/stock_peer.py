"""aiortc as it comes: its own sender, encoders, rates and RTCP, fed by a track with the newest picture."""

from __future__ import annotations

from fractions import Fraction

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from av.video.frame import VideoFrame

from bench.network.answering_peer import AnsweringPeer
from edge_render.frame import Frame
from stream.peer import Channel, FrameSent, PeerEvents
from stream.peer_state import PeerState
from stream.picture.frame_slot import FrameSlot
from stream.webrtc.offer_filter import filter_sdp

VIDEO_CLOCK_HZ = 90_000
_CHANNEL_IDS: dict[Channel, int] = {"pose": 0, "command": 1}


class StockPeer(AnsweringPeer):
    """Keeps the contract of stream/peer.py with the unmodified aiortc. Its RTP timestamps' origin is not known, and the
    time of encoding neither: a frame counts as sent when the sender takes it."""

    def __init__(self, events: PeerEvents, mime_type: str) -> None:
        """``mime_type``: the codec, video/H264 or video/VP8. Called on the event loop."""
        super().__init__(events)
        self._slot = FrameSlot(self._on_refused)
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._connection = RTCPeerConnection(configuration)
        self._connection.on("connectionstatechange", self._on_connection_state)
        self._channels: dict[Channel, RTCDataChannel] = {}
        transceiver = self._connection.addTransceiver(_NewestPicture(self, self._slot), direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType in (mime_type, "video/rtx")])

    async def answer(self, offer_sdp: str) -> str:
        for name in _CHANNEL_IDS:
            self._open_channel(name)
        self.set_state(PeerState.CONNECTING)
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp=filter_sdp(offer_sdp), type="offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        sdp: str = self._connection.localDescription.sdp
        return sdp

    def _open_channel(self, name: Channel) -> None:
        unreliable = name == "pose"
        channel = self._connection.createDataChannel(
            name,
            ordered=not unreliable,
            maxRetransmits=0 if unreliable else None,
            negotiated=True,
            id=_CHANNEL_IDS[name],
        )
        self._channels[name] = channel
        channel.on("message", lambda data: self.events.on_message(name, data))
        channel.on("open", lambda: self.events.on_channel_open(name))

    def send_message(self, channel: Channel, text: str) -> bool:
        data_channel = self._channels.get(channel)
        if data_channel is None or data_channel.readyState != "open" or self.state is PeerState.CLOSED:
            return False
        data_channel.send(text)
        return True

    def put_frame(self, frame: Frame) -> None:
        self._slot.put(frame)

    def taken(self, frame: Frame, ticks: int) -> None:
        """The sender took this frame, with this time on the video's clock."""
        self.sent_frames += 1
        self.events.on_frame_sent(FrameSent(frame, ticks & 0xFFFFFFFF, 0, False, 0.0, 0.0, 0.0))

    def _on_refused(self, frame: Frame) -> None:
        self.dropped_frames += 1
        self.events.on_refused(frame)

    def _on_connection_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and self.state is PeerState.CONNECTING:
            self.set_state(PeerState.CONNECTED)
        elif state in ("failed", "closed"):
            self.end(state)

    async def close(self, reason: str) -> None:
        self._slot.close()
        self.end(reason)
        await self._connection.close()


class _NewestPicture(MediaStreamTrack):
    """Yields the newest picture with the time at which it was drawn, and waits where there is no new one."""

    kind = "video"

    def __init__(self, peer: StockPeer, slot: FrameSlot) -> None:
        super().__init__()
        self._peer = peer
        self._slot = slot

    async def recv(self) -> VideoFrame:
        frame = await self._slot.take()
        picture = VideoFrame.from_ndarray(frame.pixels, format="yuv420p")
        picture.pts = frame.times.draw_start_ns * VIDEO_CLOCK_HZ // 1_000_000_000
        picture.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        self._peer.taken(frame, picture.pts)
        return picture
