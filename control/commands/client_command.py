"""What the commands that work with an admin elsewhere have in common: whom they talk to, and how they end."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import SecretStr

from control.admin_client.connection import AdminConnection
from control.admin_client.errors import BadAddress, ClientError
from control.admin_client.progress import Progress
from control.commands.command_progress import command_progress, shown
from control.content.names import SLUG_PATTERN
from control.errors import ControlError

URL_VARIABLE: Final = "EDGE_RENDER_ADMIN_URL"
TOKEN_VARIABLE: Final = "EDGE_RENDER_TOKEN"  # the variable's name
DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
PATIENCE_S: Final = 300.0
"""An admin that does not answer is asked again for so long, if the command may take as long."""
Work = Callable[[AdminConnection, Progress], Awaitable[None]]


def client_parser(name: str, description: str, timeout_s: float) -> argparse.ArgumentParser:
    """With the options that say which admin, who asks, and how long anything is waited for."""
    parser = argparse.ArgumentParser(f"edge-render {name}", description=description)
    parser.add_argument(
        "--admin", metavar="URL", help=f"the admin's address, as in https://admin.example; else ${URL_VARIABLE}"
    )
    parser.add_argument(
        "--token", help=f"an API token, which others on this machine may see here: better in ${TOKEN_VARIABLE}"
    )
    parser.add_argument(
        "--timeout", type=seconds, default=timeout_s, metavar="S", help="how long to wait for anything (%(default)g s)"
    )
    return parser


def slug(text: str) -> str:
    """A showroom's or a site's name, as an option's type."""
    if not re.fullmatch(SLUG_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name: lower-case letters, digits and hyphens, at most 63")
    return text


def seconds(text: str) -> float:
    """A time to wait, as an option's type."""
    try:
        told = float(text)
    except ValueError:
        told = math.nan
    if not 0 < told < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return told


def run_with_admin(parser: argparse.ArgumentParser, options: argparse.Namespace, work: Work) -> int:
    """Do it; returns the exit status: 0 done, 1 refused or failed, 2 used wrongly, 130 interrupted."""
    url = options.admin or os.environ.get(URL_VARIABLE)
    token = options.token or os.environ.get(TOKEN_VARIABLE)
    if not url:
        parser.error(f"which admin? give --admin or set {URL_VARIABLE}")
    if not token:
        parser.error(f"set {TOKEN_VARIABLE} to an API token, which the admin's page makes")
    if not (token.isascii() and token.isprintable()) or " " in token:
        parser.error("the token has characters that no token has")
    progress = command_progress()

    def say_again(error: ClientError) -> None:
        # Without a word, a wrong address looks as if the command hung.
        progress.say(f"{shown(str(error))}; trying again for {connection.patience_s:g} s (Ctrl-C ends)")

    try:
        connection = AdminConnection(url, SecretStr(token), min(PATIENCE_S, options.timeout), on_failed_try=say_again)
    except BadAddress as error:
        parser.error(str(error))
    if connection.sends_in_the_clear:
        progress.say(f"warning: {connection.origin} is not https: others on the way can read the token")
    try:
        asyncio.run(_run(connection, progress, work))
    except ControlError as error:
        sys.stderr.write(f"edge-render: {shown(str(error))}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("edge-render: interrupted; what was uploaded by now is not sent again next time\n")
        return INTERRUPTED
    return DONE


async def _run(connection: AdminConnection, progress: Progress, work: Work) -> None:
    async with connection:
        await work(connection, progress)
