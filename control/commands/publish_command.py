"""``edge-render publish DIR``: from a package's folder to the sites that show it."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

from control.admin_client.connection import AdminConnection
from control.admin_client.package import read_package
from control.admin_client.progress import Progress
from control.admin_client.publisher import DraftPlan, Publisher
from control.admin_client.releaser import Releaser, RolloutPlan
from control.commands.client_command import client_parser, run_with_admin, slug
from control.content.names import EdgeClass

_EXAMPLES: Final = """examples:
  edge-render publish branch --showroom branch --site lounge-1 --wait
  edge-render publish branch --showroom branch --wave lounge-1 --wave lounge-2,lounge-3 --at 2027-01-15T22:00+08:00
"""


def run_publish(arguments: list[str]) -> int:
    """Upload, validate, publish, roll out; returns the exit status. Wrong usage ends the process with 2."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.site and options.wave:
        parser.error("--site is for one wave of all sites: with --wave, name them there")
    waves: tuple[tuple[str, ...], ...] = tuple(options.wave) or ((tuple(options.site),) if options.site else ())
    sites = [site for wave in waves for site in wave]
    if len(set(sites)) != len(sites):
        parser.error("a site is named twice")
    if not waves and (options.wait or options.at is not None or options.skip_absent):
        parser.error("--wait, --at and --skip-absent are about sites: name some with --site or --wave")
    if options.draft and waves:
        parser.error("a draft can't be rolled out: leave out --draft, or the sites")
    draft = DraftPlan(options.showroom, options.edge_class, options.note, options.create)
    rollout = RolloutPlan(waves, options.at, options.on_failure, options.skip_absent) if waves else None

    async def work(connection: AdminConnection, progress: Progress) -> None:
        releaser = Releaser(connection, progress)
        if rollout is not None:
            await releaser.check_sites(sites)
        package = await read_package(options.folder, progress)
        publisher = Publisher(connection, progress, options.timeout)
        version = await publisher.validate(await publisher.draft(package, draft))
        if options.draft:
            sys.stdout.write(f"{version.name} validated\n")
            return
        version = await publisher.publish(version)
        if rollout is not None:
            begun = await releaser.roll_out(version, rollout)
            if options.wait:
                await releaser.wait(begun, options.timeout)
        sys.stdout.write(f"{version.name} published\n")

    return run_with_admin(parser, options, work)


def _parser() -> argparse.ArgumentParser:
    parser = client_parser("publish", "Publish the folder of a package, and roll it out to sites.", 3600.0)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder with showroom.json")
    parser.add_argument("--showroom", required=True, type=slug, help="the showroom that it is a version of")
    parser.add_argument("--create", action="store_true", help="make the showroom where there is none of that name")
    parser.add_argument("--note", default="", help="what is new, for people")
    parser.add_argument(
        "--edge-class",
        choices=get_args(EdgeClass),
        default="software",
        help="the weakest edges that it is for, whose budgets it is held against (default: %(default)s)",
    )
    parser.add_argument("--draft", action="store_true", help="upload and validate, and leave publishing to somebody")
    parser.add_argument("--site", action="append", default=[], type=slug, help="a site to show it at; may be repeated")
    parser.add_argument(
        "--wave",
        action="append",
        default=[],
        type=_wave,
        metavar="SITE[,SITE]",
        help="sites that follow when those of the --wave before are healthy; may be repeated",
    )
    parser.add_argument(
        "--at", type=_time, metavar="TIME", help="when to begin: ISO 8601, in local time without a zone"
    )
    parser.add_argument(
        "--on-failure", choices=("pause", "roll-back"), default="pause", help="where a node can't show it (%(default)s)"
    )
    parser.add_argument("--skip-absent", action="store_true", help="wait 3 minutes at most for sites without a node")
    parser.add_argument("--wait", action="store_true", help="end when all sites show it, or it has failed")
    return parser


def _wave(text: str) -> tuple[str, ...]:
    return tuple(slug(site.strip()) for site in text.split(","))


def _time(text: str) -> float:
    """Unix seconds."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: it must be like 2027-01-15T22:00+08:00") from error
