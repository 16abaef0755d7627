"""One picture, many viewers: coded once, and nobody pays for who is late, slow or lossy."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from edge_render.frame import Frame
from stream import X264, AiortcPeer, PeerState, StreamSettings
from stream.broadcast.broadcast import LAYERS, Broadcast
from stream.broadcast.broadcast_layer import Layer
from stream.broadcast.follower_source import WAITING_MAX, FollowerSource
from stream.codec.encoder import AccessUnit, Encoder
from stream.codec.libav_encoder import LibavEncoder
from stream.errors import EncoderError
from stream.picture.frame_source import CodedFrame
from tests.stream.webrtc.test_aiortc_peer import BLUE, RED, Owner, Screen, new_offer, picture
from tests.waiting import WAIT_S

WIDE_BPS, NARROW_BPS = 8_000_000, 400_000


class CountingEncoder:
    """The real encoder, and how often it was used."""

    def __init__(self) -> None:
        self._encoder = LibavEncoder(X264.library, StreamSettings().max_bps, 30.0)
        self.name = self._encoder.name
        self.pictures: list[tuple[int, int]] = []

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        unit = self._encoder.encode(frame, target_bps, key_frame)
        self.pictures.append((frame.width, frame.height))
        return unit


@asynccontextmanager
async def broadcasting() -> AsyncIterator[tuple[Broadcast, list[CountingEncoder]]]:
    """A broadcast that runs, and its encoders: of the full and of the small layer."""
    encoders: list[CountingEncoder] = []

    def make() -> Encoder:
        encoders.append(CountingEncoder())
        return encoders[-1]

    broadcast = Broadcast(make, make, StreamSettings())
    running = asyncio.create_task(broadcast.run())
    yield broadcast, encoders
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def take(source: FollowerSource, link_bps: int = WIDE_BPS) -> CodedFrame:
    return await asyncio.wait_for(source.next(lambda: link_bps), WAIT_S)


async def test_any_number_of_followers_costs_one_encode_and_gets_the_very_same_packets() -> None:
    async with broadcasting() as (broadcast, (full, small)):
        followers = [broadcast.follow() for _ in range(20)]
        for color in (RED, BLUE, RED):
            taking = [asyncio.create_task(take(follower)) for follower in followers]
            await asyncio.sleep(0)
            broadcast.put_frame(picture(color))
            got = await asyncio.gather(*taking)
            assert all(coded.payloads is got[0].payloads for coded in got)
            assert got[0].payloads
        assert len(full.pictures) == 3
        assert small.pictures == [], "nobody needs the small layer"


async def test_a_broadcast_without_followers_codes_nothing() -> None:
    async with broadcasting() as (broadcast, (full, small)):
        broadcast.put_frame(picture(RED))
        follower = broadcast.follow()
        assert (await take(follower)).unit.key_frame
        follower.close()
        before = len(full.pictures)
        broadcast.put_frame(picture(BLUE))
        late = broadcast.follow()
        coded = await take(late)
        assert coded.unit.key_frame, "who comes later begins with a key frame, of the newest picture"
        assert len(full.pictures) == before + 1
        assert small.pictures == []


async def test_a_picture_that_waited_when_the_last_follower_left_is_not_shown_to_the_next() -> None:
    async with broadcasting() as (broadcast, _):
        follower = broadcast.follow()
        broadcast.put_frame(picture(RED, seq=0))
        await take(follower)
        broadcast.put_frame(picture(RED, seq=1))
        follower.close()  # before the layer could take it
        broadcast.put_frame(picture(BLUE, seq=2))  # nobody follows, and nothing newer comes
        assert (await take(broadcast.follow())).frame.input_seq == 2


async def test_a_late_follower_begins_on_the_small_layer_and_joins_the_others_at_a_common_key_frame() -> None:
    async with broadcasting() as (broadcast, _):
        first = broadcast.follow()
        broadcast.put_frame(picture(RED))
        assert (await take(first)).unit.key_frame
        late = [broadcast.follow() for _ in range(3)]
        entering = [asyncio.create_task(take(follower)) for follower in late]
        for coded in await asyncio.gather(*entering):
            assert coded.unit.key_frame
            assert coded.frame.input_seq == 0, "at once, of the last picture: nothing new was drawn"
        assert [follower.layer.spec.name for follower in late if follower.layer] == ["small"] * 3
        full = broadcast.layers[0]
        assert full.key_frames == 1, "those who are there have paid nothing for it"
        for follower in late:
            while (coded := await take(follower)).unit.key_frame is False or follower.layer is not full:
                pass
        assert full.key_frames == 2, "one for all three"


async def test_a_key_frame_on_demand_is_no_larger_than_what_the_rate_gives_a_picture() -> None:
    async with broadcasting() as (broadcast, _):
        follower = broadcast.follow()
        noise = np.random.default_rng(5).integers(0, 255, (192, 320, 4), np.uint8)
        limit_bps = 1_000_000
        for shift in range(12):
            frame = picture(RED)
            broadcast.put_frame(replace(frame, pixels=np.roll(noise, 8 * shift, axis=1)))
            await take(follower, limit_bps)
        follower.want_key_frame()
        while not (coded := await take(follower, limit_bps)).unit.key_frame:
            pass
        assert 8 * len(coded.unit.data) < 1.5 * limit_bps / 30


async def test_fifty_who_lost_a_picture_cost_those_who_did_not_at_most_one_key_frame() -> None:
    async with broadcasting() as (broadcast, _):
        followers = [broadcast.follow() for _ in range(51)]
        full, small = broadcast.layers
        taking = [asyncio.create_task(take(follower)) for follower in followers]
        await asyncio.sleep(0)
        broadcast.put_frame(picture(RED))
        await asyncio.gather(*taking)
        for follower in followers[1:]:
            for _ in range(5):
                follower.want_key_frame()
        recovering = [asyncio.create_task(take(follower)) for follower in followers[1:]]
        for coded in await asyncio.gather(*recovering):
            assert coded.unit.key_frame
        assert (full.key_frames, small.key_frames) == (1, 1)
        assert followers[0].layer is full


async def test_a_slow_follower_falls_behind_alone_and_goes_down_a_layer() -> None:
    async with broadcasting() as (broadcast, _):
        quick, slow = broadcast.follow(), broadcast.follow()
        taking = asyncio.create_task(take(slow))
        broadcast.put_frame(picture(RED))
        await take(quick)
        await taking
        for count in range(WAITING_MAX + 1):
            broadcast.put_frame(picture(BLUE, count))
            assert (await take(quick)).frame.input_seq == count, "the quick one gets every picture"
        assert slow.layer is None, "what was coded meanwhile is of no use to it any more"
        coded = await take(slow)
        assert coded.unit.key_frame
        assert slow.layer is broadcast.layers[1]
        assert quick.layer is broadcast.layers[0]


async def test_a_follower_whose_link_is_gone_asks_for_nothing_until_it_is_back() -> None:
    async with broadcasting() as (broadcast, (_, small)):
        quick, gone = broadcast.follow(), broadcast.follow()
        taking = asyncio.create_task(take(gone))
        broadcast.put_frame(picture(RED))
        await take(quick)
        await taking
        for count in range(4 * WAITING_MAX):
            broadcast.put_frame(picture(BLUE, count))
            await take(quick)
        assert small.pictures == []
        assert broadcast.layers[0].key_frames == 1


async def test_a_follower_whose_link_narrows_goes_down_a_layer_alone_and_up_again_when_it_widens() -> None:
    async with broadcasting() as (broadcast, _):
        full, small = broadcast.layers
        noise = np.random.default_rng(5).integers(0, 255, (192, 320, 4), np.uint8)
        followers = [broadcast.follow() for _ in range(4)]
        narrows, *others = followers
        links_bps = dict.fromkeys(followers, 2_000_000)
        seen: dict[FollowerSource, list[CodedFrame]] = {follower: [] for follower in followers}

        async def watch(follower: FollowerSource) -> None:
            while True:
                seen[follower].append(await follower.next(lambda: links_bps[follower]))

        watching = [asyncio.create_task(watch(follower)) for follower in followers]

        async def show_until(layer: Layer) -> None:
            async with asyncio.timeout(WAIT_S):
                for shift in itertools.count():
                    if narrows.layer is layer:
                        return
                    frame = picture(RED)
                    broadcast.put_frame(replace(frame, pixels=np.roll(noise, 8 * shift, axis=1)))
                    await asyncio.sleep(1 / 30)

        await show_until(full)
        links_bps[narrows] = NARROW_BPS
        await show_until(small)
        assert all(follower.layer is full for follower in others)
        before = full.key_frames
        links_bps[narrows] = WIDE_BPS
        await show_until(full)
        assert full.key_frames == before + 1
        assert all(coded.unit.key_frame for coded in (seen[narrows][0], seen[narrows][-1]))
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)


async def test_the_rate_follows_most_links_not_the_slowest() -> None:
    async with broadcasting() as (broadcast, _):
        links_bps = [WIDE_BPS] * 8 + [NARROW_BPS] * 2
        followers = [broadcast.follow() for _ in links_bps]
        taking = [asyncio.create_task(take(follower, bps)) for follower, bps in zip(followers, links_bps, strict=True)]
        await asyncio.sleep(0)
        broadcast.put_frame(picture(RED))
        await asyncio.gather(*taking)
        assert broadcast.layers[0].target_bps == WIDE_BPS


async def test_the_small_layer_has_half_the_size_and_its_own_rate() -> None:
    async with broadcasting() as (broadcast, (_, small)):
        follower, lossy = broadcast.follow(), broadcast.follow()
        taking = asyncio.create_task(take(lossy))
        broadcast.put_frame(picture(RED, size=(320, 192)))
        await take(follower)
        await taking
        lossy.want_key_frame()
        await take(lossy)
        assert lossy.layer is broadcast.layers[1]
        assert small.pictures == [(160, 96)]
        assert broadcast.layers[1].target_bps <= LAYERS[1].rate * StreamSettings().max_bps


class BrokenEncoder:
    name = "broken"

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        raise EncoderError("the encoder has gone")


async def test_an_encoder_that_fails_is_replaced_and_where_none_works_the_broadcast_says_so() -> None:
    broadcast = Broadcast(BrokenEncoder, CountingEncoder, StreamSettings())
    running = asyncio.create_task(broadcast.run())
    broadcast.put_frame(picture(RED))
    assert (await take(broadcast.follow())).unit.key_frame
    running.cancel()
    await asyncio.wait([running])
    broadcast = Broadcast(BrokenEncoder, BrokenEncoder, StreamSettings())
    broadcast.put_frame(picture(RED))
    waiting = asyncio.create_task(take(broadcast.follow()))
    with pytest.raises(EncoderError, match="has gone"):
        await asyncio.wait_for(broadcast.run(), WAIT_S)
    waiting.cancel()
    await asyncio.wait([waiting])


# --- over real sockets -----------------------------------------------------------------------------------


class Follower:
    """A real peer, and a real visitor that decodes what it gets."""

    def __init__(self, broadcast: Broadcast) -> None:
        self.owner = Owner()
        self.source = broadcast.follow()
        self.peer = AiortcPeer(self.owner.events(), (X264,), StreamSettings(), self.source)
        self.visitor = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    async def connect(self) -> None:
        answer = await self.peer.answer(await new_offer(self.visitor))
        await self.visitor.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        self.screen = Screen(self.visitor)
        await self.owner.until(lambda: self.peer.state is PeerState.CONNECTED)

    async def until_seen(self, rgb: tuple[int, int, int]) -> None:
        while np.abs((await self.screen.next_picture()).astype(int) - rgb).max() > 8:
            pass

    async def close(self) -> None:
        self.source.close()
        await self.visitor.close()
        await self.peer.close("test ends")


async def test_followers_on_real_connections_see_the_same_and_a_late_one_sees_it_at_once() -> None:
    async with broadcasting() as (broadcast, (full, _)):
        followers = [Follower(broadcast) for _ in range(3)]
        broadcast.put_frame(picture(RED))
        for follower in followers:
            await follower.connect()
            await follower.until_seen(RED)
        late = Follower(broadcast)
        await late.connect()
        await late.until_seen(RED)
        before = len(full.pictures)
        broadcast.put_frame(picture(BLUE))
        for follower in (*followers, late):
            await follower.until_seen(BLUE)
        assert len(full.pictures) <= before + 2, (
            "the new picture, and perhaps the key frame at which the late one joins"
        )
        for follower in (*followers, late):
            await follower.close()


async def test_a_follower_that_hears_nothing_any_more_does_not_hold_up_the_others() -> None:
    async with broadcasting() as (broadcast, _):
        quick, slow = Follower(broadcast), Follower(broadcast)
        broadcast.put_frame(picture(RED))
        for follower in (quick, slow):
            await follower.connect()
            await follower.until_seen(RED)
        # The window of the sender fills, as no feedback comes any more.
        slow.peer._sender.link.may_send = lambda: False  # type: ignore[method-assign]
        for count in range(3 * WAITING_MAX):
            color = (RED, BLUE)[count % 2]
            broadcast.put_frame(picture(color))
            await quick.until_seen(color)
        assert slow.source.layer is None
        for follower in (quick, slow):
            await follower.close()


async def test_a_broadcast_that_ends_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    async with broadcasting() as (broadcast, _):
        follower = Follower(broadcast)
        broadcast.put_frame(picture(RED))
        await follower.connect()
        await follower.until_seen(RED)
        await follower.close()
    assert {task for task in asyncio.all_tasks() if task not in before} == set()
