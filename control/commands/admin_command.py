"""``edge-render admin``: serve the cloud admin, or print its public keys. Options are those of AdminSettings."""

from __future__ import annotations

import sys

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsConfigDict

from control.admin.server import AdminServer
from control.admin.settings import AdminSettings
from control.commands.account_command import run_add_account
from control.commands.admin_keys_command import print_trusted_keys
from control.commands.option_errors import tell_wrong_options
from control.errors import ControlError
from control.log_format import configure_logging


class AdminCommand(AdminSettings):
    """Serve the cloud admin.

    `edge-render admin keys`, with the same options, prints the keys that edges are to trust (--trusted-key)."""

    model_config = SettingsConfigDict(
        env_prefix="EDGE_RENDER_ADMIN_", cli_kebab_case=True, cli_prog_name="edge-render admin", cli_hide_none_type=True
    )


def run_admin(arguments: list[str]) -> int:
    """Serve until a signal comes, print the keys, or make an account; returns the exit status."""
    if arguments[:1] == ["add-account"]:
        return run_add_account(arguments[1:])
    asks_for_keys = arguments[:1] == ["keys"]
    arguments = arguments[asks_for_keys:]
    try:
        settings = CliApp.run(AdminCommand, cli_args=arguments)
    except ValidationError as error:
        tell_wrong_options(error, "edge-render admin: --")
        return 2
    configure_logging()
    if asks_for_keys:
        return print_trusted_keys(settings)
    server = AdminServer(settings)
    sys.stderr.write(f"edge-render: admin at http://{settings.host}:{settings.port}/\n")
    try:
        server.run()
    except ControlError as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    return 0 if server.started else 1
