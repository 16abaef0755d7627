"""A whole node that follows its site is killed (SIGKILL) while it fetches, warms and switches: it comes back showing
something whole, and then what is ordered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random

import httpx2

from bench.kills.site_stand_in import SITE, TOKEN, SiteStandIn
from bench.node_process import NodeProcess
from tests.control.showroom.test_editions import title_of
from tests.control.showroom.test_showroom_host import LARGE, write_showroom
from tests.control.sync.stage_stand_in import read_folder
from tests.waiting import WAIT_S

KILLS = 3
MOST_S = 2.0
"""A switch to an edition of this size takes about so long on a busy machine."""


def node_of(site: SiteStandIn, content: Path) -> NodeProcess:
    options = {
        "--admin-url": site.url,
        "--site": SITE,
        "--site-token": TOKEN,
        "--trusted-key": f"ed25519:{site.key.public.public_key}",
        "--content-folder": str(content),
        "--pixel-format": "rgba",
        "--quality": "software",
        "--max-width": "320",
        "--max-height": "192",
    }
    return NodeProcess(None, *(word for option in options.items() for word in option))


def files(folder: Path, version: int) -> dict[str, bytes]:
    folder.mkdir()
    write_showroom(folder, {}, hall=LARGE + 1)
    manifest = json.loads((folder / "showroom.json").read_text("utf-8"))
    title = {"en": f"Branch {version}", "zh": f"网点 {version}"}
    (folder / "showroom.json").write_text(json.dumps(manifest | {"title": title}), "utf-8")
    return read_folder(folder)


async def shown_version(node: NodeProcess) -> int:
    """What a new visitor enters, asked of the node and seen by a visit."""
    async with httpx2.AsyncClient(base_url=node.url, timeout=WAIT_S) as client:
        (shown,) = (await client.get("/readyz")).json()["showrooms"]
        assert await title_of(client) == f"Branch {shown['version']}"
    return int(shown["version"])


async def test_a_node_that_is_killed_at_any_moment_comes_back_whole_and_goes_on(tmp_path: Path) -> None:
    random = Random(5)
    async with SiteStandIn() as site:
        node = node_of(site, tmp_path / "content")
        try:
            site.order(site.publish("branch", 1, files(tmp_path / "1", 1)))
            await asyncio.to_thread(node.start)
            for version in range(2, 2 + KILLS):
                site.order(site.publish("branch", version, files(tmp_path / str(version), version)))
                await asyncio.sleep(random.uniform(0.0, MOST_S))  # the moment is what is tried
                node.kill()
                await asyncio.to_thread(node.start)
                assert await shown_version(node) in (version - 1, version)
                await site.reported("showing", version=version)
                assert await shown_version(node) == version
        finally:
            await asyncio.to_thread(node.stop)
