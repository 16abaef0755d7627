"""A node whose drawing costs nothing, as if a GPU did it: it shows recorded pictures.

``python -m bench.density.recorded_node --package FOLDER --port PORT --turn FILE --max-visits 40``
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import structlog
import uvicorn

from bench.recorded_renderer import RecordedRenderer, RecordedTurn
from control.edge_http import create_app
from control.edge_node import EdgeNode
from control.edge_parts import guide_parts, peer_maker
from control.settings import NodeSettings
from edge_render.errors import EdgeRenderError
from edge_render.package import open_package


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="bench.density.recorded_node")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--turn", type=Path, required=True, help="the file of record_turn()")
    parser.add_argument("--max-visits", type=int, default=4)
    parser.add_argument("--max-followers", type=int, default=50)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    turn = RecordedTurn(options.turn)
    settings = NodeSettings(
        port=options.port,
        pixel_format="i420",
        max_width=turn.width,
        max_height=turn.height,
        max_visits=options.max_visits,
        max_followers=options.max_followers,
    )
    failures: list[EdgeRenderError] = []

    def stop_for(error: EdgeRenderError) -> None:
        failures.append(error)
        server.should_exit = True

    make_peer, package = peer_maker(settings), open_package(options.package)
    node = EdgeNode(settings, package, lambda: RecordedRenderer(turn), make_peer, stop_for, guide_parts(settings))
    config = uvicorn.Config(
        create_app(node), port=options.port, log_level="warning", lifespan="on", timeout_graceful_shutdown=3
    )
    server = uvicorn.Server(config)
    server.run()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main()
