"""``edge-render sites`` and ``edge-render rollback SITE SHOWROOM``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from control.admin_client.connection import AdminConnection
from control.admin_client.progress import Progress
from control.admin_client.releaser import Releaser
from control.admin_client.replies import NodeReply, SiteReply
from control.commands.client_command import client_parser, run_with_admin, slug
from control.commands.command_progress import shown

_HEADINGS = ("SITE", "CONDITION", "CLASS", "NODES", "VISITS", "SHOWROOMS")


def run_sites(arguments: list[str]) -> int:
    """Print all sites; returns the exit status. Wrong usage ends the process with 2."""
    parser = client_parser("sites", "List the sites: what they show, and how their nodes are.", 60.0)
    parser.add_argument("--json", action="store_true", help="print one JSON list, for machines")
    options = parser.parse_args(arguments)

    async def work(connection: AdminConnection, progress: Progress) -> None:
        sites = await Releaser(connection, progress).sites()
        sys.stdout.write(_as_json(sites) if options.json else _as_table(sites))

    return run_with_admin(parser, options, work)


def run_rollback(arguments: list[str]) -> int:
    """Have a site show what it showed before; returns the exit status. Wrong usage ends the process with 2."""
    parser = client_parser("rollback", "Have a site show the version of a showroom that it showed before.", 600.0)
    parser.add_argument("site", metavar="SITE", type=slug)
    parser.add_argument("showroom", metavar="SHOWROOM", type=slug)
    parser.add_argument("--wait", action="store_true", help="end when all its nodes show it, or one can't")
    options = parser.parse_args(arguments)

    async def work(connection: AdminConnection, progress: Progress) -> None:
        releaser = Releaser(connection, progress)
        site = await releaser.roll_back(options.site, options.showroom)
        version = next((item.version for item in site.showrooms if item.showroom == options.showroom), None)
        progress.say(f"ordered {options.showroom}/{version} at {site.slug}")
        if options.wait:
            await releaser.wait_for_site(site.slug, options.showroom, options.timeout)
        sys.stdout.write(f"{site.slug} goes back to {options.showroom}/{version}\n")

    return run_with_admin(parser, options, work)


def _as_json(sites: Sequence[SiteReply]) -> str:
    return json.dumps([site.model_dump(mode="json") for site in sites], ensure_ascii=False, indent=2) + "\n"


def _as_table(sites: Sequence[SiteReply]) -> str:
    rows = [_HEADINGS, *(_row(site) for site in sites)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{shown(line)}\n" for line in lines)


def _row(site: SiteReply) -> tuple[str, ...]:
    live = [node for node in site.nodes if node.live]
    showrooms = ", ".join(_showroom(site, live, index) for index in range(len(site.showrooms)))
    visits, visits_max = (sum(getattr(node.report, name) for node in live) for name in ("visits", "visits_max"))
    nodes = f"{len(live)} of {len(site.nodes)}"
    return site.slug, site.condition, site.edge_class, nodes, f"{visits} of {visits_max}", showrooms or "none"


def _showroom(site: SiteReply, live: Sequence[NodeReply], index: int) -> str:
    """What was ordered, and what of it is not so yet."""
    ordered = site.showrooms[index]
    told = [item for node in live for item in node.report.showrooms if item.release == ordered.release]
    behind = sorted({item.state for item in told if item.state != "showing"})
    return f"{ordered.showroom}/{ordered.version}" + (f" ({', '.join(behind)})" if behind else "")
