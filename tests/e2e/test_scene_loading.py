"""Going to a scene that is not on the GPU, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from bench.node_process import NodeProcess
from tests.control.showroom.test_showroom_host import write_showroom

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]
BIG = 7
"""327,680 triangles: about 26 MiB, and long enough in loading to be seen."""


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """Two large rooms and small ones between them, in a circle; the budget is for one of the large ones."""
    links = {"hall": "lounge", "lounge": "stairs", "stairs": "vault", "vault": "hall"}
    folder = write_showroom(tmp_path_factory.mktemp("rooms"), links, hall=0, lounge=BIG, stairs=0, vault=BIG)
    with NodeProcess(folder, "--pixel-format", "rgba", "--gpu-memory-mib", "40") as started:
        yield started


def go_through_the_door(page: Page) -> None:
    if page.locator("#products").is_hidden():
        page.locator("#products-button").click()
    page.locator("#products button", has_text="Door").click()


def test_the_way_to_a_room_that_is_not_loaded_shows_how_far_it_is(rooms: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(rooms.url)
    page.evaluate(
        """() => {
          const bar = document.getElementById("loading-bar");
          window.steps = [];
          new MutationObserver(() => window.steps.push(bar.value)).observe(bar, { attributes: true });
        }"""
    )
    for scene in ("lounge", "stairs", "vault"):
        go_through_the_door(page)
        page.wait_for_function("scene => window.edgeRender.scene === scene", arg=scene)
    expect(page.locator("#loading")).to_be_hidden()
    steps = page.evaluate("window.steps")
    assert len(steps) >= 3, "the second large room had to be loaded, and the first one had to go for it"
    assert rooms.metric("edge_render_scene_evictions_total") >= 1
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
