"""What is counted of visits, and that it adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.figures.visit_quality import VisitQuality
from control.visits.visit_totals import HOUR_S, TOTALS_MAX, VisitLedger, hours_between

NINE = 9 * HOUR_S
UNKNOWN = VisitQuality(60.0)


def test_a_visit_counts_in_the_hours_that_it_was_in() -> None:
    ledger = VisitLedger()
    visit = ledger.begin("branch", 7, "phone", "zh", NINE - 600)
    visit.enter("hall", NINE - 600)
    visit.tap("vault-door", NINE - 400)
    visit.enter("vault", NINE - 400)
    visit.tap("safe", NINE + 100)
    visit.tap("safe", NINE + 200)
    visit.end(UNKNOWN, NINE + 300)
    before, after = ledger.take(NINE + 1000)
    assert (before.showroom, before.version, before.hour, after.hour) == ("branch", 7, 8, 9)
    assert (before.visits, before.devices, before.languages) == (1, {"phone": 1}, {"zh": 1})
    assert (after.visits, after.devices) == (0, {}), "it began in the hour before"
    assert (before.visit_s, after.visit_s) == (600, 300)
    scenes = {(totals.hour, scene.scene): scene for totals in (before, after) for scene in totals.scenes}
    assert (scenes[8, "hall"].entered, scenes[8, "hall"].dwell_s, scenes[8, "hall"].taps) == (1, 200, {"vault-door": 1})
    assert (scenes[8, "vault"].entered, scenes[8, "vault"].dwell_s) == (1, 400)
    assert (scenes[9, "vault"].entered, scenes[9, "vault"].dwell_s) == (0, 300)
    assert scenes[9, "vault"].taps == {"safe": 2}
    assert ledger.take(NINE + 1000) == ()


def test_who_stays_for_days_is_seen_meanwhile_and_never_twice() -> None:
    ledger = VisitLedger()
    visit = ledger.begin("branch", 7, "desktop", "en", NINE)
    visit.enter("hall", NINE)
    (first,) = ledger.take(NINE + 100)
    assert (first.visits, first.visit_s) == (1, 100)
    (second,) = ledger.take(NINE + 250)
    assert (second.visits, second.visit_s, second.scenes[0].entered) == (0, 150, 0)
    visit.end(UNKNOWN, NINE + 250)
    later = ledger.take(NINE + 300)
    assert sum(totals.visit_s for totals in later) == 0


@pytest.mark.parametrize("jump_s", [-1.8e9, 1.8e9])
def test_a_clock_that_is_set_while_somebody_is_here_adds_no_years(jump_s: float) -> None:
    ledger = VisitLedger()
    began_s = 1.8e9 if jump_s < 0.0 else 60.0
    visit = ledger.begin("branch", 1, "phone", "en", began_s)
    visit.enter("hall", began_s)
    ledger.take(began_s + 60.0)
    set_s = began_s + 120.0 + jump_s
    assert len(ledger.take(set_s)) <= 1
    visit.end(VisitQuality(duration_s=180.0), set_s + 60.0)
    assert sum(totals.visit_s for totals in ledger.take(set_s + 60.0)) == 60.0


def test_who_comes_back_after_a_lost_connection_is_the_same_visitor() -> None:
    ledger = VisitLedger()
    ledger.begin("branch", 7, "tablet", "en", NINE).end(UNKNOWN, NINE + 10)
    again = ledger.begin("branch", 7, "tablet", "en", NINE + 12, goes_on=True)
    again.end(UNKNOWN, NINE + 20)
    (totals,) = ledger.take(NINE + 30)
    assert (totals.visits, totals.visit_s, totals.devices) == (1, 18, {"tablet": 1})


def test_quality_is_summed_over_visits_of_which_all_is_known() -> None:
    ledger = VisitLedger()
    for quality in (
        VisitQuality(60, loss_ratio=0.01, round_trip_s=0.010, input_to_photon_s=0.050, freeze_ratio=0.1),
        VisitQuality(60, loss_ratio=0.03, round_trip_s=0.030, input_to_photon_s=0.070),
        VisitQuality(60, loss_ratio=0.5),
    ):
        ledger.begin("branch", 7, "phone", "en", NINE).end(quality, NINE)
    (totals,) = ledger.take(NINE)
    assert totals.quality.visits_measured == 2
    sums = (totals.quality.round_trip_ms_sum, totals.quality.input_to_photon_ms_sum)
    assert sums == pytest.approx((40, 120))
    assert (totals.quality.loss_ratio_sum, totals.quality.freeze_ratio_sum) == pytest.approx((0.04, 0.1))


def test_a_report_is_bounded_and_the_rest_follows() -> None:
    ledger = VisitLedger()
    for version in range(1, TOTALS_MAX + 3):
        ledger.begin("branch", version, "phone", "en", NINE).end(UNKNOWN, NINE)
    assert [len(ledger.take(NINE)) for _ in range(3)] == [TOTALS_MAX, 2, 0]


@given(st.floats(0, 1e10), st.floats(-1e5, 1e5))
def test_spans_are_cut_at_hours_and_lose_nothing(from_s: float, length_s: float) -> None:
    parts = list(hours_between(from_s, from_s + length_s))
    assert sum(until_s - start_s for start_s, until_s in parts) == pytest.approx(max(0.0, length_s), abs=1e-3)
    assert all(
        int(start_s // HOUR_S) == int((until_s - 1e-6) // HOUR_S)
        for start_s, until_s in parts
        if until_s - start_s > 1e-5
    )


Event = st.tuples(st.sampled_from(["hall", "vault", "tap", "take", "end"]), st.floats(0, 5000))


@given(st.lists(Event, max_size=30))
def test_whenever_sums_are_taken_they_add_up_to_the_whole_visit(events: list[tuple[str, float]]) -> None:
    ledger, now_s, taps, all_totals = VisitLedger(), NINE, 0, []
    visit = ledger.begin("branch", 1, "phone", "en", now_s)
    visit.enter("hall", now_s)
    for kind, waited_s in events:
        now_s += waited_s
        match kind:
            case "tap":
                visit.tap("box", now_s)
                taps += 1
            case "take":
                all_totals += ledger.take(now_s)
            case "end":
                break
            case scene:
                visit.enter(scene, now_s)
    visit.end(UNKNOWN, now_s)
    all_totals += ledger.take(now_s)
    scenes = [scene for totals in all_totals for scene in totals.scenes]
    assert sum(totals.visits for totals in all_totals) == 1
    assert sum(scene.taps.get("box", 0) for scene in scenes) == taps
    assert sum(totals.visit_s for totals in all_totals) == pytest.approx(now_s - NINE, abs=1e-3)
    assert sum(scene.dwell_s for scene in scenes) == pytest.approx(now_s - NINE, abs=1e-3)
