"""A crowd of light visitors really visits: it receives pictures, moves, and follows."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.density.crowd import Crowd
from tests.control.node.test_edge_http import serving


async def test_a_crowd_visits_and_follows(tmp_path: Path) -> None:
    async with serving(tmp_path, max_visits=2) as (node, client):

        def visit() -> None:
            with Crowd(str(client.base_url).rstrip("/")) as crowd:
                crowd.become(2, 3, {"width": 320, "height": 192})
                assert (node.visitors, node.followers) == (2, 3)
                first = crowd.read()
                while (now := crowd.read()).visitor_frames[0] < first.visitor_frames[0] + 5:
                    pass
                assert len(now.follower_frames) == 3
                assert all(now.follower_frames)

        await asyncio.to_thread(visit)
