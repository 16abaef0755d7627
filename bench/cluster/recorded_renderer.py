"""A renderer of a fleet whose drawing costs nothing, so that many fit on one machine: it shows recorded pictures. All
else is real. Options are by ``EDGE_RENDER_…``, as the manifests give them.

``python -m bench.cluster.recorded_renderer --package FOLDER --turn FILE``
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.recorded_renderer import RecordedRenderer, RecordedTurn
from control.log_format import configure_logging
from control.node.edge_node import EdgeNode
from control.node.edge_parts import guide_parts, network_settings, peer_maker
from control.node.server import StopFor, serve
from control.settings import NodeSettings
from edge_render.package import open_package
from stream import open_network


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="bench.cluster.recorded_renderer")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--turn", type=Path, required=True, help="the file of record_turn()")
    options = parser.parse_args()
    configure_logging()
    turn = RecordedTurn(options.turn)
    settings = NodeSettings(pixel_format="i420", max_width=turn.width, max_height=turn.height)
    package = open_package(options.package)
    with open_network(network_settings(settings)) as network:
        peers, guides = peer_maker(settings, network), guide_parts(settings, network)

        def make_node(stop_for: StopFor) -> EdgeNode:
            return EdgeNode(settings, package, lambda: RecordedRenderer(turn), peers, stop_for, guides)

        serve(settings, make_node)


if __name__ == "__main__":
    main()
