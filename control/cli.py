"""The command line: finds the command, and imports what that needs and no more."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

USAGE = """usage: edge-render COMMAND [--option value ...]

  demo           serve the demo showroom
  node           serve a showroom package (--package FOLDER), or what the admin orders for a site (--admin-url URL)
  gateway        let visitors in to many nodes: queue, tokens, signalling (gateway-keys: make the key that it signs by)
  admin          serve the cloud admin (admin add-account NAME: make an account)
  validate PATH  say what is wrong with a model or a package, and where (exit status 0: fine, 1: refused)

with an admin elsewhere, by its address and an API token (EDGE_RENDER_ADMIN_URL, EDGE_RENDER_TOKEN):
  publish DIR              publish a package's folder, and roll it out to sites
  sites                    list the sites: what they show, and how their nodes are
  rollback SITE SHOWROOM   have a site show what it showed before

`edge-render COMMAND --help` lists the options; those of servers have a variable EDGE_RENDER_... for each.
"""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; ends the process with its status: 1 where it can't be done, 2 where it is used wrongly."""
    arguments = sys.argv[1:] if arguments is None else arguments
    asked = arguments[:1] in (["-h"], ["--help"])
    # What is imported stays as long as the process: looking for garbage in it, meanwhile and later, finds none, and
    # takes a quarter of the time until the admin serves.
    gc.disable()
    command = _command(arguments[0]) if arguments and not asked else None
    gc.freeze()
    gc.enable()
    if command is None:
        (sys.stdout if asked else sys.stderr).write(USAGE)
        raise SystemExit(0 if asked else 2)
    raise SystemExit(command(arguments[1:]))


def _command(name: str) -> Callable[[list[str]], int] | None:
    match name:
        case "demo":
            from control.commands.serve_commands import run_demo

            return run_demo
        case "node":
            from control.commands.serve_commands import run_node

            return run_node
        case "gateway":
            from control.commands.gateway_command import run_gateway

            return run_gateway
        case "gateway-keys":
            from control.commands.gateway_keys_command import run_gateway_keys

            return run_gateway_keys
        case "admin":
            from control.commands.admin_command import run_admin

            return run_admin
        case "validate":
            from control.commands.validate_command import run_validate

            return run_validate
        case "publish":
            from control.commands.publish_command import run_publish

            return run_publish
        case "sites":
            from control.commands.sites_command import run_sites

            return run_sites
        case "rollback":
            from control.commands.sites_command import run_rollback

            return run_rollback
    return None
