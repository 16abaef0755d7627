"""From drawn frames to the visitor: encoding, rate, WebRTC."""

from stream.aiortc_peer import AiortcPeer
from stream.broadcast import Broadcast
from stream.encoder_probe import choose_codec
from stream.errors import EncoderError, PeerClosed, SignallingError, StreamError
from stream.peer import Channel, FrameSent, Peer, PeerEvents
from stream.peer_state import PeerState
from stream.peer_stats import PeerStats
from stream.settings import StreamSettings

__all__ = [
    "AiortcPeer",
    "Broadcast",
    "Channel",
    "EncoderError",
    "FrameSent",
    "Peer",
    "PeerClosed",
    "PeerEvents",
    "PeerState",
    "PeerStats",
    "SignallingError",
    "StreamError",
    "StreamSettings",
    "choose_codec",
]
