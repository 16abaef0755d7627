"""A guided visit over HTTP and WebRTC, with real drawing and real peers: one leads, others follow."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from control.node.edge_parts import guide_parts, stream_settings
from control.node.reception import GuideParts
from control.session.codes import ATTEMPTS
from control.settings import NodeSettings
from edge_render.frame import Frame
from stream import Broadcast
from stream.codec.encoder import AccessUnit
from stream.errors import EncoderError
from stream.peer import Peer, PeerEvents
from stream.picture.frame_source import FrameSource
from tests.control.node.test_edge_http import WAIT_S, Visitor, serving, until_empty, visiting


async def until_followers(presenter: Visitor, count: int) -> str:
    """Wait until the presenter is told of that many followers; returns the code to follow by."""
    while (told := await presenter.next("guiding"))["followers"] != count:
        pass
    code = told["code"]
    assert isinstance(code, str)
    return code


async def test_followers_see_what_the_presenter_does_and_go_along_to_another_scene(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client), visiting(client, guide="new", name=" Mei  Lin ") as presenter:
        code = await until_followers(presenter, 0)
        await presenter.frame_until(lambda frame: True)
        async with visiting(client, follow=f"{code[:4].lower()}-{code[4:]}") as follower:
            await until_followers(presenter, 1)
            assert (node.visitors, node.followers) == (1, 1)
            first = await follower.frame_until(lambda frame: True)
            assert first["position"] == [0, 1.6, 2]
            presenter.pose.send('{"type":"input","seq":1,"yaw":0.5,"pitch":0.1}')
            looked = await follower.frame_until(lambda frame: frame["yaw"] != first["yaw"])
            assert (looked["yaw"], looked["pitch"]) == pytest.approx((0.5, 0.1))
            presenter.command.send('{"type":"activate","id":1,"hotspot":"stairs"}')
            moved = await follower.next("welcome")
            assert moved["scene"] == "cellar"
            assert moved["follows"] == {"name": "Mei Lin"}
        assert await until_followers(presenter, 0) == code


async def test_a_followers_input_changes_nothing_but_taps_are_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client, guide="new") as presenter:
        code = await until_followers(presenter, 0)
        async with visiting(client, follow=code) as follower:
            still = await follower.frame_until(lambda frame: frame["still"])
            follower.pose.send('{"type":"input","seq":9,"yaw":1.5,"pitch":0,"forward":1}')
            follower.command.send('{"type":"viewport","width":64,"height":64}')
            tapped = await follower.ask(type="tap", id=7, x=0.5, y=0.5, rtp=still["rtp"])
            assert (tapped["hit"], tapped["hotspot"]) == ("hotspot", "box")
            # The floor and doors move nobody.
            assert (await follower.ask(type="tap", id=8, x=0.5, y=0.98))["hit"] == "node"
            assert (await follower.ask(type="activate", id=9, hotspot="stairs"))["hotspot"] == "stairs"
            follower.command.send('{"type":"activate","id":4,"hotspot":"moon"}')
            assert (await follower.next("error"))["field"] == "hotspot"
            presenter.pose.send('{"type":"input","seq":1,"yaw":0.2,"pitch":0}')
            seen = await follower.frame_until(lambda frame: frame["yaw"] != still["yaw"])
            assert seen["yaw"] == pytest.approx(0.2)
            assert seen["position"] == still["position"]
            # A browser that tells no timestamps: the tap is on what is seen now.
            presenter.pose.send('{"type":"input","seq":2,"yaw":1.5,"pitch":0}')
            await follower.frame_until(lambda frame: frame["yaw"] == pytest.approx(1.5) and frame["still"])
            assert (await follower.ask(type="tap", id=10, x=0.5, y=0.5))["hotspot"] is None


async def test_when_the_presenter_leaves_the_followers_are_told_and_their_code_is_gone(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client):
        async with visiting(client, guide="new") as presenter:
            code = await until_followers(presenter, 0)
            async with visiting(client, follow=code) as follower:
                await until_followers(presenter, 1)
                presenter.command.send('{"type":"goodbye"}')
                assert (await follower.next("closing"))["reason"] == "guide-ended"
                await until_empty(node)
                async with asyncio.timeout(WAIT_S):
                    while node.followers:  # noqa: ASYNC110 - seen from outside, as an operator does
                        await asyncio.sleep(0.02)
        response = await client.post("/whep", params={"follow": code})
        assert (response.status_code, response.json()["error"]["code"]) == (404, "no-guide")


async def test_a_presenter_who_lost_the_connection_goes_on_and_the_followers_have_stayed(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client):
        before, after = Visitor(), Visitor()
        await before.enter(client, guide="new", name="Mei")
        told = await before.next("guiding")
        async with visiting(client, follow=told["code"]) as follower:
            await follower.frame_until(lambda frame: True)
            assert (await client.delete(before.path, params={"lost": True})).status_code == 200
            await until_empty(node)
            assert node.followers == 1
            await after.enter(client, guide=told["code"], key=told["key"])
            assert (await after.next("guiding"))["code"] == told["code"]
            after.pose.send('{"type":"input","seq":1,"yaw":0.4,"pitch":0}')
            await follower.frame_until(lambda frame: frame["yaw"] == pytest.approx(0.4))
        for visitor in (before, after):
            await visitor.connection.close()


async def test_a_presenter_who_is_still_here_is_replaced_and_a_wrong_key_leads_another_visit(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client, guide="new") as first:
        told = await first.next("guiding")
        async with visiting(client, guide=told["code"], key="guessed") as stranger:
            assert (await stranger.next("guiding"))["code"] != told["code"]
        async with visiting(client, guide=told["code"], key=told["key"]) as second:
            assert (await second.next("guiding"))["code"] == told["code"]
            assert (await first.next("closing"))["reason"] == "replaced"


async def test_followers_are_told_when_a_lost_presenter_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("control.visits.guide.COMES_BACK_S", 0.2)
    async with serving(tmp_path) as (_, client), visiting(client, guide="new") as presenter:
        code = await until_followers(presenter, 0)
        async with visiting(client, follow=code) as follower:
            await client.delete(presenter.path, params={"lost": True})
            assert (await follower.next("closing"))["reason"] == "guide-ended"


async def test_a_follower_who_leaves_is_missed_by_the_presenter_alone(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client, guide="new") as presenter:
        code = await until_followers(presenter, 0)
        async with visiting(client, follow=code) as stays:
            async with visiting(client, follow=code) as leaves:
                await until_followers(presenter, 2)
                leaves.command.send('{"type":"goodbye"}')
                await until_followers(presenter, 1)
            presenter.pose.send('{"type":"input","seq":1,"yaw":0.3,"pitch":0}')
            await stays.frame_until(lambda frame: frame["yaw"] == pytest.approx(0.3))


async def test_wrong_codes_are_refused_and_too_many_of_them_for_a_while(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client):
        for _ in range(ATTEMPTS):
            response = await client.post("/whep", params={"follow": "AAAABBBB"})
            assert (response.status_code, response.json()["error"]["code"]) == (404, "no-guide")
            assert set(response.json()["error"]["message"]) == {"en", "zh"}
        async with visiting(client, guide="new") as presenter:
            code = await until_followers(presenter, 0)
            response = await client.post("/whep", params={"follow": code})
            assert (response.status_code, response.json()["error"]["code"]) == (429, "too-many-attempts")
            assert int(response.headers["retry-after"]) > 0
        await until_empty(node)


async def test_followers_have_places_of_their_own_and_one_too_many_gets_503(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, max_visits=1, max_followers=1) as (node, client),
        visiting(client, guide="new") as presenter,
    ):
        code = await until_followers(presenter, 0)
        async with visiting(client, follow=code):
            refused = await client.post("/whep", params={"follow": code})
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "followers-full")
            exposition = node.metrics.exposition().decode()
            assert "edge_render_followers 1.0" in exposition
            assert 'edge_render_refusals_total{reason="followers-full"} 1.0' in exposition


async def test_a_node_that_ends_says_goodbye_to_presenter_and_followers(tmp_path: Path) -> None:
    presenter, follower = Visitor(), Visitor()
    async with serving(tmp_path) as (_, client):
        await presenter.enter(client, guide="new")
        code = await until_followers(presenter, 0)
        await follower.enter(client, follow=code)
        await follower.next("welcome")
    for visitor in (presenter, follower):
        assert (await visitor.next("closing"))["reason"] in ("shutdown", "guide-ended")
        await visitor.connection.close()


class Failing:
    """An encoder that fails, as it knows it may or by a defect."""

    name = "failing"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        raise self._error


@pytest.mark.parametrize(
    ("error", "reason"), [(EncoderError("no more sessions"), "encoder-failed"), (IndexError(), "guide-failed")]
)
async def test_a_broadcast_that_fails_ends_its_guided_visit_and_nobody_elses(
    tmp_path: Path, error: Exception, reason: str
) -> None:
    def guides(settings: NodeSettings) -> GuideParts:
        stream = stream_settings(settings)
        make_broadcast = lambda: Broadcast(lambda: Failing(error), lambda: Failing(error), stream)  # noqa: E731
        return GuideParts(make_broadcast, guide_parts(settings).make_follower_peer)

    async with (
        serving(tmp_path, guides=guides) as (_, client),
        visiting(client) as other,
        visiting(client, guide="new") as presenter,
    ):
        told = await presenter.next("guiding")
        async with visiting(client, follow=told["code"]) as follower:
            assert (await follower.next("closing"))["reason"] == reason
            assert (await presenter.next("closing"))["reason"] == reason
        other.command.send('{"type":"ping","id":3}')
        assert (await other.next("pong"))["id"] == 3
        async with visiting(client, guide=told["code"], key=told["key"]) as again:
            assert (await again.next("guiding"))["code"] != told["code"]


async def test_a_follower_for_whom_no_connection_can_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    broadcasts: list[Broadcast] = []

    def guides(settings: NodeSettings) -> GuideParts:
        def make_broadcast() -> Broadcast:
            broadcasts.append(guide_parts(settings).make_broadcast())
            return broadcasts[-1]

        def make_peer(events: PeerEvents, picture: FrameSource) -> Peer:
            raise IndexError

        return GuideParts(make_broadcast, make_peer)

    async with serving(tmp_path, guides=guides) as (node, client), visiting(client, guide="new") as presenter:
        code = await until_followers(presenter, 0)
        assert (await client.post("/whep", params={"follow": code})).status_code == 500
        assert node.followers == 0
        assert not broadcasts[0]._followers
