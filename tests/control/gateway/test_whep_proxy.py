"""Signalling through a gateway that really serves, to renderers that refuse, are silent, lie or die."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from control.fleet.tokens import JoinToken
from control.gateway.address_rate import AddressRate
from control.gateway.signer import Signer
from tests.control.gateway.conftest import serving_gateway, serving_renderers, serving_site
from tests.control.gateway.scripted_renderer import refusal
from tests.waiting import WAIT_S


def token_for(signer: Signer, guard: str, **fields: object) -> str:
    token = JoinToken.model_validate({"visitor": "v", "guard": guard, **fields})
    return token.sign(signer.key, time.time())


async def test_the_guard_is_asked_first_and_is_told_what_is_spent(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2") as (gateway, renderers):
        for guard in renderers:
            entered = await gateway.enter(token_for(signer, guard.uid, jti=f"once-{guard.uid}"))
            assert entered.headers["location"].startswith(f"/whep/{guard.uid}~")
            assert guard.asked[-1][2].spends == f"once-{guard.uid}"


async def test_a_token_is_good_once_also_by_two_gateways(signer: Signer) -> None:
    async with serving_renderers(signer, "r1") as renderers:
        members = [renderer.member for renderer in renderers]
        async with serving_gateway(signer, members) as one, serving_gateway(signer, members) as two:
            token = await one.token()
            assert (await one.enter(token)).status_code == 201
            for gateway in (one, two):
                again = await gateway.enter(token)
                assert (again.status_code, again.json()["error"]["code"]) == (409, "used-token")
            assert len(renderers[0].visits) == 1


async def test_a_token_that_comes_twice_at_once_is_good_once(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2") as (gateway, renderers):
        # Its guard is not there: nobody but the gateway remembers.
        token = token_for(signer, "gone")
        answers = await asyncio.gather(gateway.enter(token), gateway.enter(token))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert sum(len(renderer.visits) for renderer in renderers) == 1


async def full(_request: web.Request) -> web.StreamResponse:
    return refusal(503, "full")


async def nonsense(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=201, text="v=0")  # which visit?


async def too_long(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=201, text="v" * 300_000, headers={"Edge-Render-Visit": "x"})


async def elsewhere(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPTemporaryRedirect("http://127.0.0.1:1/whep")


async def breaks(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def stranger(_request: web.Request) -> web.StreamResponse:
    return refusal(421, "wrong-audience")


async def keyless(_request: web.Request) -> web.StreamResponse:
    return refusal(401, "bad-token")


@pytest.mark.parametrize("answer", [full, nonsense, too_long, elsewhere, breaks, stranger, keyless])
async def test_whatever_one_renderer_does_the_visitor_gets_a_place_at_another(
    signer: Signer, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    async with serving_site(signer, "r1", "r2") as (gateway, (broken, sound)):
        broken.answer = answer
        entered = await gateway.enter(token_for(signer, "r1"))
        assert (entered.status_code, entered.text) == (201, "answer to v=0")
        assert len(sound.visits) == 1
        assert sound.asked[-1][2].spends is None, "the one that remembers is the guard"


async def test_what_a_stranger_calls_its_error_is_no_figure_of_ours(signer: Signer) -> None:
    async def strange(_request: web.Request) -> web.StreamResponse:
        return refusal(503, "made-up")

    async with serving_site(signer, "r1", "r2") as (gateway, (broken, _)):
        broken.answer = strange
        assert (await gateway.enter(token_for(signer, "r1"))).status_code == 201
        figures = (await gateway.client.get("/metrics")).text
        assert 'edge_render_gateway_tries_total{result="503"} 1.0' in figures
        assert "made-up" not in figures


async def test_a_renderer_that_dies_while_it_is_asked_is_given_up_at_once(signer: Signer) -> None:
    async with serving_renderers(signer, "r2") as (sound,), serving_renderers(signer, "r1") as (dying,):
        asked = asyncio.Event()

        async def hang(_request: web.Request) -> web.StreamResponse:
            asked.set()
            await asyncio.Event().wait()
            return web.Response()

        async def refuse(_request: web.Request) -> web.StreamResponse:
            raise web.HTTPServiceUnavailable

        dying.answer = hang
        async with serving_gateway(signer, [dying.member, sound.member]) as gateway:
            entering = asyncio.create_task(gateway.enter(token_for(signer, "r1")))
            await asked.wait()
            dying.tells = refuse
            dying.die()
            async with asyncio.timeout(WAIT_S):
                assert (await entering).headers["location"].startswith("/whep/r2~")


async def test_nobody_is_refused_while_there_is_a_place_anywhere(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2", "r3", capacity=4) as (gateway, renderers):
        entered = await asyncio.gather(*(gateway.enter(None) for _ in range(12)))
        assert [answer.status_code for answer in entered] == [201] * 12
        assert sum(len(renderer.visits) for renderer in renderers) == 12
        refused = await gateway.enter(None)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "full")
        assert refused.json()["position"] == 1
        assert "ticket" in refused.json()


async def test_who_is_refused_at_all_keeps_the_place_in_the_line(signer: Signer) -> None:
    async with serving_site(signer, "r1", capacity=1) as (gateway, _):
        assert (await gateway.enter(None)).status_code == 201
        await gateway.known(lambda: gateway.server.node.fleet.free_places(None) == 0)
        assert (await gateway.join()).json()["position"] == 1
        late = await gateway.enter(token_for(signer, "r1", since_s=time.time() - 60.0))
        assert late.json()["position"] == 1, "they have waited for longer"


async def test_what_is_the_visitors_own_mistake_is_told_as_the_renderer_says_it(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2") as (gateway, renderers):

        async def refuse(_request: web.Request) -> web.StreamResponse:
            return refusal(400, "bad-sdp")

        for renderer in renderers:
            renderer.answer = refuse
        answer = await gateway.enter(await gateway.token())
        assert (answer.status_code, answer.json()["error"]["message"]["en"]) == (400, "No.")
        assert sum(len(renderer.asked) for renderer in renderers) == 1, "nobody else was asked"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/html"}, b"<p>", 415),
        ({"Content-Type": "application/sdp"}, b"v=0" * 50_000, 413),
        ({"Content-Type": "application/sdp"}, b"v=0\r\n\xff", 400),
    ],
)
async def test_a_body_that_no_renderer_would_take_reaches_none(
    signer: Signer, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        answer = await gateway.client.post("/whep", content=body, headers=headers)
        assert answer.status_code == status
        assert set(answer.json()["error"]["message"]) == {"en", "zh"}
        assert renderer.asked == []


async def test_the_token_says_which_showroom_and_whom_to_follow(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        renderer.showroom = "lobby"
        renderer.tell()
        await gateway.known(lambda: gateway.server.node.fleet.shows("lobby"))
        token = token_for(signer, "r1", showroom="lobby")
        assert (await gateway.enter(token, showroom="vault", follow="CODE", scene="hall", key="k")).status_code == 201
        _, query, may = renderer.asked[-1]
        assert query == {"showroom": "lobby", "scene": "hall", "key": "k"}
        assert may.showroom == "lobby"


async def test_what_a_visit_asks_goes_to_its_renderer(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2") as (gateway, _):
        entered = await gateway.enter(None)
        path = entered.headers["location"]
        fragment = {"Content-Type": "application/trickle-ice-sdpfrag"}
        assert (await gateway.client.patch(path, content="a=x", headers=fragment)).status_code == 204
        assert (await gateway.client.patch(path, content="a=x", headers={"Content-Type": "a/b"})).status_code == 415
        assert (await gateway.client.delete(path, params={"lost": "true"})).status_code == 200


@pytest.mark.parametrize("path", ["/whep/nobody", "/whep/r9~visit", "/whep/r1~..%20metrics", "/whep/r1~unknown"])
async def test_visits_that_are_nowhere_are_not_found(signer: Signer, path: str) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        assert (await gateway.client.delete(path)).json()["error"]["code"] == "not-found"


async def test_who_guesses_visits_is_kept_from_the_renderers(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        gateway.server.node.vain_requests = AddressRate(3, 60.0)
        codes = [(await gateway.client.delete(f"/whep/r1~guess{number}")).status_code for number in range(5)]
        assert codes == [404, 404, 404, 429, 429]
        assert len(renderer.asked) == 3


async def test_what_is_known_of_a_visits_renderer_is_told(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        assert (await gateway.client.get("/visits/r1~v")).json() == {"state": "alive"}
        renderer.draining = True
        renderer.tell()
        await gateway.known(lambda: not gateway.server.node.fleet.shows(None))
        assert (await gateway.client.get("/visits/r1~v")).json() == {"state": "draining"}
        assert (await gateway.client.get("/visits/r9~v")).json() == {"state": "gone"}
        refused = await gateway.enter(token_for(signer, "r1"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "starting")
