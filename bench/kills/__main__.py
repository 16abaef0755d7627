"""``make bench-kills``: kills edges, admins and nodes at random moments; prints what was interrupted, at which cost."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.admin_process import AdminProcess
from bench.kills.admin_kills import AdminKills
from bench.kills.edge_kills import PIECE_S, EdgeKills
from bench.kills.node_kills import NodeKills
from bench.kills.promises import Broken
from bench.kills.site_stand_in import SiteStandIn
from bench.servers.postgresql import postgresql_server
from bench.servers.s3 import s3_server

NODE_KILLS_OF = 10
"""It takes so much longer: releases are validated, scenes loaded, pictures drawn."""


async def kill_edge(folder: Path, kills: int, seed: int) -> None:
    """An edge, in downloads, lay-outs and switches. Raises Broken."""
    async with SiteStandIn(piece_s=PIECE_S) as site:
        outcome = await EdgeKills(folder / "content", site, seed).run(kills)
    _print_where(outcome.where)
    print(
        f"  {outcome.kills:4} kills, {outcome.versions} versions ordered: whatever was shown was whole, and came back"
    )
    surplus = outcome.moved_bytes - outcome.needed_bytes
    print(f"  {outcome.moved_bytes / 2**20:.1f} MiB of blobs moved, {surplus / 2**20:+.1f} MiB against each once")


async def kill_admin(folder: Path, kills: int, seed: int) -> None:
    """An admin with SQLite and a folder, in uploads. Raises Broken."""
    await _kill_admin(folder, seed, kills)


async def kill_admin_on_servers(folder: Path, kills: int, seed: int) -> None:
    """An admin with PostgreSQL and S3, in uploads. Raises Broken."""
    (folder / "s3").mkdir()
    with postgresql_server() as postgresql, s3_server(folder / "s3") as s3, postgresql.database() as url:
        await _kill_admin(folder, seed, kills, database_url=url, **s3.settings())


async def _kill_admin(folder: Path, seed: int, kills: int, **settings: str) -> None:
    with AdminProcess(folder / "admin", **settings) as admin:
        admin.kill()
        outcome = await AdminKills(folder, admin, seed).run(kills)
    _print_where(outcome.where)
    print(f"  {outcome.kills:4} kills, {outcome.packages} packages uploaded: no blob was lost, none is there by halves")
    print(f"  {outcome.package_bytes / 2**20:.1f} MiB of packages")


async def kill_node(folder: Path, kills: int, seed: int) -> None:
    """A node process that follows an admin, in fetching, warming and switching. Raises Broken."""
    with AdminProcess(folder / "admin", healthy_s="0") as admin:
        outcome = await NodeKills(folder, admin, seed).run(max(1, kills // NODE_KILLS_OF))
    _print_where(outcome.where)
    print(f"  {outcome.kills:4} kills: each visitor saw something whole, and soon what was ordered")
    back_s = outcome.back_s
    print(
        f"  {outcome.switch_s:.1f} s from order to picture where nobody kills; {sum(back_s) / len(back_s):.1f} s from "
        f"the start after a kill ({max(back_s):.1f} s at most)"
    )


def _print_where(where: Counter[str]) -> None:
    for name, times in sorted(where.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {times:4} killed in or before: {name}")


VICTIMS = {"edge": kill_edge, "admin": kill_admin, "admin-on-servers": kill_admin_on_servers, "node": kill_node}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-kills")
    parser.add_argument(
        "--kills", type=int, default=50, help=f"how often each is killed; the node {NODE_KILLS_OF} times less often"
    )
    parser.add_argument("--seed", type=int, default=1, help="of all that is random, but for how fast processes are")
    parser.add_argument("--only", choices=sorted(VICTIMS), help="kill this one alone")
    options = parser.parse_args()
    for name, kill in VICTIMS.items():
        if options.only not in (None, name):
            continue
        print(f"{name}: {(kill.__doc__ or '').partition('.')[0]}", flush=True)
        began_at = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="edge-render-kills-") as folder:
                asyncio.run(kill(Path(folder), options.kills, options.seed))
        except Broken as broken:
            print(f"  broken: {broken}")
            return 1
        print(f"  {time.monotonic() - began_at:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
