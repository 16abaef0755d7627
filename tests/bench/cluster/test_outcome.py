"""What the table says of a case, by what its visitors noticed."""

from __future__ import annotations

from bench.cluster.outcome import outcome, table
from bench.visitors.fleet_stay import Back, Noticed


def back(silent_s: float = 1.0, *, same_pose: bool = True) -> Back:
    return Back("gone", silent_s, known_s=0.0, picture_s=0.0, same_pose=same_pose)


def test_a_visit_that_is_cut_is_missed_but_where_a_renderer_was_killed() -> None:
    noticed = [Noticed(pictures=9), Noticed(backs=[back(1.5)])]
    assert outcome("evicted", noticed).missed == ["1 visits cut: gone"]
    assert outcome("killed", noticed, back_s=[1.8]).missed == []


def test_killed_renderers_have_a_bound_for_the_median_and_one_for_the_worst() -> None:
    noticed = [Noticed(backs=[back(same_pose=False)])]
    slow = outcome("killed", noticed, back_s=[2.5, 2.6, 5.5])
    assert slow.missed == ["median 2.6 s, at most 2", "worst 5.5 s, at most 5", "1 at another pose"]


def test_to_kill_a_renderer_that_nobody_is_at_shows_nothing() -> None:
    assert outcome("killed", [Noticed()], back_s=[]).missed == ["nobody was at the renderer that was killed"]


def test_who_had_to_wait_is_missed_and_what_went_wrong_on_the_way_in_is_told() -> None:
    found = outcome("new version", [Noticed(waited=2, refusals=["draining"]), Noticed()])
    assert found.missed == ["1 waited though there was room"]
    assert "on the way in: draining 1x" in table([found])
