"""A node that follows its site: from what is ordered on a real socket to what a visitor is sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from bench.kills.site_stand_in import SITE, TOKEN, SiteStandIn
from control.commands.serve_commands import run_node
from control.content.edge_api import DeviceClass
from control.node.site_following import SiteFollowing
from control.sync.follow_config import FollowConfig
from control.sync.site_content import open_site_content
from tests.control.node.test_edge_http import WAIT_S, until_empty, visiting, write_package
from tests.control.showroom.test_editions import following, title_of
from tests.control.sync.stage_stand_in import read_folder


@asynccontextmanager
async def following_site(admin: SiteStandIn, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    config = FollowConfig(
        admin_url=admin.url,
        site=SITE,
        site_token=SecretStr(TOKEN),
        trusted_keys=(admin.key.public,),
        folder=folder,
        budget_bytes=1 << 30,
        node="node-1",
        software="edge-render test",
        wait_s=5.0,
        report_every_s=0.2,
        reserve_bytes=0,
    )
    with open_site_content(config) as content:
        async with following(following=SiteFollowing(config, content)) as (node, client):
            yield client
            await until_empty(node)


def files(folder: Path, title: str) -> dict[str, bytes]:
    """A package, as it is published."""
    folder.mkdir()
    write_package(folder)
    manifest = json.loads((folder / "showroom.json").read_text("utf-8"))
    (folder / "showroom.json").write_text(json.dumps(manifest | {"title": {"en": title, "zh": title}}), "utf-8")
    return read_folder(folder)


async def until_ready(client: httpx2.AsyncClient) -> dict[str, object]:
    async with asyncio.timeout(WAIT_S):
        while (response := await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - as an operator sees it
            await asyncio.sleep(0.02)
    return dict(response.json())


async def until_counted(admin: SiteStandIn, device: DeviceClass) -> None:
    """Wait until the admin was told of a visit with such a device."""
    await admin.news.when(lambda: any(device in totals.devices for report in admin.visits for totals in report.totals))


async def test_what_is_ordered_is_seen_counted_and_seen_again_without_the_admin(tmp_path: Path) -> None:
    room = files(tmp_path / "package", "First")
    async with SiteStandIn() as admin:
        async with following_site(admin, tmp_path / "content") as client:
            before = await client.get("/readyz")
            assert (before.status_code, before.json()["order_serial"]) == (503, None)
            assert "ordered" in before.json()["reason"]
            first = admin.publish("branch", 1, room)
            admin.order(first)
            ready = await until_ready(client)
            assert ready["order_serial"] == admin.serial
            assert ready["showrooms"] == [{"showroom": "branch", "version": 1, "release": first.release}]
            async with visiting(client, device="headset", language="zh") as visitor:
                await visitor.frame_until(lambda frame: True)
                for request, hotspot in enumerate(("box", "box", "stairs")):
                    visitor.command.send(json.dumps({"type": "activate", "id": request, "hotspot": hotspot}))
                while (await visitor.next("welcome"))["scene"] != "cellar":
                    pass
                visitor.command.send('{"type":"goodbye"}')
            second = admin.publish("branch", 2, files(tmp_path / "second", "Second"))
            admin.order(second)
            await admin.reported("showing", version=2)
            assert await title_of(client) == "Second"
            metrics = (await client.get("/metrics")).text
            assert (
                f'edge_render_release_info{{release="{second.release}",showroom="branch",version="2"}} 1.0' in metrics
            )
            assert 'edge_render_site_release_state{showroom="branch",state="showing",version="2"} 1.0' in metrics
            assert 'edge_render_site_disk_bytes{kind="used"}' in metrics
            assert "edge_render_site_last_contact_timestamp_seconds" in metrics
            assert TOKEN not in metrics
            await until_counted(admin, "headset")
        counted = [totals for report in admin.visits for totals in report.totals if totals.version == 1]
        scenes = [scene for totals in counted for scene in totals.scenes]
        assert sum(totals.visits for totals in counted) == 1
        assert [totals.languages for totals in counted if totals.languages] == [{"zh": 1}]
        assert {scene.scene for scene in scenes if scene.entered} == {"hall", "cellar"}
        taps = [scene.taps for scene in scenes if scene.scene == "hall"]
        assert sum(one.get("box", 0) for one in taps) == 2
        assert sum(one.get("stairs", 0) for one in taps) == 1
    async with following_site(admin, tmp_path / "content") as client:  # its socket is closed by now
        assert await until_ready(client)
        assert await title_of(client) == "Second"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --package FOLDER"),
        (["--package", "x", "--admin-url", "http://a"], "not both"),
        (["--admin-url", "http://a", "--site", "lounge"], "needs --site-token, --trusted-key"),
        (
            ["--admin-url", "http://a", "--site", "l", "--site-token", "secret", "--trusted-key", "rsa"],
            "--trusted-key:",
        ),
    ],
)
def test_a_node_that_is_told_too_little_says_what_it_needs(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_node(arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "secret" not in error


def test_addresses_and_names_that_can_not_be_are_refused_by_their_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_node(["--admin-url", "admin.example/x", "--site", "Lounge 1"]) == 2
    error = capsys.readouterr().err
    assert "--admin-url:" in error
    assert "--site:" in error
