"""``edge-render admin keys`` as those who set edges up use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fastapi.testclient import TestClient

from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.key_changes import trusted_keys
from control.admin.settings import AdminSettings
from control.content.trust import parse_keys


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit status, and what was printed. In a process of its own: what it sets up for logging ends with it."""
    command = [sys.executable, "-c", "from control.cli import main; main()", "admin", "keys", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    return done.returncode, done.stdout, done.stderr


def test_the_keys_are_known_before_the_admin_first_runs(tmp_path: Path) -> None:
    status, out, _ = run("--data-folder", str(tmp_path / "new"))
    assert status == 0
    settings = AdminSettings(data_folder=tmp_path / "new")
    app = create_admin_app(lambda: open_parts(settings))
    with TestClient(app), app.state.parts.database.reading() as session:
        assert parse_keys(out) == trusted_keys(session)
        # Beside an admin that runs, too.
        assert run("--data-folder", str(tmp_path / "new"))[1] == out


def test_a_folder_that_can_t_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    status, out, told = run("--data-folder", str(tmp_path / "file" / "data"))
    assert (status, out) == (1, "")
    assert "can't be used: Not a directory" in told


def test_wrong_options_are_told_apart() -> None:
    assert run("--surprise", "x")[0] == 2
