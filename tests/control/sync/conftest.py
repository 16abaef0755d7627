"""What the tests of following share."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from bench.kills.site_stand_in import SITE, TOKEN, SiteStandIn
from control.sync.follow_config import FollowConfig
from control.sync.follower import SiteFollower
from control.sync.site_content import open_site_content
from tests.control.sync.stage_stand_in import StageStandIn

MakeConfig = Callable[..., FollowConfig]


@pytest.fixture
async def admin() -> AsyncIterator[SiteStandIn]:
    async with SiteStandIn() as opened:
        yield opened


@pytest.fixture
def stage() -> StageStandIn:
    return StageStandIn()


@pytest.fixture
def make_config(admin: SiteStandIn, tmp_path: Path) -> MakeConfig:
    def make(*, budget_bytes: int = 1 << 30, **more: object) -> FollowConfig:
        return FollowConfig(
            admin_url=admin.url,
            site=SITE,
            site_token=SecretStr(TOKEN),
            trusted_keys=(admin.key.public,),
            folder=tmp_path / "content",
            budget_bytes=budget_bytes,
            node="node-1",
            software="edge-render test",
            wait_s=5.0,
            report_every_s=0.5,
            **{"reserve_bytes": 0, **more},  # type: ignore[arg-type]
        )

    return make


@asynccontextmanager
async def following(config: FollowConfig, stage: StageStandIn) -> AsyncIterator[SiteFollower]:
    """A follower that runs, and ends as it should."""
    with open_site_content(config) as content:
        follower = SiteFollower(config, content, stage, random=Random(1))
        task = asyncio.create_task(follower.run())
        try:
            yield follower
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
