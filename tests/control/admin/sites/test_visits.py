"""Visits: what nodes counted, added up once, and asked for."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.admin.access.actor import Actor
from control.admin.database import Database
from control.admin.errors import BadRequest
from control.admin.keys import SigningKeys
from control.admin.sites.orders import Orders, show
from control.admin.sites.visit_export import HEADERS, Table, csv_chunks
from control.admin.sites.visit_queries import StepSums, VisitRange, VisitSums, visit_sums
from control.admin.sites.visit_sums import add_totals
from control.admin.sites.visits import HOUR_S, REPORT_MAX_AGE_S, Counted, count_visits, forget_visits
from control.admin.tables import Version
from control.content.edge_api import Quality, SceneInterest, VisitReport, VisitTotals
from tests.control.admin.sites.world import START, make_sites, publish

HOUR = int(START) // HOUR_S
DAY_S = 86400.0
FIRST = VisitTotals(
    showroom="branch",
    version=1,
    hour=HOUR,
    visits=2,
    visit_s=120.0,
    devices={"phone": 1, "headset": 1},
    languages={"zh": 2},
    scenes=(SceneInterest(scene="hall", entered=3, dwell_s=90.0, taps={"desk": 2, "door": 1}),),
    quality=Quality(visits_measured=1, round_trip_ms_sum=10.0, loss_ratio_sum=0.5),
)
SECOND = FIRST.model_copy(
    update={
        "visits": 1,
        "visit_s": 30.0,
        "devices": {"phone": 1},
        "languages": {"en": 1},
        "scenes": (
            SceneInterest(scene="vault", entered=1, dwell_s=5.0),
            SceneInterest(scene="hall", entered=1, dwell_s=10.0, taps={"desk": 1}),
        ),
        "quality": Quality(visits_measured=3, round_trip_ms_sum=90.0),
    }
)


@dataclass
class Counting:
    """Two sites that show versions 1 and 2 of a showroom, whose nodes report."""

    database: Database
    reports: int = 0

    def count(
        self, *totals: VisitTotals, site: str = "first", made_at: float = START, now: float = START, again: bool = False
    ) -> Counted:
        self.reports += not again
        report = VisitReport(node="node-1", report_id=f"{self.reports:032x}", made_at=made_at, totals=totals)
        with self.database.session() as session:
            return count_visits(session, site, report, now)

    def sums(self, since: float = START - DAY_S, until: float = START + DAY_S, **asked: str) -> VisitSums:
        with self.database.reading() as session:
            return visit_sums(session, VisitRange.between(since, until, **asked), "hour")

    def days(self, since: float, until: float, utc_offset_hours: int) -> list[StepSums]:
        with self.database.reading() as session:
            return visit_sums(session, VisitRange.between(since, until), "day", utc_offset_hours).steps


@pytest.fixture
def counting(database: Database, keys: SigningKeys, orders: Orders, boss: Actor) -> Counting:
    with database.session() as session:
        make_sites(session, orders, boss, ["first", "second"])
        for number in (1, 2):
            version = publish(session, keys, boss, "branch", number, str(number).encode())
            for site in ("first", "second"):
                show(session, site, session.get_one(Version, version.id), START)
    return Counting(database)


def test_what_two_reports_counted_is_added_up(counting: Counting) -> None:
    assert counting.count(FIRST) == Counted(1, 0)
    assert counting.count(SECOND) == Counted(1, 0)
    sums = counting.sums()
    assert (sums.visits, sums.mean_visit_s) == (3, 50.0)
    assert (sums.devices, sums.languages) == ({"phone": 2, "headset": 1}, {"zh": 2, "en": 1})
    assert [(scene.scene, scene.entered, scene.mean_dwell_s) for scene in sums.scenes] == [
        ("hall", 4, 25.0),
        ("vault", 1, 5.0),
    ]
    assert list(sums.scenes[0].taps.items()) == [("desk", 3), ("door", 1)]
    assert (sums.quality.visits_measured, sums.quality.round_trip_ms, sums.quality.loss_ratio) == (4, 25.0, 0.125)
    assert {step.starts_at: step.visits for step in sums.steps if step.visits} == {HOUR * HOUR_S: 3}
    assert len(sums.steps) == 48


def test_nothing_is_said_of_what_was_not_measured(counting: Counting) -> None:
    sums = counting.sums()
    assert (sums.visits, sums.mean_visit_s, sums.quality.round_trip_ms) == (0, None, None)


def test_a_report_that_comes_again_counts_once(counting: Counting) -> None:
    counting.count(FIRST, SECOND)
    assert counting.count(FIRST, SECOND, again=True) == Counted(0, 0)
    assert counting.sums().visits == 3


def test_sums_are_of_one_site_or_showroom_where_that_is_asked(counting: Counting) -> None:
    counting.count(FIRST)
    counting.count(SECOND.model_copy(update={"version": 2}), site="second")
    assert counting.sums(site="second").visits == 1
    assert counting.sums(showroom="cards").visits == 0
    assert (counting.sums().sites, counting.sums().showrooms) == ({"first": 2, "second": 1}, {"branch": 3})


def test_days_begin_at_midnight_where_the_showroom_is(counting: Counting) -> None:
    midnight = START - START % DAY_S  # UTC
    late = FIRST.model_copy(update={"hour": int(midnight) // HOUR_S + 20})  # 04:00 the next day in China
    counting.count(late, now=midnight + DAY_S, made_at=midnight + DAY_S)
    in_utc = counting.days(midnight, midnight + 2 * DAY_S, 0)
    assert [(step.starts_at - midnight, step.visits) for step in in_utc] == [(0.0, 2), (DAY_S, 0)]
    in_china = counting.days(midnight - 8 * HOUR_S, midnight - 8 * HOUR_S + 2 * DAY_S, 8)
    assert [(step.starts_at - midnight, step.visits) for step in in_china] == [(-8 * HOUR_S, 0), (16 * HOUR_S, 2)]


def test_a_day_may_begin_before_1970(counting: Counting) -> None:
    assert [step.starts_at for step in counting.days(0.0, 1.0, -11)] == [-13.0 * HOUR_S]


@pytest.mark.parametrize(
    "wrong",
    [
        FIRST.model_copy(update={"showroom": "cards"}),
        FIRST.model_copy(update={"version": 3}),
        FIRST.model_copy(update={"hour": HOUR + 24}),
        FIRST.model_copy(update={"hour": 0}),
    ],
    ids=["showroom", "version", "future", "past"],
)
def test_what_cant_be_is_left_out(counting: Counting, wrong: VisitTotals) -> None:
    assert counting.count(wrong, FIRST) == Counted(1, 1)
    assert counting.sums().visits == 2


def test_reports_that_are_too_old_to_be_known_again_are_left_out(counting: Counting) -> None:
    assert counting.count(FIRST, made_at=START - REPORT_MAX_AGE_S) == Counted(0, 1)
    assert counting.count(FIRST, made_at=START + DAY_S) == Counted(0, 1)


def test_what_was_kept_for_long_enough_is_forgotten_and_still_counts_once(counting: Counting) -> None:
    counting.count(FIRST)
    later = START + 10 * DAY_S
    counting.count(FIRST.model_copy(update={"hour": HOUR + 240}), made_at=later, now=later)
    with counting.database.session() as session:
        forget_visits(session, 10, later + HOUR_S)
    assert counting.sums(until=later + DAY_S).visits == 2
    long_after = START + 60 * DAY_S
    with counting.database.session() as session:
        forget_visits(session, 800, long_after)
    counting.reports -= 1
    assert counting.count(FIRST, now=long_after) == Counted(0, 1)


def test_too_much_at_once_is_refused(counting: Counting) -> None:
    with pytest.raises(BadRequest, match="at most 1500"):
        counting.sums(since=0.0)
    with pytest.raises(BadRequest, match="after since"):
        counting.sums(since=START, until=START)


def lines(counting: Counting, table: Table) -> list[dict[str, str]]:
    text = "".join(csv_chunks(counting.database, VisitRange.between(START - DAY_S, START + DAY_S), table))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_they_are_exported_for_spreadsheets(counting: Counting) -> None:
    counting.count(FIRST, FIRST.model_copy(update={"version": 2}))
    visits = lines(counting, "visits")
    assert [(line["hour_utc"], line["site"], line["version"], line["visits"]) for line in visits] == [
        ("2027-01-15T08:00:00Z", "first", "1", "2"),
        ("2027-01-15T08:00:00Z", "first", "2", "2"),
    ]
    assert (visits[0]["device_phone"], visits[0]["device_tablet"], visits[0]["language_zh"]) == ("1", "0", "2")
    assert [(line["scene"], line["entered"]) for line in lines(counting, "scenes")] == [("hall", "3")] * 2
    assert [(line["hotspot"], line["taps"]) for line in lines(counting, "taps")] == [("desk", "2"), ("door", "1")] * 2
    assert tuple(visits[0]) == HEADERS["visits"]


def test_names_are_no_formulas_in_spreadsheets(counting: Counting) -> None:
    scene = SceneInterest(scene="=HYPERLINK(1)", entered=1, dwell_s=1.0)
    counting.count(FIRST.model_copy(update={"scenes": (scene,)}))
    assert lines(counting, "scenes")[0]["scene"] == "'=HYPERLINK(1)"


counts = st.integers(0, 2**53)
seconds = st.floats(0, 1e9)
names = st.sampled_from(("a", "b", "c"))
scenes = st.builds(
    SceneInterest, scene=names, entered=counts, dwell_s=seconds, taps=st.dictionaries(names, counts, max_size=3)
)
totals = st.builds(
    VisitTotals,
    showroom=st.just("branch"),
    version=st.just(1),
    hour=st.just(HOUR),
    visits=counts,
    visit_s=seconds,
    devices=st.dictionaries(st.sampled_from(("phone", "tablet", "desktop")), counts),
    languages=st.dictionaries(st.sampled_from(("en", "zh")), counts),
    scenes=st.lists(scenes, max_size=3, unique_by=lambda scene: scene.scene).map(tuple),
    quality=st.builds(
        Quality,
        visits_measured=counts,
        round_trip_ms_sum=st.floats(0, 1e12),
        input_to_photon_ms_sum=st.floats(0, 1e12),
        loss_ratio_sum=seconds,
        freeze_ratio_sum=seconds,
    ),
)


@given(totals, totals)
def test_sums_are_again_what_may_be_reported_and_lose_nothing(one: VisitTotals, other: VisitTotals) -> None:
    sums = add_totals(one, other)
    assert VisitTotals.model_validate(sums.model_dump(mode="json")) == sums
    assert sums.visits == min(one.visits + other.visits, 2**53)
    wanted: Counter[str] = Counter()
    for scene in (*one.scenes, *other.scenes):
        wanted[scene.scene] += scene.entered
    assert {scene.scene: scene.entered for scene in sums.scenes} == {
        name: min(count, 2**53) for name, count in wanted.items()
    }
    assert set(sums.devices) == {*one.devices, *other.devices}
