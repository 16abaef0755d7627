"""What edges ask of the admin, over its real HTTP interface."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from control.admin.access.actor import Actor, Role
from control.admin.parts import AdminParts
from control.admin.sites.edge_limits import Traffic
from control.admin.sites.node_reports import seen_nodes
from control.admin.sites.orders import show
from control.admin.sites.site_tokens import GRACE_S
from control.admin.sites.sites import change_token, retire_site
from control.admin.tables import Site, Version, VisitHour
from control.content.blob_batch import BATCH_TYPE, read_batch
from control.content.edge_api import NodeReport, OrderReply, VisitReport, VisitTotals
from control.content.envelope import Envelope
from control.content.release import ReleaseManifest, SiteOrder
from tests.control.admin.kinds import on_both_storages
from tests.control.admin.sites.world import Published, make_sites, node_report, person, publish
from tests.waiting import WAIT_S

pytestmark = on_both_storages
DATA = b"model"


@pytest.fixture
def boss(parts: AdminParts) -> Actor:
    with parts.database.session() as session:
        return person(session, "boss", Role.ADMINISTRATOR)


@pytest.fixture
def tokens(parts: AdminParts, boss: Actor) -> dict[str, str]:
    """Of two sites, of which the first shows a version."""
    with parts.database.session() as session:
        return make_sites(session, parts.sites.orders, boss, ["lounge-1", "lounge-2"])


@pytest.fixture
def shown(parts: AdminParts, boss: Actor, tokens: dict[str, str]) -> Published:
    with parts.database.session() as session:
        version = publish(session, parts.keys, boss, "branch", 7, DATA)
    order_at(parts, "lounge-1", version)
    return version


def order_at(parts: AdminParts, site: str, version: Published) -> None:
    with parts.database.session() as session:
        show(session, site, session.get_one(Version, version.id), parts.now())
        parts.sites.orders.issue(session, session.get_one(Site, site), parts.now())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def order_in(body: str) -> SiteOrder:
    return SiteOrder.model_validate_json(OrderReply.model_validate_json(body).order.payload_bytes())


def test_a_site_gets_its_order(client: TestClient, tokens: dict[str, str], shown: Published) -> None:
    reply = client.get("/edge/v1/order", headers=bearer(tokens["lounge-1"]))
    order = order_in(reply.text)
    assert [(item.showroom, item.version, item.release) for item in order.showrooms] == [("branch", 7, shown.release)]
    newer = client.get(f"/edge/v1/order?after={order.serial}", headers=bearer(tokens["lounge-1"]))
    assert (newer.status_code, newer.content) == (204, b"")


def test_a_waiting_edge_hears_of_a_new_order_at_once(
    client: TestClient, parts: AdminParts, tokens: dict[str, str], shown: Published
) -> None:
    """It waits for 30 s, in which the test would fail by its own limit."""
    headers = bearer(tokens["lounge-2"])
    with ThreadPoolExecutor() as pool:
        asked = threading.Event()

        def ask() -> str:
            asked.set()
            return client.get("/edge/v1/order?after=1&wait_s=30", headers=headers).text

        waiting = pool.submit(ask)
        asked.wait()
        order_at(parts, "lounge-2", shown)
        assert order_in(waiting.result(timeout=WAIT_S)).serial == 2


def test_who_has_no_token_gets_nothing(client: TestClient, tokens: dict[str, str]) -> None:
    for headers in ({}, bearer("ers_wrong"), {"Authorization": "Basic abc"}):
        reply = client.get("/edge/v1/order", headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "not-signed-in")


def test_the_first_request_with_a_new_token_ends_the_one_before_in_a_day(
    client: TestClient, parts: AdminParts, boss: Actor, tokens: dict[str, str]
) -> None:
    with parts.database.session() as session:
        new = change_token(session, boss, parts.now(), "lounge-1")
        assert session.get_one(Site, "lounge-1").previous_token_until is None
    statuses = [
        client.get("/edge/v1/order", headers=bearer(token)).status_code
        for token in (tokens["lounge-1"], new, tokens["lounge-1"])
    ]
    assert statuses == [200, 200, 200]
    with parts.database.session() as session:
        until = session.get_one(Site, "lounge-1").previous_token_until
        assert until is not None
        assert parts.now() < until <= parts.now() + GRACE_S


def test_a_retired_site_is_refused(client: TestClient, parts: AdminParts, boss: Actor, tokens: dict[str, str]) -> None:
    with parts.database.session() as session:
        retire_site(session, boss, parts.now(), "lounge-1")
    assert client.get("/edge/v1/order", headers=bearer(tokens["lounge-1"])).status_code == 403


def test_who_has_a_wrong_token_is_not_looked_up_for_ever(client: TestClient, tokens: dict[str, str]) -> None:
    # 300 a minute; and a minute may end meanwhile.
    answers = (client.get("/edge/v1/order", headers=bearer("ers_wrong")) for _ in range(601))
    refused = next(answer for answer in answers if answer.status_code != 401)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_a_release_is_there_for_the_sites_that_were_ordered_it(
    client: TestClient, tokens: dict[str, str], shown: Published
) -> None:
    path = f"/edge/v1/releases/{shown.release}"
    envelope = Envelope.model_validate_json(client.get(path, headers=bearer(tokens["lounge-1"])).text)
    manifest = ReleaseManifest.model_validate_json(envelope.payload_bytes())
    assert (manifest.showroom, manifest.version) == ("branch", 7)
    assert client.get(path, headers=bearer(tokens["lounge-2"])).status_code == 404
    assert client.get("/edge/v1/releases/nothing", headers=bearer(tokens["lounge-1"])).status_code == 422


def test_a_blob_is_there_in_full_and_in_ranges_for_the_sites_that_were_ordered_it(
    client: TestClient, parts: AdminParts, tokens: dict[str, str], shown: Published
) -> None:
    path = f"/edge/v1/blobs/{parts.blobs.put_bytes(DATA)}"
    headers = bearer(tokens["lounge-1"])
    whole = client.get(path, headers=headers)
    assert (whole.status_code, whole.content) == (200, DATA)
    rest = client.get(path, headers={**headers, "Range": "bytes=2-"})
    assert (rest.status_code, rest.content, rest.headers["Content-Range"]) == (206, DATA[2:], "bytes 2-4/5")
    assert client.get(path, headers={**headers, "Range": "bytes=5-"}).status_code == 416
    assert client.get(path, headers=bearer(tokens["lounge-2"])).status_code == 404
    other = parts.blobs.put_bytes(b"of nobody")
    assert client.get(f"/edge/v1/blobs/{other}", headers=headers).status_code == 404


def test_many_small_blobs_come_in_one_body(
    client: TestClient, parts: AdminParts, tokens: dict[str, str], shown: Published
) -> None:
    digest = parts.blobs.put_bytes(DATA)
    headers = bearer(tokens["lounge-1"])
    reply = client.post("/edge/v1/blobs", json={"digests": [digest, digest]}, headers=headers)
    assert (reply.status_code, reply.headers["Content-Type"], read_batch(reply.content)) == (
        200,
        BATCH_TYPE,
        {digest: DATA},
    )
    other = parts.blobs.put_bytes(b"of nobody")
    for site, digests, status in (
        ("lounge-2", [digest], 404),
        ("lounge-1", [digest, other], 404),
        ("lounge-1", [], 422),
    ):
        asked = client.post("/edge/v1/blobs", json={"digests": digests}, headers=bearer(tokens[site]))
        assert asked.status_code == status


@pytest.mark.parametrize("field", ["warning", "node", "software"])
def test_a_report_with_a_text_that_no_database_keeps_is_refused(
    client: TestClient, parts: AdminParts, tokens: dict[str, str], shown: Published, field: str
) -> None:
    """Roll-outs tell what nodes say: it would have ended them, at each start."""
    with parts.database.session() as session:
        told = node_report(session, "lounge-1", shown).model_dump(mode="json") | {field: "a\0b"}
    assert client.post("/edge/v1/reports", json=told, headers=bearer(tokens["lounge-1"])).status_code == 422
    told = told | {field: "ab"}
    told["showrooms"][0] |= {"state": "failed", "error": "\0"}
    assert client.post("/edge/v1/reports", json=told, headers=bearer(tokens["lounge-1"])).status_code == 422


def test_a_site_whose_nodes_know_more_than_a_restored_admin_gets_a_newer_order(
    client: TestClient, tokens: dict[str, str], shown: Published
) -> None:
    headers = bearer(tokens["lounge-1"])
    reply = client.get("/edge/v1/order?after=40", headers=headers)
    assert order_in(reply.text).serial == 41
    assert client.get(f"/edge/v1/order?after={2**53 - 1}", headers=headers).status_code == 409


def test_a_node_that_invents_serials_does_not_fill_the_audit_log(client: TestClient, tokens: dict[str, str]) -> None:
    for site, found in (("lounge-1", {200, 429}), ("lounge-2", {200})):
        headers, limit = bearer(tokens[site]), Traffic.CATCH_UP.value.amount
        asked = range(100, 100 + limit + 5) if 429 in found else range(100, 105)
        statuses = [client.get(f"/edge/v1/order?after={2 * serial}", headers=headers).status_code for serial in asked]
        assert set(statuses) == found
        assert statuses.count(200) <= limit


def test_a_nodes_last_report_is_kept(
    client: TestClient, parts: AdminParts, tokens: dict[str, str], shown: Published
) -> None:
    with parts.database.reading() as session:
        report = node_report(session, "lounge-1", shown)
    for told in (report, report.model_copy(update={"visits": 3})):
        reply = client.post("/edge/v1/reports", json=told.model_dump(mode="json"), headers=bearer(tokens["lounge-1"]))
        assert reply.status_code == 204
    assert reports(parts, "lounge-1") == [report.model_copy(update={"visits": 3})]


def reports(parts: AdminParts, site: str) -> list[NodeReport]:
    with parts.database.reading() as session:
        return [node.report for node in seen_nodes(session, [site])[site]]


def test_a_visit_report_counts_once(
    client: TestClient, parts: AdminParts, tokens: dict[str, str], shown: Published
) -> None:
    now = parts.now()
    totals = VisitTotals(showroom="branch", version=7, hour=int(now) // 3600, visits=2, visit_s=60.0)
    for report_id in ("0" * 32, "0" * 32, secrets.token_hex(16)):
        report = VisitReport(node="node-1", report_id=report_id, made_at=now, totals=(totals,))
        reply = client.post("/edge/v1/visits", json=report.model_dump(mode="json"), headers=bearer(tokens["lounge-1"]))
        assert reply.status_code == 204
    with parts.database.reading() as session:
        row = session.get_one(VisitHour, ("lounge-1", "branch", 7, totals.hour))
    assert VisitTotals.model_validate(row.totals).visits == 4
