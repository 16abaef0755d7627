"""How visitors join by a gateway that really serves: tokens, coming back, invitations, limits."""

from __future__ import annotations

import time

import httpx2
import pytest

from control.fleet.states import guide_digest
from control.fleet.tokens import GuideHold, JoinToken, ResumeToken, new_signing_key
from control.gateway.joining import WRONG_SECRETS
from control.gateway.signer import Signer
from tests.control.gateway.conftest import serving_gateway, serving_renderers, serving_site


async def test_a_visitor_joins_enters_and_leaves(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        joined = (await gateway.join()).json()
        assert joined["expires_in_ms"] == 60_000
        assert joined["ice_servers"] == []
        entered = await gateway.enter(joined["token"], width=640)
        assert (entered.status_code, entered.text) == (201, "answer to v=0")
        reference = entered.headers["location"].removeprefix("/whep/")
        assert reference.startswith("r1~")
        assert renderer.asked[-1][1] == {"width": "640"}
        assert (await gateway.client.get(f"/visits/{reference}")).json() == {"state": "alive"}
        assert (await gateway.client.delete(f"/whep/{reference}")).status_code == 200
        assert renderer.visits == {}
        assert (await gateway.client.delete(f"/whep/{reference}")).status_code == 404


async def test_a_visitor_is_sent_to_where_their_scene_is_loaded(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2", "r3", capacity=4) as (gateway, (_, vault, _)):
        vault.scenes = ("vault",)
        vault.tell()
        await gateway.known(lambda: "vault" in gateway.server.node.fleet.find("r2").state.showrooms[0].scenes)
        for _ in range(3):
            entered = await gateway.enter(await gateway.token(scene="vault"), scene="vault")
            assert entered.headers["location"].startswith("/whep/r2~")


async def test_a_player_that_knows_nothing_of_joining_enters_straight(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        assert (await gateway.enter(None)).status_code == 201


async def test_a_player_with_a_showroom_that_can_be_none_is_told_so(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        refused = await gateway.enter(None, showroom="x" * 65)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bad-query")
        assert refused.json()["error"]["detail"].startswith("showroom: ")


async def test_a_token_that_is_shown_again_lasts_no_longer(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        old = JoinToken(visitor="v", guard="r1").sign(signer.key, time.time() - 30.0)
        shown = await gateway.client.post("/join", headers={"Authorization": f"Bearer {old}"})
        assert shown.json()["token"] == old
        assert 0 < shown.json()["expires_in_ms"] <= 30_000


async def test_who_comes_back_gets_the_place_that_they_had_though_all_is_full(signer: Signer) -> None:
    async with serving_site(signer, "r1", capacity=1) as (gateway, (renderer,)):
        entered = await gateway.enter(await gateway.token())
        back = await gateway.token(resume=entered.headers["edge-render-resume"])
        again = await gateway.enter(back)
        assert again.status_code == 201
        (may,) = renderer.visits.values()
        assert may.supersedes == entered.headers["location"].split("~")[1]


async def test_who_was_at_a_renderer_that_is_gone_goes_to_another_with_the_guided_visit(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        held = GuideHold(code="ABCDEFGH", key="key")
        resume = ResumeToken(visitor="v", renderer="gone", visit="x", guide=held)
        token = await gateway.token(resume=resume.sign(signer.key, time.time()))
        assert (await gateway.enter(token)).status_code == 201
        may = renderer.asked[-1][2]
        assert (may.guide, may.supersedes) == (held, None)


async def test_followers_are_sent_to_where_the_guided_visit_is_led(signer: Signer) -> None:
    async with serving_site(signer, "r1", "r2") as (gateway, (_, leads)):
        assert (await gateway.join(follow="abcd efgh")).json()["error"]["code"] == "no-guide"
        leads.guides = (guide_digest("ABCDEFGH"),)
        leads.tell()
        await gateway.known(lambda: gateway.server.node.fleet.with_guide(leads.guides[0]) is not None)
        token = await gateway.token(follow="abcd efgh")
        entered = await gateway.enter(token, follow="abcd efgh")
        assert entered.headers["location"].startswith("/whep/r2~")
        assert leads.asked[-1][1]["follow"] == "ABCDEFGH"
        read = ResumeToken.read(entered.headers["edge-render-resume"], signer.keys, time.time())
        assert read.follow == "ABCDEFGH"


async def test_followers_find_a_guided_visit_that_goes_on_elsewhere_whichever_renderer_speaks_last(
    signer: Signer,
) -> None:
    async with serving_site(signer, "before", "after") as (gateway, (before, after)):
        fleet, code = gateway.server.node.fleet, guide_digest("ABCDEFGH")

        def leads(uid: str) -> bool:
            guide = fleet.with_guide(code)
            return guide is not None and guide.uid == uid

        before.draining, before.guides = True, (code,)
        before.tell()
        await gateway.known(lambda: leads("before"))
        after.guides = (code,)
        after.tell()
        await gateway.known(lambda: leads("after"))
        before.capacity = 5  # its presenter is at both until the new picture shows
        before.tell()
        await gateway.known(lambda: (told := fleet.find("before")) is not None and told.state == before.state)
        assert leads("after")
        before.guides = ()
        before.tell()
        await gateway.known(lambda: (told := fleet.find("before")) is not None and told.state == before.state)
        assert leads("after")
        after.guides = ()
        after.tell()
        await gateway.known(lambda: fleet.with_guide(code) is None)


async def test_codes_can_not_be_guessed(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        answers = [(await gateway.join(follow=f"CODE{number}")).status_code for number in range(12)]
        assert answers == [404] * 10 + [429] * 2


async def test_an_invited_visitor_enters_by_the_token_that_the_banks_own_server_asked_for(signer: Signer) -> None:
    options = {"join": "invited", "issuer_secrets": "s" * 20}
    async with serving_site(signer, "r1", **options) as (gateway, _):
        refused = await gateway.join()
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invitation-needed")
        assert (await gateway.enter(None)).status_code == 401
        wrong = await gateway.client.post("/join", json={}, headers={"Authorization": "Bearer " + "x" * 20})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "bad-token")
        issued = await gateway.client.post("/join", json={}, headers={"Authorization": "Bearer " + "s" * 20})
        token = issued.json()["token"]
        # The page asks with it for the ICE servers, and gets it back.
        told = await gateway.client.post("/join", json={}, headers={"Authorization": f"Bearer {token}"})
        assert (
            JoinToken.read(told.json()["token"], signer.keys, time.time()).jti
            == JoinToken.read(token, signer.keys, time.time()).jti
        )
        entered = await gateway.enter(token)
        assert entered.status_code == 201
        assert (await gateway.join(resume=entered.headers["edge-render-resume"])).status_code == 200


async def test_who_guesses_secrets_is_slowed_down_and_keeps_the_right_one_from_nobody(signer: Signer) -> None:
    options = {"join": "invited", "issuer_secrets": "s" * 20}
    async with serving_site(signer, "r1", **options) as (gateway, _):

        async def ask(secret: str) -> int:
            return (await gateway.client.post("/join", headers={"Authorization": f"Bearer {secret}"})).status_code

        assert [await ask(f"guess-{number}") for number in range(32)] == [401] * WRONG_SECRETS + [429] * 2
        assert await ask("s" * 20) == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"[]", 422, "bad-join"),
        (b"{", 422, "bad-join"),
        (b'{"showroom": 7}', 422, "bad-join"),
        (b'{"resume": "%s"}' % (b"x" * 5000), 422, "bad-join"),
        (b'{"resume": "a.b.c"}', 401, "bad-token"),
        (b'{"showroom": "%s"}' % (b"x" * 20_000), 413, "too-large"),
        (b'{"showroom": "elsewhere"}', 404, "no-showroom"),
    ],
)
async def test_a_bad_request_gets_a_clear_error(signer: Signer, body: bytes, status: int, code: str) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        answer = await gateway.client.post("/join", content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert set(answer.json()["error"]["message"]) == {"en", "zh"}


async def test_tokens_of_others_and_of_another_kind_are_refused(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        foreign = JoinToken(visitor="v", guard="r1").sign(new_signing_key(), time.time())
        old = JoinToken(visitor="v", guard="r1").sign(signer.key, time.time() - 120)
        other = ResumeToken(visitor="v", renderer="r1", visit="x").sign(signer.key, time.time())
        codes = [(await gateway.enter(token)).json()["error"]["code"] for token in (foreign, old, other, "x" * 5000)]
        assert codes == ["bad-token", "expired-token", "bad-token", "bad-token"]


async def test_joins_from_one_address_are_limited_by_what_a_trusted_proxy_says(signer: Signer) -> None:
    async with serving_renderers(signer, "r1", capacity=50) as renderers:
        members = [renderer.member for renderer in renderers]

        async def join(client: httpx2.AsyncClient, address: str) -> int:
            return (await client.post("/join", json={}, headers={"X-Forwarded-For": address})).status_code

        async with serving_gateway(signer, members, joins_per_minute=2, trusted_proxies="127.0.0.0/8") as gateway:
            codes = [await join(gateway.client, address) for address in ("192.0.2.1", "192.0.2.1", "192.0.2.1")]
            assert codes == [200, 200, 429]
            assert await join(gateway.client, "192.0.2.2") == 200, "another visitor notices nothing of it"
        async with serving_gateway(signer, members, joins_per_minute=2) as gateway:
            codes = [await join(gateway.client, f"192.0.2.{number}") for number in range(3)]
            assert codes == [200, 200, 429], "nobody is believed who is no proxy of ours"


async def test_without_a_renderer_it_is_just_opening(signer: Signer) -> None:
    async with serving_gateway(signer, []) as gateway:
        answer = await gateway.join()
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "starting")
        assert answer.headers["retry-after"] == "1"


async def test_the_page_and_figures_are_served(signer: Signer) -> None:
    async with serving_site(signer, "r1", stun_urls="stun:stun.example:3478") as (gateway, _):
        page = await gateway.client.get("/")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert (await gateway.client.get("/web/main.js")).status_code == 200
        assert (await gateway.client.get("/readyz")).json()["ready"]
        entered = await gateway.enter(None)
        assert entered.headers["link"] == '<stun:stun.example:3478>; rel="ice-server"'
        figures = (await gateway.client.get("/metrics")).text
        for line in (
            'edge_render_gateway_tries_total{result="entered"} 1.0',
            'edge_render_gateway_renderers{state="known"} 1.0',
            'edge_render_gateway_allocation_seconds_count{request="whep"} 1.0',
        ):
            assert line in figures
