"""How a node that is served ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bench.kills.site_stand_in import SITE, TOKEN
from control.content.keys import PrivateKey
from control.content.stage import Stage
from control.errors import TaskFailed
from control.node.edge_node import EdgeNode
from control.node.edge_parts import peer_maker, renderer_maker
from control.node.server import serve
from control.node.site_following import SiteFollowing
from control.settings import NodeSettings
from control.sync.follow_config import FollowConfig
from control.sync.site_content import open_site_content


class BrokenFollowing(SiteFollowing):
    """With a defect that nobody thought of."""

    async def run(self, stage: Stage) -> None:
        raise LookupError("a defect")


@pytest.fixture
def usual_switching() -> Iterator[None]:
    """Serving changes how often threads take turns, for the whole process."""
    before_s = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before_s)


@pytest.mark.usefixtures("usual_switching")
def test_a_node_ends_where_one_of_its_tasks_fails(tmp_path: Path) -> None:
    """It would go on answering, with nothing to show: whoever looks after it has to start it anew."""
    config = FollowConfig(
        admin_url="http://127.0.0.1:9",
        site=SITE,
        site_token=SecretStr(TOKEN),
        trusted_keys=(PrivateKey.generate().public,),
        folder=tmp_path / "content",
        budget_bytes=1 << 20,
        node="node-1",
        software="edge-render test",
    )
    settings = NodeSettings(port=0, pixel_format="rgba")
    with open_site_content(config) as content:
        following = BrokenFollowing(config, content)
        with pytest.raises(TaskFailed):
            serve(
                settings,
                lambda stop_for: EdgeNode(
                    settings, None, renderer_maker(settings), peer_maker(settings), stop_for, None, following
                ),
            )
