"""The page where one comes in."""

from __future__ import annotations

from control.admin.access.accounts import find_account
from control.admin.access.actor import Actor, Role
from control.admin.parts import AdminParts
from control.admin.sites.node_reports import store_report
from control.admin.tables import Rollout, Version
from control.content.edge_api import Disk, NodeReport
from tests.control.admin.conftest import LogIn
from tests.control.admin.sites.world import make_sites, publish


def test_where_all_is_well_it_says_so(look: LogIn) -> None:
    browser = look("vera")
    assert browser.get("/").headers["location"] == "/overview"
    assert "Nothing: all sites are as ordered." in browser.get("/overview").text


def test_what_needs_attention_is_listed_the_worst_first_and_leads_there(look: LogIn, people: AdminParts) -> None:
    now = people.now()
    with people.database.session() as session:
        account = find_account(session, "anna")
        assert account is not None
        anna = Actor(account.id, "anna", Role.ADMINISTRATOR)
        make_sites(session, people.sites.orders, anna, ["lounge", "hall"])
        shown = publish(session, people.keys, anna, "branch", 1)
        session.get_one(Version, publish(session, people.keys, anna, "branch", 2, b"2").id).state = "validated"
        paused = Rollout(
            version_id=shown.id,
            state="paused",
            on_failure="pause",
            skip_absent=False,
            healthy_s=20.0,
            created_by=anna.account_id,
            created_at=now,
            starts_at=now,
        )
        session.add(paused)
        disk = Disk(used_bytes=0, budget_bytes=10**10, free_bytes=10**9)
        report = NodeReport(node="node-1", software="1.0", order_serial=1, disk=disk, warning="<the clock>")
        store_report(session, "lounge", report, now)
    page = look("vera").get("/overview").text
    places = [
        page.index(said)
        for said in (
            '/sites/hall">Hall: No node has reported within three minutes.',
            '/sites/lounge">Lounge, node-1: &lt;the clock&gt;',
            "the disk has 1.0 GB free, the content may still take 10.0 GB",
            '/rollouts/1">Roll-out of branch version 1 is paused',
            "branch version 2 is validated and waits to be published",
        )
    ]
    assert places == sorted(places)
