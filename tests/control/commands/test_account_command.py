"""``edge-render admin add-account``, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from control.admin.access.accounts import all_accounts
from control.admin.access.passwords import Passwords
from control.admin.database import Database

PASSWORD = "correct horse battery"


def _add(folder: Path, *arguments: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from control.cli import main; main()", "admin", "add-account", *arguments]
    return subprocess.run(
        [*command, "--data-folder", str(folder)], input=f"{password}\n", text=True, capture_output=True, check=False
    )


def test_an_operator_makes_an_account_and_later_gives_it_a_new_password(tmp_path: Path) -> None:
    made = _add(tmp_path, "anna", "--role", "administrator")
    assert (made.returncode, made.stderr) == (0, "edge-render: anna can log in, as administrator\n")
    assert _add(tmp_path, "anna", "--role", "administrator", password="another long password").returncode == 0
    with Database(f"sqlite:///{tmp_path / 'admin.sqlite3'}") as database, database.reading() as session:
        account = all_accounts(session)[0]
    assert (account.name, account.role) == ("anna", "administrator")
    assert Passwords().check("another long password", account.password_hash)


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    refused = _add(tmp_path, "anna", password="short")
    assert (refused.returncode, "12 to 200 characters" in refused.stderr) == (1, True)
    wrong = _add(tmp_path, "anna", "--role", "king")
    assert (wrong.returncode, "role" in wrong.stderr) == (2, True)
    assert PASSWORD not in refused.stderr + wrong.stderr
