"""What the benches' nodes have in common: real ones, but for their drawing, which is recorded pictures."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

import structlog

from bench.recorded_renderer import RecordedRenderer, RecordedTurn
from control.node.edge_node import EdgeNode
from control.node.reception import GuideParts
from control.node.server import serve
from control.settings import NodeSettings
from control.visits.stay import MakePeer
from edge_render.package import open_package


def recorded_node_options(program: str) -> argparse.ArgumentParser:
    """The options of every such node."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--turn", type=Path, required=True, help="the file of record_turn()")
    parser.add_argument("--max-visits", type=int, default=4)
    return parser


def serve_recorded(
    options: argparse.Namespace,
    make_peer: Callable[[NodeSettings, RecordedTurn], MakePeer],
    make_guides: Callable[[NodeSettings], GuideParts] | None = None,
    max_followers: int = 50,
) -> None:
    """Serve until a signal ends the process, at the size of the recorded pictures; guided visits where ``make_guides``
    makes their parts."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    turn = RecordedTurn(options.turn)
    settings = NodeSettings(
        port=options.port,
        pixel_format="i420",
        max_width=turn.width,
        max_height=turn.height,
        max_visits=options.max_visits,
        max_followers=max_followers,
    )
    package, peers = open_package(options.package), make_peer(settings, turn)
    guides = None if make_guides is None else make_guides(settings)
    serve(
        settings,
        lambda stop_for: EdgeNode(settings, package, lambda: RecordedRenderer(turn), peers, stop_for, guides),
    )
