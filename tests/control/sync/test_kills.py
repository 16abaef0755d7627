"""A follower that is killed (SIGKILL) at random moments shows nothing by halves, loses nothing, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.kills.edge_kills import PIECE_S, EdgeKills
from bench.kills.site_stand_in import SiteStandIn


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_kill_9_at_random_moments(tmp_path: Path, seed: int) -> None:
    async with SiteStandIn(piece_s=PIECE_S) as site:
        outcome = await EdgeKills(tmp_path / "content", site, seed).run(6)
    assert outcome.kills == 6
