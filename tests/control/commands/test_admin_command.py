"""``edge-render admin``: how it tells that it can't serve, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "from control.cli import main; main()"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--blob-url", "ftp://somewhere"], "--blob-url begins with ftp"),
        (["--blob-url", "s3://bucket", "--blob-endpoint", "http://127.0.0.1:9"], "blob store can't be used"),
        (["--database-url", "mysql://anna:s3cret@somewhere/x"], "database URL begins with mysql"),
        (["--database-url", "postgresql+psycopg://anna:s3cret@127.0.0.1:9/x"], "database does not answer"),
        (["--validators", "many"], "--validators"),
    ],
)
def test_what_can_not_be_used_is_told_in_a_line(tmp_path: Path, options: list[str], told: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    command = [sys.executable, "-c", PROGRAM, "admin", "--data-folder", str(tmp_path), "--port", "0", *options]
    ended = subprocess.run(command, env=keys, capture_output=True, text=True, check=False)
    assert ended.returncode in (1, 2)
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "s3cret" not in ended.stderr


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_closes_what_it_opened(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "bench.kills.admin_program", "0", "--data-folder", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as admin:
        assert admin.stdout is not None
        assert json.loads(admin.stdout.readline()) == {"serves": True}
        admin.send_signal(ending)
        _out, errors = admin.communicate()
    assert admin.returncode in (0, -ending, 128 + ending), errors
    assert not list(tmp_path.glob("*.sqlite3-wal"))  # SQLite removes it when the last connection is closed
