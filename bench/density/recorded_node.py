"""A node whose drawing costs nothing, as if a GPU did it: it shows recorded pictures.

``python -m bench.density.recorded_node --package FOLDER --port PORT --turn FILE --max-visits 40``
"""

from __future__ import annotations

from bench.recorded_node import recorded_node_options, serve_recorded
from control.node.edge_parts import guide_parts, peer_maker


def main() -> None:
    """Serve until a signal ends the process."""
    parser = recorded_node_options("bench.density.recorded_node")
    parser.add_argument("--max-followers", type=int, default=50)
    options = parser.parse_args()
    serve_recorded(options, lambda settings, _turn: peer_maker(settings), guide_parts, options.max_followers)


if __name__ == "__main__":
    main()
