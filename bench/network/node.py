"""A node for the network bench: the real one, with recorded pictures and a chosen sender.

``python -m bench.network.node --package FOLDER --port PORT --turn FILE --sender ours``
"""

from __future__ import annotations

from typing import Any, cast

from bench.network.senders import SENDERS
from bench.network.stamp import stamp
from bench.recorded_node import recorded_node_options, serve_recorded
from bench.recorded_renderer import picture_index
from control.visits.stay import MakePeer
from edge_render.frame import Frame
from stream.codec.video_codec import VideoCodec
from stream.peer import Peer, PeerEvents


class StampedPeer:
    """A peer whose frames get their strip (bench/network/stamp.py) on the way in; all else is the peer's own."""

    def __init__(self, peer: Peer, views: int) -> None:
        self._peer = peer
        self._views = views

    def put_frame(self, frame: Frame) -> None:
        yaw_rad, _ = frame.pose.yaw_pitch()
        self._peer.put_frame(stamp(frame, picture_index(yaw_rad, self._views)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._peer, name)


def stamping(make_peer: MakePeer, views: int) -> MakePeer:
    """Makes the same peers, with stamped frames."""

    def make(events: PeerEvents, codec: VideoCodec | None = None) -> Peer:
        return cast(Peer, StampedPeer(make_peer(events, codec), views))

    return make


def main() -> None:
    """Serve until a signal ends the process."""
    parser = recorded_node_options("bench.network.node")
    parser.add_argument("--sender", choices=SENDERS, required=True)
    options = parser.parse_args()
    serve_recorded(options, lambda settings, turn: stamping(SENDERS[options.sender](settings), turn.views))


if __name__ == "__main__":
    main()
