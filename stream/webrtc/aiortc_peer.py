"""The transport contract (stream/peer.py) on aiortc."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from uuid import uuid4

import structlog
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.sdp import candidate_from_sdp

from edge_render.frame import Frame
from stream.audio.audio_source import AudioSource
from stream.codec.encoder_probe import EncoderKind, candidates
from stream.codec.fallback_encoder import EncoderReplaced, FallbackEncoder
from stream.errors import PeerClosed, SignallingError
from stream.peer import Channel, PeerEvents
from stream.peer_state import PeerState, allowed
from stream.peer_stats import CandidatePairStats, PeerStats, SenderStats
from stream.picture.frame_slot import FrameSlot
from stream.picture.frame_source import FrameSource, VisitorSource
from stream.picture.picture_quality import PictureQuality
from stream.picture.quality import PicturePlan
from stream.rtp import flexfec
from stream.settings import StreamSettings
from stream.webrtc.aiortc_codecs import offer_codecs, preferences
from stream.webrtc.aiortc_extensions import offer_extensions
from stream.webrtc.audio_sender import AudioSender
from stream.webrtc.ice_network import use_network
from stream.webrtc.media_network import MediaNetwork
from stream.webrtc.offer_filter import CANDIDATES_MAX, SDP_MAX_CHARS, filter_sdp, usable_candidate
from stream.webrtc.sender import InteractiveSender, SenderEvents

log = structlog.get_logger(__name__)

CLOSE_TIMEOUT_S = 3.0
"""To say goodbye to a visitor who may have gone already."""
BUFFERED_MAX_BYTES: dict[Channel, int] = {"pose": 16_384, "command": 262_144}
"""Where more waits, a message is refused: what is told of a picture is worth nothing when it comes late, and a visitor
who takes nothing must not fill the memory."""
UPSTREAM_SENDER = "_RTCRtpTransceiver__sender"
"""A private name of aiortc; a test guards it."""
_CHANNEL_IDS: dict[Channel, int] = {"pose": 0, "command": 1}


class AiortcPeer:
    """One visitor's connection: one video stream out; sound and two data channels where the visitor has them."""

    def __init__(
        self,
        events: PeerEvents,
        encoders: Sequence[EncoderKind],
        settings: StreamSettings,
        source: FrameSource | None = None,
        network: MediaNetwork | None = None,
    ) -> None:
        """``encoders``: what encoder_probe chose, the best first; the first whose codec the visitor takes is used.
        ``source``: the pictures to send, in one of their codecs, in place of frames that are put in. ``network``: from
        where, else from a port of its own on every address of the machine. Called on the event loop."""
        offer_codecs()
        offer_extensions()
        self._events = events
        self._state = PeerState.NEW
        self._loop = asyncio.get_running_loop()
        self._freed = False
        self._candidates = 0
        self._dropped_frames = 0
        self._protection = settings.protection
        self._transport_cc = settings.congestion == "transport-cc"
        self._slot = FrameSlot(self._on_refused)
        # Without a list of servers aiortc would ask a public STUN server.
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._connection = RTCPeerConnection(configuration)
        self._connection.on("connectionstatechange", self._on_connection_state)
        self._channels: dict[Channel, RTCDataChannel] = {}
        transceiver = self._connection.addTransceiver("video", direction="sendonly")
        # Before any description is set: the answerer would take the visitor's first otherwise.
        transceiver.setCodecPreferences(preferences(list(dict.fromkeys(kind.codec for kind in encoders))))
        self._encoder = FallbackEncoder(candidates(encoders, settings), self._encoder_replaced)
        sender_events = SenderEvents(
            events.on_frame_sent, events.on_alive, self._on_encoder_failed, self._encoder.restrict
        )
        source = source or VisitorSource(
            self._slot, self._encoder, PictureQuality(settings, self._on_plan, time.monotonic())
        )
        self._first_transport = transceiver.sender.transport
        if network is not None:
            use_network(self._first_transport.transport, network)
        self._sender = InteractiveSender(transceiver.sender.transport, source, settings, sender_events)
        replace_sender(transceiver, self._sender)
        self._sound = AudioSender(transceiver.sender.transport, events.on_alive)
        self._sound_wanted = False
        self._lip_sync = settings.lip_sync

    @property
    def state(self) -> PeerState:
        return self._state

    # --- signalling --------------------------------------------------------------------------------

    async def answer(self, offer_sdp: str) -> str:
        """See Peer.answer."""
        text = self._filter(offer_sdp)
        if "\nm=video " not in text:
            raise SignallingError("the offer has no video section")
        if "\nm=application " in text:
            self._open_channels()
        if "\nm=audio " in text:
            self._add_sound()
        carry_transport_first(self._connection, text)
        self._set_state(PeerState.CONNECTING)
        await self._set_remote(text, "offer")
        fec_type = flexfec.offered(text) if self._protection == "auto" else None
        fec = None if fec_type is None else self._sender.use_repair(fec_type)
        try:
            await self._connection.setLocalDescription(await self._connection.createAnswer())
        except Exception as error:
            raise SignallingError(f"no answer can be made to this offer: {error}") from error
        answer = self._local_sdp()
        return answer if fec is None else flexfec.accept(answer, fec, self._sender._ssrc)

    async def offer(self) -> str:
        """See Peer.offer."""
        self._set_state(PeerState.CONNECTING)
        self._open_channels()
        self._add_sound()
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._local_sdp()

    async def accept(self, answer_sdp: str) -> None:
        """See Peer.accept."""
        if self._connection.signalingState != "have-local-offer":
            raise SignallingError("no answer is expected: there is no open offer of ours")
        await self._set_remote(self._filter(answer_sdp), "answer")

    def _filter(self, sdp: str) -> str:
        return filter_sdp(sdp, transport_cc=self._transport_cc)

    async def _set_remote(self, sdp: str, kind: str) -> None:
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp=sdp, type=kind))
        except Exception as error:
            # aiortc's parser answers a hostile SDP with whatever its code ran into; all of it is the sender's fault.
            raise SignallingError(f"the {kind} can't be used: {type(error).__name__}: {error}") from error
        finally:
            self._restore_transports()

    def _restore_transports(self) -> None:
        """aiortc leaves a section without a transport where its BUNDLE group (RFC 9143) begins with none that is there,
        and then can't close the connection. Such a section gets the one that it had: nothing will come over it."""
        for transceiver in self._connection.getTransceivers():
            if transceiver.receiver.transport is None:
                transceiver.receiver.setTransport(self._first_transport)
                transceiver.sender.setTransport(self._first_transport)

    def _local_sdp(self) -> str:
        sdp: str = self._connection.localDescription.sdp
        return sdp

    async def add_candidates(self, sdp_fragment: str) -> None:
        """See Peer.add_candidates."""
        if len(sdp_fragment) > SDP_MAX_CHARS:
            raise SignallingError(f"the fragment has more than {SDP_MAX_CHARS} characters")
        if self._connection.remoteDescription is None:
            raise SignallingError("candidates come after the description")
        for line in sdp_fragment.splitlines():
            text = line.strip().removeprefix("a=")
            if not text.startswith("candidate:") or not usable_candidate(text) or self._candidates >= CANDIDATES_MAX:
                continue
            self._candidates += 1
            try:
                candidate = candidate_from_sdp(text.removeprefix("candidate:"))
                candidate.sdpMLineIndex = 0  # one transport carries all sections (BUNDLE)
                await self._connection.addIceCandidate(candidate)
            except Exception as error:
                raise SignallingError(f"the candidate '{text[:80]}' can't be used: {error}") from error

    # --- data channels -----------------------------------------------------------------------------

    def _open_channels(self) -> None:
        self._open_channel("pose", ordered=False, max_retransmits=0)
        self._open_channel("command", ordered=True, max_retransmits=None)

    def _open_channel(self, name: Channel, *, ordered: bool, max_retransmits: int | None) -> None:
        channel = self._connection.createDataChannel(
            name, ordered=ordered, maxRetransmits=max_retransmits, negotiated=True, id=_CHANNEL_IDS[name]
        )
        self._channels[name] = channel
        channel.on("message", lambda data: self._on_message(name, data))
        channel.on("open", lambda: self._events.on_channel_open(name))

    def _on_message(self, name: Channel, data: str | bytes) -> None:
        self._sender.on_heard()
        self._events.on_message(name, data)

    def send_message(self, channel: Channel, text: str) -> bool:
        """See Peer.send_message."""
        data_channel = self._channels.get(channel)
        if data_channel is None or data_channel.readyState != "open" or self._state is PeerState.CLOSED:
            return False
        if data_channel.bufferedAmount > BUFFERED_MAX_BYTES[channel]:
            return False
        data_channel.send(text)
        return True

    # --- sound -------------------------------------------------------------------------------------

    def _add_sound(self) -> None:
        transceiver = self._connection.addTransceiver("audio", direction="sendonly")
        transceiver.setCodecPreferences(RTCRtpSender.getCapabilities("audio").codecs)  # Opus is their first
        replace_sender(transceiver, self._sound)
        self._sound_wanted = True
        if not self._lip_sync:
            # Browsers keep in sync what is in one media stream: this one is another than the picture's.
            self._sound._stream_id = str(uuid4())
        self._sound.mute(bool(self._channels))

    def play(self, source: AudioSource | None) -> None:
        """See Peer.play."""
        self._sound.play(source)

    def mute(self, muted: bool) -> None:
        """See Peer.mute."""
        self._sound.mute(muted)

    # --- frames ------------------------------------------------------------------------------------

    def put_frame(self, frame: Frame) -> None:
        """See Peer.put_frame."""
        self._slot.put(frame)

    def _on_refused(self, frame: Frame) -> None:
        self._dropped_frames += 1
        self._sender.on_refused()
        self._events.on_refused(frame)

    def _on_plan(self, plan: PicturePlan) -> None:
        self._sender.limitation.on_plan(plan != PicturePlan(), time.monotonic())
        self._events.on_plan(plan)

    def stats(self) -> PeerStats:
        """See Peer.stats."""
        sender, sound, counts = self._sender, self._sound, self._sender.counts
        remotes = [one.receiver_reports.stats for one in (sender, sound)]
        trips = [
            remote.round_trip_time for remote in remotes if remote is not None and remote.round_trip_time is not None
        ]
        return PeerStats(
            video=sender.stats(),
            audio=sound.stats() if self._sound_wanted else None,
            remote_video=remotes[0],
            remote_audio=remotes[1],
            candidate_pair=CandidatePairStats(sender.link.estimate_bps, trips[0] if trips else None),
            sender=SenderStats(
                frames_dropped=self._dropped_frames,
                copied_packets_sent=counts.copied_packets_sent,
                repair_packets_sent=counts.repair_packets_sent,
                probe_packets_sent=counts.probe_packets_sent,
                queue_delay=sender.link.queue_s,
                feedback_loss=sender.link.loss_fraction,
                remb=sender.link.remb_bps,
            ),
        )

    # --- life --------------------------------------------------------------------------------------

    def _set_state(self, state: PeerState, reason: str = "") -> None:
        """The one way to another state. Raises PeerClosed where there is no such step."""
        if not allowed(self._state, state):
            raise PeerClosed(f"this connection is {self._state}; it can't become {state}")
        log.debug("peer_state", before=self._state, after=state, reason=reason)
        self._state = state
        self._events.on_state(state, reason)

    def _on_connection_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and self._state is PeerState.CONNECTING:
            self._set_state(PeerState.CONNECTED)
        elif state in ("failed", "closed") and self._state is not PeerState.CLOSED:
            self._set_state(PeerState.CLOSED, state)

    def _encoder_replaced(self, replaced: EncoderReplaced) -> None:
        """Called on the thread that encodes, which the loop outlives: asyncio.run waits for its threads."""
        self._loop.call_soon_threadsafe(self._events.on_encoder_replaced, replaced)

    def _on_encoder_failed(self, reason: str) -> None:
        log.error("encoder_failed", error=reason)
        if self._state is not PeerState.CLOSED:
            self._set_state(PeerState.CLOSED, "encoder-failed")

    async def close(self, reason: str) -> None:
        """See Peer.close."""
        self._slot.close()
        if self._state is not PeerState.CLOSED:
            self._set_state(PeerState.CLOSED, reason)
        if self._freed:
            return
        self._freed = True
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._connection.close()
        except TimeoutError:
            log.warning("peer_close_timed_out", reason=reason)


def carry_transport_first(connection: RTCPeerConnection, offer_sdp: str) -> None:
    """The offer's first section carries the transport of all (RFC 9143, section 7.2). aiortc takes its own first
    transceiver for that, and would stop the common transport where the offer begins with another section."""
    first = next(line for line in offer_sdp.splitlines() if line.startswith("m=")).split()[0].removeprefix("m=")
    for transceiver in connection.getTransceivers():
        transceiver._bundled = transceiver.kind != first
    if connection.sctp is not None:
        connection.sctp._bundled = first != "application"


def replace_sender(transceiver: RTCRtpTransceiver, sender: RTCRtpSender) -> None:
    """Put our sender in the place of the one that RTCPeerConnection made, which it gives no way to choose.
    Only before the first description is set, as then the old one has not begun anything."""
    old = transceiver.sender
    sender._stream_id = old._stream_id
    transceiver.receiver._set_rtcp_ssrc(sender._ssrc)
    setattr(transceiver, UPSTREAM_SENDER, sender)
