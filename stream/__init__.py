"""From drawn frames to the visitor: encoding, rate, WebRTC."""

from stream.broadcast.broadcast import Broadcast
from stream.codec.encoder_probe import X264, EncoderKind, choose_encoders
from stream.codec.video_codec import VideoCodec
from stream.errors import EncoderError, MediaNetworkError, PeerClosed, SignallingError, StreamError
from stream.peer import Channel, FrameSent, Peer, PeerEvents
from stream.peer_state import PeerState
from stream.peer_stats import PeerStats
from stream.settings import StreamSettings
from stream.webrtc.aiortc_peer import AiortcPeer
from stream.webrtc.media_network import MediaNetwork, NetworkSettings, open_network

__all__ = [
    "X264",
    "AiortcPeer",
    "Broadcast",
    "Channel",
    "EncoderError",
    "EncoderKind",
    "FrameSent",
    "MediaNetwork",
    "MediaNetworkError",
    "NetworkSettings",
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
    "open_network",
]
