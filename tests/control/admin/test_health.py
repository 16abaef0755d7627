"""What who runs the admin is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from control.admin.access.actor import Role
from control.admin.access.tokens import make_token
from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings
from control.admin.sites.node_reports import store_report
from control.admin.sites.sites import retire_site
from tests.control.admin.kinds import on_both_storages
from tests.control.admin.sites.world import make_sites, person, publish, report_of


@pytest.fixture
def client(settings: AdminSettings) -> Iterator[TestClient]:
    """Of an application of its own: one counts the requests of its whole life."""
    with TestClient(create_admin_app(lambda: open_parts(settings))) as opened:
        yield opened


@on_both_storages
def test_it_is_ready_when_its_database_and_store_are(client: TestClient) -> None:
    reply = client.get("/readyz")
    assert (reply.status_code, reply.json()) == (200, {"database": "ok", "blobs": "ok"})


def test_it_says_what_it_lacks(client: TestClient, parts: AdminParts) -> None:
    database = parts.settings.data_folder / "admin.sqlite3"
    away = database.with_suffix(".away")
    parts.database.close()
    database.rename(away)
    database.mkdir()
    reply = client.get("/readyz")
    database.rmdir()
    away.rename(database)
    assert reply.status_code == 503
    assert reply.json()["blobs"] == "ok"
    assert reply.json()["database"].startswith("the database can't be used")
    assert client.get("/readyz").status_code == 200


def test_figures_are_for_who_may_see_sites(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 401


def test_it_tells_prometheus_how_it_goes(client: TestClient, parts: AdminParts) -> None:
    now = parts.now()
    with parts.database.session() as session:
        boss = person(session, "boss", Role.ADMINISTRATOR)
        token = make_token(session, boss, "prometheus", Role.VIEWER, now + 3600, now).token
        make_sites(session, parts.sites.orders, boss, ["first", "second", "closed"])
        retire_site(session, boss, now, "closed")
        publish(session, parts.keys, boss, "branch", 1)
        store_report(session, "first", report_of(1, None), now - 30)
    client.get("/healthz")
    client.get("/api/v1/sites/nowhere", headers={"Authorization": f"Bearer {token}"})
    client.get("/wp-admin.php")
    reply = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    figures = {
        (
            sample.name.removeprefix("edge_render_admin_"),
            *(value for _, value in sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }
    assert figures["http_requests_total", "GET", "/healthz", "200"] == 1
    assert figures["http_requests_total", "GET", "/api/v1/sites/{slug}", "404"] == 1
    assert figures["http_requests_total", "GET", "unknown", "404"] == 1
    assert figures["versions", "published"] == 1
    assert figures["rollouts", "running"] == 0
    assert figures["uploads",] == 0
    assert figures["site_condition", "current", "first"] == 1
    assert figures["site_condition", "absent", "second"] == 1
    assert figures["site_report_age_seconds", "first"] >= 30
    assert not any("closed" in key for key in figures)
