"""``edge-render admin add-account``: make a local account without a running admin, such as the first administrator."""

from __future__ import annotations

import getpass
import os
import sys
import time
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import CliApp, CliPositionalArg, SettingsConfigDict

from control.admin.access.accounts import add_account, find_account, set_disabled, set_password_hash, set_role
from control.admin.access.actor import SYSTEM, Role
from control.admin.access.passwords import Passwords
from control.admin.database import Database, database_url
from control.admin.migrations import migrate
from control.admin.settings import AdminSettings
from control.commands.option_errors import tell_wrong_options
from control.errors import ControlError

PASSWORD_VARIABLE = "EDGE_RENDER_ADMIN_NEW_PASSWORD"


class AddAccountCommand(AdminSettings):
    """Make a local account, or give one that exists a new password and this role. The password comes from a prompt,
    from standard input, or from the variable EDGE_RENDER_ADMIN_NEW_PASSWORD: the list of processes shows arguments."""

    model_config = SettingsConfigDict(
        env_prefix="EDGE_RENDER_ADMIN_",
        cli_kebab_case=True,
        cli_prog_name="edge-render admin add-account",
        cli_hide_none_type=True,
    )
    name: CliPositionalArg[str] = Field(description="Its name, in lower case; may be an e-mail address.")
    role: Literal["viewer", "editor", "publisher", "administrator"] = Field("viewer", description="What it may do.")


def run_add_account(arguments: list[str]) -> int:
    """Make it; returns the exit status."""
    try:
        command = CliApp.run(AddAccountCommand, cli_args=arguments)
    except ValidationError as error:
        tell_wrong_options(error, "edge-render admin add-account: ")
        return 2
    try:
        password_hash = Passwords().hash_new(_password(), command.name)
        command.data_folder.mkdir(parents=True, exist_ok=True)
        with Database(database_url(command)) as database:
            migrate(database)
            _keep(database, command.name, Role.of(command.role), password_hash)
    except (ControlError, OSError) as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    sys.stderr.write(f"edge-render: {command.name} can log in, as {command.role}\n")
    return 0


def _keep(database: Database, name: str, role: Role, password_hash: str) -> None:
    now = time.time()
    with database.session() as session:
        account = find_account(session, name)
        if account is None:
            add_account(session, SYSTEM, name, role, now, password_hash=password_hash)
            return
        # Whoever can do this owns the database: it is the way back in where all passwords are lost.
        set_disabled(session, SYSTEM, account, False, now)
        set_role(session, SYSTEM, account, role, now)
        set_password_hash(session, SYSTEM, account, password_hash, now)


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != typed:
        raise ControlError("the two passwords differ")
    return typed
