"""A gateway and a node that really draws: the way of a visitor from joining to coming back, and of one who waits."""

from __future__ import annotations

from pathlib import Path

import websockets

from control.fleet.states import guide_digest
from control.gateway.signer import Signer
from control.kube.cluster import Member
from tests.control.gateway.conftest import serving_gateway
from tests.control.gateway.test_queue import ticket_of, waiting
from tests.control.node.gateway_side import RENDERER, serving_in_fleet
from tests.control.node.test_edge_http import Visitor, until_empty


async def test_a_visitor_enters_steers_comes_back_and_leaves_a_place_to_who_waits(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path, max_visits=1) as (node, client, side):
        member = Member(RENDERER, RENDERER, str(client.base_url).rstrip("/"))
        async with serving_gateway(Signer(side.key), [member]) as gateway:
            await gateway.known(lambda: gateway.server.node.fleet.shows(None))
            first = Visitor()
            entered = await first.enter(gateway.client, f"Bearer {await gateway.token()}")
            assert entered.status_code == 201, entered.text
            await first.frame_until(lambda frame: frame["still"])
            reference = first.path.removeprefix("/whep/")
            address = f"{gateway.url.replace('http', 'ws')}/visits/{reference}/control"
            async with websockets.connect(address, proxy=None) as socket:
                await socket.send('{"type":"ping","id":1}')
                await first.next("pong")

            again = Visitor()
            back = await gateway.token(resume=entered.headers["edge-render-resume"])
            entered = await again.enter(gateway.client, f"Bearer {back}")
            assert entered.status_code == 201, "the new visit takes the place of the old one"
            assert (await first.next("closing"))["reason"] == "superseded"
            await again.next("welcome")

            await gateway.known(lambda: gateway.server.node.fleet.free_places(None) == 0)
            async with waiting(gateway, await ticket_of(gateway)) as stream:
                assert await stream.next() == {"position": 1}
                assert (await gateway.client.delete(again.path)).status_code == 200
                granted = await stream.until("token")
            last = Visitor()
            assert (await last.enter(gateway.client, f"Bearer {granted['token']}")).status_code == 201
            await last.next("welcome")
            for visitor in (first, again, last):
                await visitor.connection.close()
            await gateway.client.delete(last.path)
            await until_empty(node)


async def test_a_presenter_and_a_follower_meet_through_the_gateway(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path) as (_, client, side):
        member = Member(RENDERER, RENDERER, str(client.base_url).rstrip("/"))
        async with serving_gateway(Signer(side.key), [member]) as gateway:
            await gateway.known(lambda: gateway.server.node.fleet.shows(None))
            presenter, follower = Visitor(), Visitor()
            token = await gateway.token(guide="new")
            entered = await presenter.enter(gateway.client, f"Bearer {token}", guide="new", name="Ann")
            assert entered.status_code == 201, entered.text
            assert "edge-render-guide-key" not in entered.headers, "it is in the resume token"
            code = (await presenter.next("guiding"))["code"]
            await gateway.known(lambda: gateway.server.node.fleet.with_guide(guide_digest(code)) is not None)
            follows = await gateway.token(follow=code.lower())
            assert (await follower.enter(gateway.client, f"Bearer {follows}", follow=code)).status_code == 201
            assert (await follower.next("welcome"))["follows"] == {"name": "Ann"}
            for visitor in (presenter, follower):
                await visitor.connection.close()
