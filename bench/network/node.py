"""A node for the network bench: the real one, with recorded pictures and a chosen sender.

``python -m bench.network.node --package FOLDER --port PORT --turn FILE --sender ours``
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any, cast

import structlog
import uvicorn

from bench.network.senders import SENDERS
from bench.network.stamp import stamp
from bench.recorded_renderer import RecordedRenderer, RecordedTurn, picture_index
from control.edge_http import create_app
from control.edge_node import EdgeNode
from control.settings import NodeSettings
from control.stay import MakePeer
from edge_render.errors import EdgeRenderError
from edge_render.frame import Frame
from edge_render.package import open_package
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
    parser = argparse.ArgumentParser(prog="bench.network.node")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--turn", type=Path, required=True, help="the file of record_turn()")
    parser.add_argument("--sender", choices=SENDERS, required=True)
    parser.add_argument("--max-visits", type=int, default=4)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    turn = RecordedTurn(options.turn)
    settings = NodeSettings(
        port=options.port,
        pixel_format="i420",
        max_width=turn.width,
        max_height=turn.height,
        max_visits=options.max_visits,
    )
    failures: list[EdgeRenderError] = []

    def stop_for(error: EdgeRenderError) -> None:
        failures.append(error)
        server.should_exit = True

    make_peer = stamping(SENDERS[options.sender](settings), turn.views)
    node = EdgeNode(settings, open_package(options.package), lambda: RecordedRenderer(turn), make_peer, stop_for)
    config = uvicorn.Config(
        create_app(node), port=options.port, log_level="warning", lifespan="on", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    server.run()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main()
