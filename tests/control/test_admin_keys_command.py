"""``edge-render admin keys`` as those who set edges up use it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.key_changes import trusted_keys
from control.admin.settings import AdminSettings
from control.cli import main
from control.content.trust import parse_keys


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str, str]:
    """Exit status, and what was printed."""
    with pytest.raises(SystemExit) as ended:
        main(["admin", "keys", *arguments])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def test_the_keys_are_known_before_the_admin_first_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = run(capsys, "--data-folder", str(tmp_path / "new"))
    assert status == 0
    settings = AdminSettings(data_folder=tmp_path / "new")
    app = create_admin_app(lambda: open_parts(settings))
    with TestClient(app), app.state.parts.database.reading() as session:
        assert parse_keys(out) == trusted_keys(session)
        # Beside an admin that runs, too.
        assert run(capsys, "--data-folder", str(tmp_path / "new"))[1] == out


def test_a_folder_that_can_t_be_used_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    status, out, told = run(capsys, "--data-folder", str(tmp_path / "file" / "data"))
    assert (status, out) == (1, "")
    assert "can't be used: Not a directory" in told


def test_wrong_options_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--surprise", "x")[0] == 2
