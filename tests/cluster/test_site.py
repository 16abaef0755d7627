"""Our manifests on a real control plane: what happens to a site, and that its visitors stay.

One site for all of these: it takes seconds to start. How long things take is measured by ``make bench-cluster``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bench.cluster import cases
from bench.cluster.assets import Assets
from bench.cluster.control_plane import control_plane
from bench.cluster.crowd import Crowd, crowd
from bench.cluster.errors import RequestRefused
from bench.cluster.outcome import Outcome
from bench.cluster.overlay import SiteOptions
from bench.cluster.site import Site, running_site
from bench.cluster.small_room import build_small_room
from bench.recorded_renderer import record_turn

pytestmark = [pytest.mark.cluster, pytest.mark.asyncio(loop_scope="module")]

VISITORS = 3
OPTIONS = {
    "EDGE_RENDER_FPS": "5",
    "EDGE_RENDER_CODECS": "h264",
    "EDGE_RENDER_MAX_VISITS": str(10 * VISITORS),
    "EDGE_RENDER_DRAIN_WAIT_S": "0",
}


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> SiteOptions:
    """Two renderers of recorded pictures."""
    folder = tmp_path_factory.mktemp("room")
    package = build_small_room(folder / "room")
    turn = record_turn(package, folder, 160, 96, views=8)
    command = ["python", "-m", "bench.cluster.recorded_renderer", "--package", str(package.root), "--turn", str(turn)]
    return SiteOptions(renderer_command=command, renderer_options=OPTIONS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    kubernetes_assets: Assets, options: SiteOptions, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Installed as an operator does it: ``kubectl apply -k``."""
    with control_plane(controllers=True) as plane:
        async with running_site(plane, tmp_path_factory.mktemp("site"), options, ["node-a", "node-b"]) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def visiting(site: Site) -> AsyncIterator[Crowd]:
    """Some visitors, inside."""
    async with crowd(site.url) as made:
        await made.enter(VISITORS)
        yield made


def assert_nobody_was_cut(found: Outcome) -> None:
    assert found.missed == []
    assert found.back_s == []


async def test_visitors_of_a_killed_renderer_go_on_at_another_one_where_they_were(site: Site, visiting: Crowd) -> None:
    found = await cases.killed_renderer(site, visiting, times=1)
    assert len(found.back_s) > 0
    assert found.elsewhere == 0


async def test_nobody_notices_that_a_gateway_was_killed(site: Site, visiting: Crowd) -> None:
    assert_nobody_was_cut(await cases.killed_gateway(site, visiting))


async def test_nobody_notices_that_the_api_server_is_away(site: Site, visiting: Crowd) -> None:
    assert_nobody_was_cut(await cases.restarted_api_server(site, visiting))


async def test_an_evicted_renderer_hands_its_visitors_over(site: Site, visiting: Crowd) -> None:
    found = await cases.evicted_renderer(site, visiting)
    assert_nobody_was_cut(found)
    assert found.moved == found.visitors


async def test_the_next_renderer_is_not_evicted_before_another_has_taken_the_place_of_the_first(site: Site) -> None:
    first, second = await site.pods("renderer")
    await site.may_evict("renderer")
    await site.evict(first)
    with pytest.raises(RequestRefused, match="disruption budget") as refused:
        await site.evict(second)
    assert refused.value.status == 429
    await site.rolled_out()


async def test_a_new_version_comes_while_visitors_come_and_go(
    site: Site, visiting: Crowd, options: SiteOptions
) -> None:
    newer = replace(options, renderer_options={**OPTIONS, "EDGE_RENDER_FPS": "6"})
    found = await cases.new_version(site, visiting, newer)
    assert_nobody_was_cut(found)
    assert found.moved >= VISITORS


async def test_the_emptiest_renderer_goes_first_when_a_site_scales_down(site: Site, visiting: Crowd) -> None:
    await site.scale(3)
    await site.rolled_out()
    assert_nobody_was_cut(await cases.scaled_down(site, visiting, renderers=2))


async def test_a_renderer_that_is_added_takes_visits(site: Site, visiting: Crowd) -> None:
    assert_nobody_was_cut(await cases.scaled_up(site, visiting, renderers=3))
