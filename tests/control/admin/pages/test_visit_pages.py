"""The page of visits, and its plots."""

from __future__ import annotations

import math
import re
from functools import partial
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.admin.access.accounts import find_account
from control.admin.access.actor import Actor, Role
from control.admin.pages.plots import Line, Mark, Rank, bars, lines, ranks, ticks
from control.admin.pages.texts import text
from control.admin.pages.visit_plots import length_text
from control.admin.parts import AdminParts
from control.admin.sites.visits import HOUR_S
from control.admin.tables import VisitHour
from control.content.edge_api import Quality, SceneInterest, VisitTotals
from tests.control.admin.conftest import LogIn
from tests.control.admin.sites.world import make_sites

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=40)
AMOUNTS = st.floats(0, 1e12)


@pytest.fixture
def hour(people: AdminParts) -> int:
    """Within which 4 visits were at a site named lounge; hours since 1970."""
    now = int(people.now() // HOUR_S)
    with people.database.session() as session:
        account = find_account(session, "anna")
        assert account is not None
        make_sites(session, people.sites.orders, Actor(account.id, "anna", Role.ADMINISTRATOR), ["lounge", "hall"])
        scene = SceneInterest(scene="vault", entered=3, dwell_s=216.0, taps={"<gold>": 5})
        quality = Quality(visits_measured=2, input_to_photon_ms_sum=120.0, round_trip_ms_sum=30.0, loss_ratio_sum=0.02)
        totals = VisitTotals(
            showroom="branch",
            version=1,
            hour=now,
            visits=4,
            visit_s=400.0,
            devices={"phone": 3, "headset": 1},
            languages={"zh": 4},
            scenes=(scene,),
            quality=quality,
        ).model_dump(mode="json")
        session.add(VisitHour(site="lounge", showroom="branch", version=1, hour=now, totals=totals))
    return now


def test_each_plot_has_its_data_as_a_table(look: LogIn, hour: int) -> None:
    page = look("vera").get("/visits?days=1&clock=8").text
    assert page.count("<svg") == page.count("<details>") == 9
    for said in (
        '<th scope="row">branch</th><td>vault</td><td>3</td><td>1 min 12 s</td>',
        "<td>&lt;gold&gt;</td><td>5</td>",
        '<th scope="row">Phone</th><td>3</td>',
        "<td>15</td><td>60</td><td>2</td>",
        "<td>1</td><td>0</td><td>2</td>",
        "Times by UTC+8.",
    ):
        assert said in page


def test_files_have_the_visits_that_are_shown(look: LogIn, hour: int) -> None:
    browser = look("vera")
    page = browser.get("/visits?days=1&site=lounge").text
    paths = [path.replace("&amp;", "&") for path in re.findall(r'href="(/api/v1/visits/[^"]+)"', page)]
    tables = [browser.get(path).text for path in paths]
    assert [table.count("\n") for table in tables] == [2, 2, 2], "a heading and a row"
    assert all("lounge" in table for table in tables)


@pytest.mark.parametrize(
    "query", ["site=hall", "showroom=other", "until=2020-02-29", "days=365&until=1971-01-02&clock=14"]
)
def test_where_nobody_was_there_is_nothing_to_plot(look: LogIn, hour: int, query: str) -> None:
    reply = look("vera").get(f"/visits?{query}")
    assert reply.status_code == 200
    assert "There were no visits in this time." in reply.text


@pytest.mark.parametrize("until", ["soon", "9999-12-31", "0001-01-01"])
def test_a_day_that_there_is_not_is_told(look: LogIn, hour: int, until: str) -> None:
    reply = look("vera").get(f"/visits?until={until}")
    assert reply.status_code == 400
    assert "A day is as in 2026-11-25." in reply.text


def test_lengths_are_in_the_language_of_the_page() -> None:
    assert length_text(partial(text, "zh"), 72.4) == "1 分 12 秒"
    assert length_text(partial(text, "en"), None) == "–"


@given(AMOUNTS, st.booleans())
def test_ticks_are_few_round_and_reach_the_highest(highest: float, whole: bool) -> None:
    levels = ticks(highest, whole=whole)
    assert 2 <= len(levels) <= 7
    assert levels[0] == 0
    assert not whole or all(level == int(level) for level in levels)
    assert levels[-1] >= highest or math.isclose(levels[-1], highest, rel_tol=1e-6)


@given(st.lists(st.tuples(TEXTS, st.none() | AMOUNTS), max_size=30), TEXTS)
def test_whatever_the_values_plots_are_well_formed_and_stay_within_their_frame(
    values: list[tuple[str, float | None]], title: str
) -> None:
    marks = [Mark(label, value, label) for label, value in values]
    named = [Rank(label, value or 0.0, label) for label, value in values]
    for plot in (bars(title, marks), lines(title, [Line(title, "first", marks)]), ranks(title, named)):
        root = ElementTree.fromstring(plot)
        assert root.get("aria-label") is not None
        assert "nan" not in plot.partition(">")[2].lower() or any("nan" in label.lower() for label, _ in values)
        for bar in root.iter("rect"):
            assert float(bar.get("height", "0")) >= 0


def test_the_overview_has_the_last_visits_and_its_script_asks_for_a_page_without_them(look: LogIn, hour: int) -> None:
    browser = look("vera")
    whole = browser.get("/overview").text
    again = re.search(r'data-page="([^"]+)"', whole)
    assert again is not None
    live = browser.get(again[1]).text
    assert 'id="visits-title"' in whole
    assert 'id="visits-title"' not in live
    parts = re.compile(r'id="[a-z]+"[^>]* data-live>')
    assert parts.findall(live) == parts.findall(whole) != []
