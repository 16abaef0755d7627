"""What is kept of nodes' reports."""

from __future__ import annotations

import pytest

from control.admin.access.actor import Actor
from control.admin.database import Database
from control.admin.sites.node_reports import FORGET_S, LIVE_S, NODES_MAX, seen_nodes, store_report
from control.admin.sites.orders import Orders
from control.admin.tables import NodeState
from tests.control.admin.sites.world import START, make_sites, report_of


@pytest.fixture(autouse=True)
def lounge(database: Database, orders: Orders, boss: Actor) -> None:
    with database.session() as session:
        make_sites(session, orders, boss, ["lounge"])


def report(database: Database, node: str, at: float) -> None:
    with database.session() as session:
        store_report(session, "lounge", report_of(1, None, node=node), at)


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return [node.report.node for node in seen_nodes(session, ["lounge"])["lounge"]]


def test_a_node_is_live_until_it_is_silent_for_too_long(database: Database) -> None:
    report(database, "a", START)
    with database.reading() as session:
        (node,) = seen_nodes(session, ["lounge"])["lounge"]
    assert node.is_live(START + LIVE_S - 1)
    assert not node.is_live(START + LIVE_S)


def test_nodes_that_are_long_silent_are_forgotten_when_others_come(database: Database) -> None:
    report(database, "old", START)
    report(database, "new", START + FORGET_S + 1)
    assert names(database) == ["new"]


def test_the_newest_are_kept_where_there_are_too_many(database: Database) -> None:
    for number in range(NODES_MAX + 2):
        report(database, f"node-{number:03}", START + number)
    assert names(database) == [f"node-{number:03}" for number in range(2, NODES_MAX + 2)]


def test_what_another_version_kept_is_left_out(database: Database) -> None:
    report(database, "a", START)
    with database.session() as session:
        session.add(NodeState(site="lounge", node="b", reported_at=START, report={"node": "b", "mood": "fine"}))
    assert names(database) == ["a"]
