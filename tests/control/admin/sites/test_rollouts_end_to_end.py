"""Roll-outs over the real HTTP interface: a person who starts them, the clock, and nodes that follow and report."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from control.admin.access.actor import Actor, Role
from control.admin.access.tokens import make_token
from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.database import Database
from control.admin.keys import SigningKeys
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.node_reports import store_report
from control.admin.sites.orders import Orders
from control.admin.sites.rollout_clock import RolloutClock
from control.admin.sites.rollouts import Rollouts
from control.admin.tables import AuditEntry, Site
from control.content.edge_api import OrderReply, ReleaseState, VisitReport, VisitTotals
from control.content.release import SiteOrder
from tests.control.admin.kinds import on_both_storages
from tests.control.admin.sites.world import START, Published, make_sites, node_report, person, publish, report_of

SITES = ("first", "second", "third")


@dataclass
class Node:
    """The only node of a site; it fetches nothing, and says what it is told to."""

    client: TestClient | httpx2.Client
    token: str
    serial: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def hear(self, wait_s: float = 30.0) -> list[int]:
        """Wait for the next order; the versions in it."""
        reply = self.client.get(f"/edge/v1/order?after={self.serial}&wait_s={wait_s}", headers=self.headers)
        assert reply.status_code == 200, reply.text
        order = SiteOrder.model_validate_json(OrderReply.model_validate_json(reply.text).order.payload_bytes())
        self.serial = order.serial
        return [item.version for item in order.showrooms]

    def report(self, version: Published | None, state: ReleaseState = "showing", error: str | None = None) -> None:
        body = report_of(self.serial, version, state, error=error).model_dump(mode="json")
        assert self.client.post("/edge/v1/reports", json=body, headers=self.headers).status_code == 204


@dataclass
class Stage:
    """An admin with sites of a node each, and somebody who may do everything there."""

    client: TestClient
    parts: AdminParts
    boss: Actor
    nodes: dict[str, Node]

    def publish(self, number: int) -> Published:
        with self.parts.database.session() as session:
            return publish(session, self.parts.keys, self.boss, "branch", number, str(number).encode())

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        reply = self.client.post(f"/api/v1/{path}", json=body)
        assert reply.status_code == status, reply.text
        return reply.json()

    def roll_out(self, version: Published, *waves: list[str], **options: Any) -> int:
        body = {"version_id": version.id, "waves": waves, "healthy_s": 0, **options}
        return int(self.post("rollouts", body, status=201)["id"])

    def rollout(self, rollout_id: int) -> Any:
        """As it is once the clock has done all that it can."""
        with self.parts.database.session() as session:
            self.parts.sites.rollouts.advance(session, rollout_id, self.parts.now())
        return self.client.get(f"/api/v1/rollouts/{rollout_id}").json()


@pytest.fixture
def stage(client: TestClient, parts: AdminParts) -> Stage:
    with parts.database.session() as session:
        boss = person(session, "boss", Role.ADMINISTRATOR)
        token = make_token(session, boss, "tests", Role.ADMINISTRATOR, parts.now() + 3600, parts.now()).token
        tokens = make_sites(session, parts.sites.orders, boss, SITES)
    client.headers["Authorization"] = f"Bearer {token}"
    nodes = {site: Node(client, token) for site, token in tokens.items()}
    for node in nodes.values():
        assert node.hear() == []
        node.report(None)
    return Stage(client, parts, boss, nodes)


@on_both_storages
def test_a_release_goes_from_wave_to_wave_as_nodes_show_it(stage: Stage) -> None:
    version = stage.publish(1)
    rollout = stage.roll_out(version, ["first"], ["second", "third"])
    first, second, third = (stage.nodes[site] for site in SITES)
    assert first.hear() == [1]
    first.report(version, "fetching")
    assert stage.rollout(rollout)["message"].startswith("first: node-1 has fetched")
    first.report(version)
    assert second.hear() == [1]
    assert third.hear() == [1]
    second.report(version)
    third.report(version)
    done = stage.rollout(rollout)
    assert done["state"] == "done"
    assert [[target["state"] for target in wave] for wave in done["waves"]] == [["healthy"], ["healthy", "healthy"]]
    sites = stage.client.get("/api/v1/sites").json()
    assert [(site["slug"], site["condition"]) for site in sites] == [(slug, "current") for slug in SITES]


@on_both_storages
def test_a_release_that_fails_at_the_first_site_goes_back_by_itself(stage: Stage) -> None:
    one, two = stage.publish(1), stage.publish(2)
    first = stage.nodes["first"]
    stage.roll_out(one, ["first"])
    first.hear()
    first.report(one)
    rollout = stage.roll_out(two, ["first"], ["second"], on_failure="roll-back")
    assert first.hear() == [2]
    first.report(two, "failed", "showroom.json: scenes: none")
    assert first.hear() == [1]
    ended = stage.rollout(rollout)
    assert (ended["state"], ended["message"]) == (
        "rolled-back",
        "rolled back, as it can't be shown at first: node-1: showroom.json: scenes: none",
    )
    assert stage.client.get("/api/v1/sites/second").json()["showrooms"] == []


def test_people_hold_resume_and_take_back(stage: Stage) -> None:
    one, two = stage.publish(1), stage.publish(2)
    first = stage.nodes["first"]
    stage.roll_out(one, ["first"])
    first.hear()
    first.report(one)
    rollout = stage.roll_out(two, ["first"], ["second"])
    assert first.hear() == [2]
    assert stage.post(f"rollouts/{rollout}/pause")["state"] == "paused"
    first.report(two)
    assert stage.rollout(rollout)["state"] == "paused"
    stage.post(f"rollouts/{rollout}/pause", status=409)
    stage.post(f"rollouts/{rollout}/resume")
    assert stage.nodes["second"].hear() == [2]
    stage.post(f"rollouts/{rollout}/cancel")
    assert stage.post(f"rollouts/{rollout}/roll-back")["state"] == "rolled-back"
    assert first.hear() == [1]
    assert stage.nodes["second"].hear() == []
    listed = stage.client.get("/api/v1/rollouts?site=first&limit=1").json()
    assert [item["id"] for item in listed] == [rollout]


def test_one_site_goes_back_by_one_request(stage: Stage) -> None:
    first = stage.nodes["first"]
    for version in (stage.publish(1), stage.publish(2)):
        stage.roll_out(version, ["first"])
        first.hear()
    view = stage.post("sites/first/showrooms/branch/roll-back")
    assert [(item["version"], item["previous_version"]) for item in view["showrooms"]] == [(1, None)]
    assert first.hear() == [1]
    stage.post("sites/first/showrooms/branch/roll-back", status=409)


def test_sites_are_made_changed_and_ended(stage: Stage) -> None:
    made = stage.post("sites", {"slug": "new", "title": "New", "edge_class": "small-gpu"}, status=201)
    assert (made["site"]["condition"], made["site"]["order_serial"]) == ("absent", 1)
    stage.post("sites", {"slug": "new", "title": "New", "edge_class": "small-gpu"}, status=409)
    stage.post("sites", {"slug": "New!", "title": "New", "edge_class": "small-gpu"}, status=422)
    assert Node(stage.client, made["token"]).hear() == []
    changed = stage.client.patch("/api/v1/sites/new", json={"title": "Newer"}).json()
    assert (changed["title"], changed["edge_class"]) == ("Newer", "small-gpu")
    token = stage.post("sites/new/token", status=201)["token"]
    assert stage.client.get("/api/v1/sites/new").json()["new_token_unused"]
    assert Node(stage.client, token).hear() == []
    assert stage.post("sites/new/retire")["condition"] == "retired"
    assert stage.client.get("/api/v1/sites/nowhere").status_code == 404


def test_showrooms_are_arranged_and_taken_away(stage: Stage) -> None:
    first = stage.nodes["first"]
    with stage.parts.database.session() as session:
        cards = publish(session, stage.parts.keys, stage.boss, "cards", 5, b"cards")
    for version in (stage.publish(1), cards):
        stage.roll_out(version, ["first"])
        first.hear()
    arranged = stage.client.patch("/api/v1/sites/first", json={"showrooms": ["cards", "branch"]}).json()
    assert [item["showroom"] for item in arranged["showrooms"]] == ["cards", "branch"]
    assert first.hear() == [5, 1]
    assert stage.client.patch("/api/v1/sites/first", json={"showrooms": ["cards"]}).status_code == 400
    taken = stage.client.delete("/api/v1/sites/first/showrooms/branch").json()
    assert [item["showroom"] for item in taken["showrooms"]] == ["cards"]
    order = stage.client.get("/api/v1/sites/first/order")
    assert SiteOrder.model_validate_json(OrderReply(order=order.json()).order.payload_bytes()).serial == 5


@pytest.fixture
def replica(client: TestClient, settings: AdminSettings) -> Iterator[TestClient]:
    """A second admin on the same database and store."""
    with TestClient(create_admin_app(lambda: open_parts(settings))) as opened:
        yield opened


@on_both_storages
def test_an_edge_at_one_replica_hears_of_what_is_done_at_another(stage: Stage, replica: TestClient) -> None:
    version = stage.publish(1)
    rollout = stage.roll_out(version, ["first"], ["second"])
    for site in ("first", "second"):
        node = stage.nodes[site]
        elsewhere = Node(replica, node.token, node.serial)
        assert elsewhere.hear() == [1]
        elsewhere.report(version)
    assert stage.rollout(rollout)["state"] == "done"


def test_two_clocks_order_nothing_twice(database: Database, keys: SigningKeys, boss: Actor) -> None:
    """Each has its own connection, as in two replicas; both look again and again while nodes report."""
    slugs = [f"site-{number}" for number in range(6)]
    orders = Orders(keys, ChangeBell())
    clocks = []
    for _ in range(2):
        rollouts = Rollouts(Orders(keys, ChangeBell()), ChangeBell(), 0.0)
        clocks.append(RolloutClock(database, rollouts, ChangeBell(), lambda: START))
    with database.session() as session:
        make_sites(session, orders, boss, slugs)
        version = publish(session, keys, boss, "branch", 1)
        waves = [slugs[:1], slugs[1:3], slugs[3:]]
        Rollouts(orders, ChangeBell(), 0.0).create(session, boss, START, version.id, waves)
    with ThreadPoolExecutor(2) as pool:
        for wave in ([], *waves):
            for slug in wave:
                with database.session() as session:
                    store_report(session, slug, node_report(session, slug, version), START)
            for looking in [pool.submit(clock.advance_all) for clock in clocks * 3]:
                looking.result()
    with database.reading() as session:
        assert {site.slug: site.order_serial for site in session.scalars(select(Site))} == dict.fromkeys(slugs, 2)
        logged = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "rollout.order").order_by(AuditEntry.seq)
        )
        assert [entry.detail["sites"] for entry in logged] == waves
        ends = session.scalars(select(AuditEntry.seq).where(AuditEntry.action == "rollout.done")).all()
    assert len(ends) == 1


def test_what_nodes_count_of_visits_is_shown(stage: Stage) -> None:
    first, now = stage.nodes["first"], stage.parts.now()
    stage.roll_out(stage.publish(1), ["first"])
    first.hear()
    totals = VisitTotals(showroom="branch", version=1, hour=int(now) // 3600, visits=2, visit_s=60.0)
    report = VisitReport(node="node-1", report_id="0" * 32, made_at=now, totals=(totals,))
    first.client.post("/edge/v1/visits", json=report.model_dump(mode="json"), headers=first.headers)
    asked = {"since": now - 3600, "until": now + 3600}
    sums = stage.client.get("/api/v1/visits", params={**asked, "step": "hour", "site": "first"}).json()
    assert (sums["visits"], sums["mean_visit_s"], len(sums["steps"])) == (2, 30.0, 3)
    table = stage.client.get("/api/v1/visits/table.csv", params=asked)
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(table.text.splitlines()) == 2
    assert stage.client.get("/api/v1/visits", params={"since": 0, "until": 2**40}).status_code == 400
    assert stage.client.get("/api/v1/visits", params={"since": "nan", "until": 1}).status_code == 422
