"""From drawn frames to the visitor: encoding, rate, WebRTC."""

from stream.aiortc_peer import AiortcPeer
from stream.broadcast import Broadcast
from stream.encoder_probe import X264, EncoderKind, choose_encoders
from stream.errors import EncoderError, PeerClosed, SignallingError, StreamError
from stream.peer import Channel, FrameSent, Peer, PeerEvents
from stream.peer_state import PeerState
from stream.peer_stats import PeerStats
from stream.settings import StreamSettings
from stream.video_codec import VideoCodec

__all__ = [
    "X264",
    "AiortcPeer",
    "Broadcast",
    "Channel",
    "EncoderError",
    "EncoderKind",
    "FrameSent",
    "Peer",
    "PeerClosed",
    "PeerEvents",
    "PeerState",
    "PeerStats",
    "SignallingError",
    "StreamError",
    "StreamSettings",
    "VideoCodec",
    "choose_encoders",
]
