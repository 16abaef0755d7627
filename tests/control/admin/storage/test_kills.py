"""An admin that is killed (SIGKILL) at random moments of uploads loses nothing, records no half, and comes back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bench.admin_process import AdminProcess
from bench.kills.admin_kills import AdminKills


async def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    """The bench kills hundreds of times."""
    admin = AdminProcess(tmp_path / "admin")
    with closing(admin.database):
        outcome = await AdminKills(tmp_path, admin, seed=1).run(6)
    assert outcome.kills == 6
    assert outcome.package_bytes > 0
