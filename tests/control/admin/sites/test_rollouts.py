"""Roll-outs on a real database, with reports of nodes that are not there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.errors import BadRequest, Conflict, NotAllowed, NotFound
from control.admin.keys import SigningKeys
from control.admin.sites.node_reports import LIVE_S, store_report
from control.admin.sites.orders import Orders
from control.admin.sites.roll_back import roll_back_site
from control.admin.sites.rollout_plan import OnFailure
from control.admin.sites.rollout_views import RolloutView, rollout_view
from control.admin.sites.rollouts import ORDERS_AT_ONCE, Rollouts
from control.admin.sites.sites import create_site, remove_showroom, retire_site
from control.admin.tables import AuditEntry, Site, SiteRelease
from control.content.edge_api import ReleaseState
from control.content.envelope import Envelope
from control.content.release import SiteOrder
from tests.control.admin.sites.world import START, Published, make_sites, node_report, person, publish, retire

SITES = ("first", "second", "third")


@dataclass
class Play:
    """An admin whose clock the test moves. Its methods do what a person, a node or the clock would."""

    database: Database
    keys: SigningKeys
    orders: Orders
    rollouts: Rollouts
    boss: Actor
    now: float = START
    versions: dict[int, Published] = field(default_factory=dict)

    def publish(self, number: int) -> Published:
        with self.database.session() as session:
            version = publish(session, self.keys, self.boss, "branch", number, str(number).encode())
        self.versions[version.id] = version
        return version

    def roll_out(
        self,
        version: Published,
        *waves: list[str],
        starts_at: float | None = None,
        on_failure: OnFailure = "pause",
        skip_absent: bool = False,
    ) -> int:
        with self.database.session() as session:
            made = self.rollouts.create(
                session, self.boss, self.now, version.id, waves, starts_at, on_failure, skip_absent
            )
            made_id = made.id
        self.tick(made_id)
        return made_id

    def tick(self, rollout_id: int, after_s: float = 0.0) -> float:
        self.now += after_s
        with self.database.session() as session:
            return self.rollouts.advance(session, rollout_id, self.now)

    def report(self, site: str, version: Published, state: ReleaseState = "showing", error: str | None = None) -> None:
        with self.database.session() as session:
            store_report(session, site, node_report(session, site, version, state, error=error), self.now)

    def show_everywhere(self, version: Published) -> None:
        """Roll it out and have all sites healthy with it."""
        rollout = self.roll_out(version, list(SITES))
        for site in SITES:
            self.report(site, version)
        self.tick(rollout)
        self.tick(rollout, after_s=20.0)
        assert self.view(rollout).state == "done"

    def view(self, rollout_id: int) -> RolloutView:
        with self.database.reading() as session:
            return rollout_view(session, rollout_id)

    def states(self, rollout_id: int) -> dict[str, str]:
        return {target.site: target.state for wave in self.view(rollout_id).waves for target in wave}

    def messages(self, rollout_id: int) -> dict[str, str]:
        return {target.site: target.message for wave in self.view(rollout_id).waves for target in wave}

    def ordered(self) -> dict[str, list[int]]:
        """The versions in each site's signed order."""
        with self.database.reading() as session:
            envelopes = {site.slug: site.order_envelope for site in session.scalars(select(Site))}
        return {
            slug: [
                item.version
                for item in SiteOrder.model_validate_json(
                    Envelope.model_validate_json(envelope).payload_bytes()
                ).showrooms
            ]
            for slug, envelope in envelopes.items()
        }


@pytest.fixture
def play(database: Database, keys: SigningKeys, orders: Orders, rollouts: Rollouts, boss: Actor) -> Play:
    with database.session() as session:
        make_sites(session, orders, boss, SITES)
    return Play(database, keys, orders, rollouts, boss)


def test_a_wave_is_ordered_when_the_one_before_is_healthy(play: Play) -> None:
    version = play.publish(1)
    rollout = play.roll_out(version, ["first"], ["second", "third"])
    assert play.ordered() == {"first": [1], "second": [], "third": []}
    play.report("first", version, "fetching")
    play.tick(rollout)
    assert "fetched 0 of 0 bytes" in play.view(rollout).message
    play.report("first", version)
    due_at = play.tick(rollout)
    assert due_at == play.now + 20.0
    play.tick(rollout, after_s=19.9)
    assert play.ordered()["second"] == []
    play.tick(rollout, after_s=0.2)
    assert play.states(rollout) == {"first": "healthy", "second": "ordered", "third": "ordered"}
    for site in ("second", "third"):
        play.report(site, version)
    play.tick(rollout)
    play.tick(rollout, after_s=20.0)
    assert play.view(rollout).state == "done"
    assert play.ordered() == {"first": [1], "second": [1], "third": [1]}


def test_a_scheduled_one_begins_at_its_time(play: Play) -> None:
    rollout = play.roll_out(play.publish(1), ["first"], starts_at=START + 3600.0)
    assert play.tick(rollout) == START + 3600.0
    assert play.view(rollout).state == "scheduled"
    play.tick(rollout, after_s=3600.0)
    assert (play.view(rollout).state, play.ordered()["first"]) == ("running", [1])


def test_a_site_without_nodes_holds_its_wave(play: Play) -> None:
    rollout = play.roll_out(play.publish(1), ["first"], ["second"])
    play.tick(rollout, after_s=86400.0)
    assert play.view(rollout).message == "first: no node has reported within 180 s"
    assert play.ordered()["second"] == []


def test_a_site_without_nodes_is_not_waited_for_where_that_is_wanted(play: Play) -> None:
    rollout = play.roll_out(play.publish(1), ["first"], ["second"], skip_absent=True)
    for _ in range(2):
        assert play.view(rollout).state == "running"
        assert play.tick(rollout) == play.now + LIVE_S, "its nodes have time to report"
        play.tick(rollout, after_s=LIVE_S)
    assert play.view(rollout).state == "done"
    assert play.states(rollout) == {"first": "skipped", "second": "skipped"}
    assert play.ordered() == {"first": [1], "second": [1], "third": []}


def test_a_site_whose_node_falls_silent_with_the_release_holds_its_wave(play: Play) -> None:
    play.report("first", play.publish(1))
    rollout = play.roll_out(play.publish(2), ["first"], ["second"], skip_absent=True)
    play.tick(rollout, after_s=86400.0)
    assert "there was one when it was ordered" in play.messages(rollout)["first"]
    assert play.ordered()["second"] == []


def test_a_report_on_an_older_order_says_nothing_of_the_new_one(play: Play) -> None:
    version = play.publish(1)
    with play.database.session() as session:
        stale = node_report(session, "first", version, "failed")
    rollout = play.roll_out(version, ["first"])
    with play.database.session() as session:
        store_report(session, "first", stale, play.now)
    play.tick(rollout)
    assert (play.view(rollout).state, play.view(rollout).message) == ("running", "first: node-1 has not begun")


def test_a_failure_pauses_and_resuming_tries_again(play: Play) -> None:
    version = play.publish(1)
    rollout = play.roll_out(version, ["first"], ["second"])
    play.report("first", version, "failed", "the disk is full")
    play.tick(rollout)
    assert play.view(rollout).state == "paused"
    assert play.view(rollout).message == "it can't be shown at first: node-1: the disk is full"
    serial = serial_of(play, "first")
    with play.database.session() as session:
        play.rollouts.resume(session, play.boss, play.now, rollout)
    play.tick(rollout)
    assert play.states(rollout) == {"first": "ordered", "second": "waiting"}
    assert serial_of(play, "first") == serial + 1
    play.report("first", version)
    play.tick(rollout)
    play.tick(rollout, after_s=20.0)
    assert play.states(rollout) == {"first": "healthy", "second": "ordered"}


def serial_of(play: Play, site: str) -> int:
    with play.database.reading() as session:
        return session.get_one(Site, site).order_serial


def test_a_failure_rolls_back_where_that_is_wanted(play: Play) -> None:
    one, two = play.publish(1), play.publish(2)
    play.show_everywhere(one)
    rollout = play.roll_out(two, ["first"], ["second", "third"], on_failure="roll-back")
    play.report("first", two, "failed", "broken")
    play.tick(rollout)
    assert play.view(rollout).state == "rolled-back"
    assert play.states(rollout) == {"first": "rolled-back", "second": "skipped", "third": "skipped"}
    assert play.ordered() == {"first": [1], "second": [1], "third": [1]}


def test_a_site_that_was_healthy_and_fails_later_stops_it(play: Play) -> None:
    version = play.publish(1)
    rollout = play.roll_out(version, ["first"], ["second"])
    play.report("first", version)
    play.tick(rollout)
    play.tick(rollout, after_s=20.0)
    play.report("first", version, "failed", "out of memory")
    play.tick(rollout)
    assert play.view(rollout).state == "paused"


def test_paused_and_cancelled_ones_order_nothing(play: Play) -> None:
    version = play.publish(1)
    rollout = play.roll_out(version, ["first"], ["second"])
    play.report("first", version)
    with play.database.session() as session:
        play.rollouts.pause(session, play.boss, play.now, rollout)
    play.tick(rollout)
    play.tick(rollout, after_s=60.0)
    assert play.ordered()["second"] == []
    with play.database.session() as session:
        play.rollouts.cancel(session, play.boss, play.now, rollout)
    play.tick(rollout, after_s=60.0)
    assert play.states(rollout) == {"first": "ordered", "second": "skipped"}
    assert play.ordered() == {"first": [1], "second": [], "third": []}


def test_one_click_takes_all_sites_back(play: Play) -> None:
    one, two = play.publish(1), play.publish(2)
    play.show_everywhere(one)
    play.show_everywhere(two)
    rollout = play.roll_out(play.publish(3), ["first", "second"])
    with play.database.session() as session:
        play.rollouts.roll_back(session, play.boss, play.now, rollout)
    assert play.ordered() == {"first": [2], "second": [2], "third": [2]}
    assert play.view(rollout).state == "rolled-back"
    with play.database.session() as session, pytest.raises(Conflict, match="rolled-back"):
        play.rollouts.roll_back(session, play.boss, play.now, rollout)


def test_what_was_never_shown_before_is_not_shown_after_a_roll_back(play: Play) -> None:
    rollout = play.roll_out(play.publish(1), ["first"])
    with play.database.session() as session:
        play.rollouts.roll_back(session, play.boss, play.now, rollout)
    assert play.ordered()["first"] == []


def test_a_retired_version_is_not_gone_back_to(play: Play) -> None:
    one, two = play.publish(1), play.publish(2)
    play.show_everywhere(one)
    rollout = play.roll_out(two, ["first"])
    with play.database.session() as session:
        retire(session, one)
    with pytest.raises(Conflict, match="version 1, which it showed before, is retired"), play.database.session() as s:
        play.rollouts.roll_back(s, play.boss, play.now, rollout)
    with pytest.raises(Conflict, match="retired"), play.database.session() as session:
        roll_back_site(session, play.orders, play.boss, play.now, "first", "branch")
    assert play.ordered()["first"] == [2]


def test_a_version_that_is_retired_on_the_way_is_ordered_no_more(play: Play) -> None:
    version = play.publish(1)
    rollout = play.roll_out(version, ["first"], ["second"])
    play.report("first", version)
    play.tick(rollout)
    with play.database.session() as session:
        retire(session, version)
    play.tick(rollout, after_s=20.0)
    assert play.view(rollout).state == "failed"
    assert play.ordered()["second"] == []


def test_one_site_goes_back_alone_and_once(play: Play) -> None:
    one, two = play.publish(1), play.publish(2)
    play.show_everywhere(one)
    rollout = play.roll_out(two, ["first"], ["second"])
    with play.database.session() as session:
        roll_back_site(session, play.orders, play.boss, play.now, "first", "branch")
    assert play.ordered()["first"] == [1]
    assert play.messages(rollout)["first"] == "the site was rolled back"
    with pytest.raises(Conflict, match="no other version"), play.database.session() as session:
        roll_back_site(session, play.orders, play.boss, play.now, "first", "branch")
    with pytest.raises(NotFound), play.database.session() as session:
        roll_back_site(session, play.orders, play.boss, play.now, "first", "cards")


def test_the_one_that_begins_later_supersedes(play: Play) -> None:
    one, two, three = (play.publish(number) for number in (1, 2, 3))
    scheduled = play.roll_out(three, ["first"], starts_at=START + 3600.0)
    older = play.roll_out(one, ["first"], ["second"])
    newer = play.roll_out(two, ["second"], ["first"])
    assert play.states(older) == {"first": "skipped", "second": "skipped"}
    play.tick(older)
    assert play.view(older).state == "done"
    assert play.messages(older)["first"] == f"superseded by roll-out {newer}"
    assert play.ordered() == {"first": [1], "second": [2], "third": []}
    play.tick(scheduled, after_s=3600.0)
    assert play.states(newer) == {"second": "ordered", "first": "skipped"}
    assert play.ordered() == {"first": [3], "second": [2], "third": []}


def test_sites_that_leave_are_not_waited_for(play: Play) -> None:
    rollout = play.roll_out(play.publish(1), ["first"], ["second"], ["third"])
    with play.database.session() as session:
        remove_showroom(session, play.orders, play.boss, play.now, "first", "branch")
    play.tick(rollout)
    with play.database.session() as session:
        retire_site(session, play.boss, play.now, "second")
    play.tick(rollout)
    assert play.states(rollout) == {"first": "skipped", "second": "skipped", "third": "ordered"}
    assert play.ordered()["first"] == []


def test_the_same_again_can_still_be_rolled_back_to_what_was_before(play: Play) -> None:
    one, two = play.publish(1), play.publish(2)
    play.show_everywhere(one)
    play.roll_out(two, ["first"])
    again = play.roll_out(two, ["first"])
    with play.database.session() as session:
        play.rollouts.roll_back(session, play.boss, play.now, again)
    assert play.ordered()["first"] == [1]


def test_what_cant_be_is_refused(play: Play) -> None:
    version = play.publish(1)
    with play.database.session() as session:
        create_site(session, play.orders, play.boss, START, "strong", "Strong", "big-gpu")
        heavy = publish(session, play.keys, play.boss, "branch", 2, b"heavy", edge_class="small-gpu")
        retire_site(session, play.boss, START, "third")
        viewer = person(session, "vera", Role.EDITOR)
    play.roll_out(heavy, ["strong"])
    for waves, error, words in (
        ([["first"], ["first"]], BadRequest, "twice"),
        ([["first"], []], BadRequest, "each must have a site"),
        ([["nowhere"]], NotFound, "nowhere"),
        ([["third"]], Conflict, "retired"),
    ):
        with pytest.raises(error, match=words), play.database.session() as session:
            play.rollouts.create(session, play.boss, play.now, version.id, waves)
    with pytest.raises(Conflict, match="weaker"), play.database.session() as session:
        play.rollouts.create(session, play.boss, play.now, heavy.id, [["first"]])
    with pytest.raises(NotAllowed), play.database.session() as session:
        play.rollouts.create(session, viewer, play.now, version.id, [["first"]])
    with play.database.session() as session:
        retire(session, version)
    with pytest.raises(Conflict, match="not published"), play.database.session() as session:
        play.rollouts.create(session, play.boss, play.now, version.id, [["first"]])


def test_a_large_wave_is_ordered_in_transactions_that_others_need_not_wait_long_for(play: Play) -> None:
    many = [f"many-{number}" for number in range(ORDERS_AT_ONCE + 2)]
    with play.database.session() as session:
        make_sites(session, play.orders, play.boss, many)
    rollout = play.roll_out(play.publish(1), many, ["first"])
    assert Counter(play.states(rollout).values()) == {"ordered": ORDERS_AT_ONCE, "waiting": 3}
    assert play.tick(rollout) > play.now
    assert Counter(play.states(rollout).values()) == {"ordered": ORDERS_AT_ONCE + 2, "waiting": 1}


def test_every_step_is_logged(play: Play) -> None:
    version = play.publish(1)
    rollout = play.roll_out(version, ["first"])
    with play.database.session() as session:
        play.rollouts.roll_back(session, play.boss, play.now, rollout)
    with play.database.reading() as session:
        logged = session.execute(
            select(AuditEntry.actor, AuditEntry.action)
            .where(AuditEntry.subject == f"rollout:{rollout}")
            .order_by(AuditEntry.seq)
        )
        assert [tuple(row) for row in logged] == [
            ("account:boss", "rollout.create"),
            ("system", "rollout.start"),
            ("system", "rollout.order"),
            ("account:boss", "rollout.roll-back"),
        ]


def test_asked_again_it_does_nothing_again(play: Play) -> None:
    rollout = play.roll_out(play.publish(1), ["first"])
    serial = serial_of(play, "first")
    for _ in range(3):
        play.tick(rollout)
    assert serial_of(play, "first") == serial
    with play.database.reading() as session:
        assert session.get_one(SiteRelease, ("first", "branch")).previous_version_id is None
