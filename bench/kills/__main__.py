"""``make bench-kills``: kills an edge's follower at random moments; prints what was interrupted, and what it cost."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench.kills.edge_kills import PIECE_S, Broken, EdgeKills, Outcome
from bench.kills.site_stand_in import SiteStandIn


async def kill_edge(kills: int, seed: int) -> Outcome:
    """Raises Broken."""
    with tempfile.TemporaryDirectory(prefix="edge-render-kills-") as folder:
        async with SiteStandIn(piece_s=PIECE_S) as site:
            return await EdgeKills(Path(folder) / "content", site, seed).run(kills)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-kills")
    parser.add_argument("--kills", type=int, default=50, help="how often each is killed")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random, but for how fast processes are")
    options = parser.parse_args()
    print("edge")
    try:
        outcome = asyncio.run(kill_edge(options.kills, options.seed))
    except Broken as broken:
        print(f"  broken: {broken}")
        return 1
    for where, times in sorted(outcome.where.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {times:4} killed in or before: {where}")
    print(
        f"  {outcome.kills:4} kills, {outcome.versions} versions ordered: whatever was shown was whole, and came back"
    )
    surplus = outcome.moved_bytes - outcome.needed_bytes
    print(f"  {outcome.moved_bytes / 2**20:.1f} MiB of blobs moved, {surplus / 2**20:+.1f} MiB against each once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
