"""Folders for work that is under way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from control.admin.publishing.work_folders import clear_abandoned, work_folder

WORKER = """
import os, signal, sys
from pathlib import Path
from control.admin.publishing.work_folders import work_folder
with work_folder(Path(sys.argv[1]), "killed-") as folder:
    (folder / "file").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", WORKER, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [name.split("-")[0] for name in sorted(os.listdir(tmp_path))] == ["killed", "killed"]
    with work_folder(tmp_path, "mine-") as mine:
        clear_abandoned(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {mine.name, f"{mine.name}.lock"}
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_none_nothing_is_to_be_removed(tmp_path: Path) -> None:
    clear_abandoned(tmp_path / "never-made")
