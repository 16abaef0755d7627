"""The transport contract: what a visit needs of a WebRTC peer, whatever library it is made of.

A peer sends one video stream made of the newest frames put into it, and carries text on two data
channels. Its life is PeerState. All methods are called on the event loop but ``put_frame``, which any
thread may call. A peer is an owned resource: who makes it awaits ``close`` in every case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from edge_render.frame import Frame
from stream.audio.audio_source import AudioSource
from stream.codec.fallback_encoder import EncoderReplaced
from stream.peer_state import PeerState
from stream.peer_stats import PeerStats
from stream.picture.quality import PicturePlan

Channel = Literal["pose", "command"]


@dataclass(frozen=True, slots=True)
class FrameSent:
    """A frame left for the network: ``rtp_timestamp`` is the one on the wire (RFC 3550, 90 kHz)."""

    frame: Frame
    rtp_timestamp: int
    size_bytes: int
    key_frame: bool
    queue_ms: float
    encode_ms: float
    send_ms: float


@dataclass(frozen=True, slots=True)
class PeerEvents:
    """What the peer tells its owner; all are called on the event loop and must not block."""

    on_state: Callable[[PeerState, str], None]
    """New state and, for CLOSED, the reason."""
    on_message: Callable[[Channel, str | bytes], None]
    on_channel_open: Callable[[Channel], None]
    on_frame_sent: Callable[[FrameSent], None]
    on_refused: Callable[[Frame], None]
    """A frame was dropped because a newer one came."""
    on_alive: Callable[[], None]
    """The visitor's receiver reported on the stream: a sign of life also of players that send no messages."""
    on_plan: Callable[[PicturePlan], None] = lambda _plan: None
    """Pictures should become larger or smaller, more or fewer, as the link carries more or less."""
    on_encoder_replaced: Callable[[EncoderReplaced], None] = lambda _replaced: None
    """An encoder failed; the stream goes on with another, perhaps in another codec."""


class Peer(Protocol):
    """One visitor's connection."""

    @property
    def state(self) -> PeerState: ...

    async def answer(self, offer_sdp: str) -> str:
        """Take the visitor's offer, return the answer. Raises SignallingError."""
        ...

    async def offer(self) -> str:
        """Make an offer (for visitors that can't); ``accept`` takes the answer."""
        ...

    async def accept(self, answer_sdp: str) -> None:
        """Take the answer to our offer. Raises SignallingError."""
        ...

    async def add_candidates(self, sdp_fragment: str) -> None:
        """Take trickled candidates (RFC 8840). Raises SignallingError."""
        ...

    def put_frame(self, frame: Frame) -> None:
        """Send this frame as soon as possible; replaces one that still waits. Any thread."""
        ...

    def play(self, source: AudioSource | None) -> None:
        """Play this sound to the visitor from now on, in place of any before; None: silence."""
        ...

    def mute(self, muted: bool) -> None:
        """Send no sound while ``muted``. A visitor with a control channel is muted until told otherwise, a player
        without one is not."""
        ...

    def send_message(self, channel: Channel, text: str) -> bool:
        """Send text; False where the channel is not open or its buffer is full."""
        ...

    def stats(self) -> PeerStats:
        """What is known of the stream and its link at present."""
        ...

    async def close(self, reason: str) -> None:
        """Free everything; may be called in any state, more than once."""
        ...
