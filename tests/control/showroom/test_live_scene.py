"""A live scene over HTTP and WebRTC: its camera goes and comes back, its sound, its hotspots, one camera per site."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from control.settings import NodeSettings
from control.showroom.hosted_scene import open_scene
from control.showroom.live_feed import check_addresses, source_told
from edge_render.derived_cache import DerivedCache
from edge_render.errors import PackageError
from edge_render.package import open_package
from edge_render.video.status import SourceState, SourceStatus
from tests.control.node.test_edge_http import WAIT_S, Visitor, serving_package, visiting
from tests.control.visits.test_sound import ear_of
from tests.edge_render.video.live_servers import RtspServer
from tests.edge_render.video.videos import FPS, gray, write_video
from tests.stream.sounds import tone

TEXT = {"en": "Square", "zh": "广场"}


def write_live(folder: Path, **scene: Any) -> Path:
    """A package of one live scene with a hotspot to the left."""
    hotspot = {"id": "door", "yawDeg": 40, "label": TEXT, "action": {"type": "card", "title": TEXT, "body": TEXT}}
    scenes = {"square": {"type": "live", "source": "rtsp://127.0.0.1:9/none", "hotspots": [hotspot]} | scene}
    manifest = {"format": 1, "title": TEXT, "entryScene": "square", "scenes": scenes}
    (folder / "showroom.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture
def camera() -> Iterator[RtspServer]:
    with RtspServer() as server:
        yield server


async def until_state(visitor: Visitor, state: str) -> dict[str, Any]:
    while (told := await visitor.next("source"))["state"] != state:
        pass
    return told


async def playing_with_code(visitor: Visitor) -> str:
    """Wait until the camera plays and the code is told, whichever is first."""
    told: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(WAIT_S):
        while "guiding" not in told or told.get("source", {}).get("state") != "playing":
            message = await visitor.messages.get()
            told[message["type"]] = message
    assert told["source"]["picture_age_s"] is not None
    return str(told["guiding"]["code"])


async def test_a_visitor_and_a_follower_are_told_when_the_camera_goes_and_comes_back(
    tmp_path: Path, camera: RtspServer
) -> None:
    write_live(tmp_path, source=camera.address)
    async with serving_package(tmp_path) as (_, client), visiting(client, guide="new") as visitor:
        code = await playing_with_code(visitor)
        async with visiting(client, follow=code) as follower:
            await until_state(follower, "playing")
            for _ in range(5):  # nobody does anything, and pictures come
                await visitor.frame_until(lambda frame: True)
            await asyncio.to_thread(camera.stop)
            for one in (visitor, follower):
                told = await until_state(one, "lost")
                assert told["picture_age_s"] < 60.0
                assert told["retry_s"] is not None
            metrics = (await client.get("/metrics")).text
            assert 'edge_render_source_state{scene="square",state="lost"} 1.0' in metrics
            await asyncio.to_thread(camera.start)
            for one in (visitor, follower):
                await until_state(one, "playing")
        metrics = (await client.get("/metrics")).text
        assert 'edge_render_source_state{scene="square",state="playing"} 1.0' in metrics
        assert "s3cret" not in metrics


async def test_each_visitor_looks_where_they_like_and_taps_by_angles(tmp_path: Path, camera: RtspServer) -> None:
    write_live(tmp_path, source=camera.address)
    async with serving_package(tmp_path) as (_, client), visiting(client) as visitor, visiting(client) as other:
        x, y, z = visitor.welcome["hotspots"][0]["direction"]
        assert math.degrees(math.atan2(-x, -z)) == pytest.approx(40.0)
        assert y == 0.0
        yaw = math.radians(40.0)
        visitor.pose.send(json.dumps({"type": "input", "seq": 1, "yaw": yaw, "pitch": 0.0, "forward": 1.0}))
        frame = await visitor.frame_until(lambda frame: frame["seq"] == 1)
        assert (frame["yaw"], frame["position"]) == (pytest.approx(yaw), [0.0, 0.0, 0.0])
        assert (await visitor.ask(type="tap", id=1, x=0.5, y=0.5))["hotspot"] == "door"
        assert (await other.ask(type="tap", id=1, x=0.5, y=0.5))["hit"] == "nothing"
        assert camera.clients == 1, "it is read once for all"


async def test_the_sound_of_a_source_is_heard(tmp_path: Path) -> None:
    pictures = [gray(100)] * (2 * FPS)
    write_video(tmp_path / "square.mp4", pictures, samples=tone(880, 2.0))
    write_live(tmp_path, source="square.mp4", title=TEXT)
    async with serving_package(tmp_path) as (_, client):
        visitor = Visitor()
        visitor.connection.addTransceiver("audio", direction="recvonly")
        await visitor.enter(client)
        assert (await visitor.next("welcome"))["audio"] == {"title": TEXT}
        visitor.command.send('{"type":"audio","on":true}')
        await ear_of(visitor.connection).hear_tone(880)
        await visitor.connection.close()


async def test_a_silent_source_offers_no_sound(tmp_path: Path, camera: RtspServer) -> None:
    write_live(tmp_path, source=camera.address, sourceVolume=0)
    async with serving_package(tmp_path) as (_, client), visiting(client) as visitor:
        assert visitor.welcome["audio"] is None


async def test_each_site_has_its_own_camera(tmp_path: Path, camera: RtspServer) -> None:
    write_live(tmp_path)
    sources = f"square={camera.address}"
    async with serving_package(tmp_path, live_sources=sources) as (_, client), visiting(client) as visitor:
        await until_state(visitor, "playing")


def test_addresses_of_scenes_that_are_not_live_are_refused(tmp_path: Path) -> None:
    package = open_package(write_live(tmp_path))
    check_addresses(package, {"square": "rtsp://camera/a"})
    with pytest.raises(PackageError, match="--live-sources names 'hall'"):
        check_addresses(package, {"hall": "rtsp://camera/a"})


def test_live_sources_are_written_with_spaces_between_and_not_shown() -> None:
    settings = NodeSettings(live_sources="square=rtsp://viewer:s3cret@a/b?c=d,e hall=srt://b:9000")  # type: ignore[arg-type]
    assert settings.live_sources == {"square": "rtsp://viewer:s3cret@a/b?c=d,e", "hall": "srt://b:9000"}
    assert "s3cret" not in repr(settings)
    for wrong in ("square", "square=file:///etc/passwd"):
        with pytest.raises(ValueError, match="live_sources"):
            NodeSettings(live_sources=wrong)  # type: ignore[arg-type]


async def test_a_recording_that_can_t_be_decoded_is_refused_by_field(tmp_path: Path) -> None:
    write_live(tmp_path, source="square.mp4")
    (tmp_path / "square.mp4").write_bytes(b"no video")
    package = open_package(write_live(tmp_path, source="square.mp4"))
    with pytest.raises(PackageError, match=r"scenes\.square\.source: square\.mp4 can't be opened as mov"):
        await open_scene(package, "square", DerivedCache(tmp_path / "cache"), None, lambda _done: None)


def test_times_are_told_as_ages() -> None:
    status = SourceStatus(SourceState.LOST, 5_000_000_000, 4_000_000_000, 8_000_000_000, "no answer in time")
    told = source_told(status, 6_000_000_000)
    assert (told.state, told.picture_age_s, told.retry_s) == ("lost", 2.0, 2.0)
    assert source_told(SourceStatus(SourceState.CONNECTING, 0), 0).picture_age_s is None
