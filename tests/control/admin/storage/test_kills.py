"""An admin that is killed (SIGKILL) at random moments of uploads loses nothing, records no half, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.admin_process import AdminProcess
from bench.kills.admin_kills import AdminKills


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_kill_9_at_random_moments(tmp_path: Path, seed: int) -> None:
    with AdminProcess(tmp_path / "admin") as admin:
        admin.kill()
        outcome = await AdminKills(tmp_path, admin, seed).run(5)
    assert outcome.kills == 5
    assert outcome.package_bytes > 0
