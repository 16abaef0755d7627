"""The admin as a server: how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from control.admin.server import AdminServer
from control.admin.settings import AdminSettings
from control.errors import TaskFailed
from tests.waiting import WAIT_S


async def test_it_ends_where_a_task_beside_requests_fails(tmp_path: Path) -> None:
    """It would go on to answer, but nothing would be rolled out any more."""
    server = AdminServer(AdminSettings(port=0, data_folder=tmp_path))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(WAIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        with server.parts.database.session() as session:
            session.execute(text("ALTER TABLE rollouts RENAME TO elsewhere"))
        server.parts.sites.rollout_bell.ring()
        with pytest.raises(TaskFailed):
            await serving
