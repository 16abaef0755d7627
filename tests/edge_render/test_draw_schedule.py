"""Whose picture is drawn next: pure, so time is just a number here."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from edge_render.draw_schedule import (
    PASS_PAUSE,
    PATIENCE_NS,
    RESTING_SHARE,
    STILL_AFTER_NS,
    Draw,
    DrawSchedule,
    Refine,
    Wish,
)
from edge_render.pose import Pose
from edge_render.renderer import Fade, SceneHandle, View

HALL, LOUNGE = SceneHandle(1), SceneHandle(2)
MS = 1_000_000
SECOND_NS = 1000 * MS
FPS = 50.0
INTERVAL_NS = 20 * MS


def view(x: float) -> View:
    return View(Pose((x, 1.6, 0.0), (0.0, 0.0, 0.0, 1.0)), 1.0, 64, 48)


def wish(x: float, seq: int = 1) -> Wish:
    return Wish(view(x), seq, seq * MS)


def schedule_of(*visitors: str) -> DrawSchedule[str]:
    schedule: DrawSchedule[str] = DrawSchedule()
    for visitor in visitors:
        schedule.add(visitor, HALL, FPS)
    return schedule


def refining_schedule_of(*visitors: str) -> DrawSchedule[str]:
    schedule = schedule_of(*visitors)
    schedule.hand_outs = (2, 3)
    return schedule


def rested(*visitors: str) -> tuple[DrawSchedule[str], int]:
    """A schedule in which all have got their still picture, and the time then."""
    schedule = refining_schedule_of(*visitors)
    for visitor in visitors:
        schedule.want(visitor, wish(1.0), 1000 * MS)
        drawn(schedule, 1000 * MS)
    now_ns = 1000 * MS + STILL_AFTER_NS
    for _ in visitors:
        assert not drawn(schedule, now_ns).final, "a better one comes"
    return schedule, now_ns


def refined(schedule: DrawSchedule[str], now_ns: int) -> Refine[str]:
    task = schedule.next(now_ns)
    assert isinstance(task, Refine)
    return task


def drawn(schedule: DrawSchedule[str], now_ns: int) -> Draw[str]:
    task = schedule.next(now_ns)
    assert isinstance(task, Draw)
    return task


def test_nobody_wants_anything() -> None:
    assert schedule_of("a").next(0) is None


def test_first_wish_after_idleness_is_drawn_at_once() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 7 * MS)
    assert drawn(schedule, 7 * MS) == Draw("a", HALL, wish(1.0))
    later_ns = 10_000 * MS
    schedule.want("a", wish(2.0), later_ns)
    assert drawn(schedule, later_ns).wish.view == view(2.0)


def test_newest_wish_wins() -> None:
    schedule = schedule_of("a")
    for seq in range(1, 6):
        schedule.want("a", wish(float(seq), seq), 0)
    assert drawn(schedule, 0).wish == wish(5.0, 5)
    assert not isinstance(schedule.next(0), Draw)


def test_never_more_than_max_fps_on_average() -> None:
    schedule = schedule_of("a")
    draws = 0
    for now_ms in range(1000):
        schedule.want("a", wish(now_ms), now_ms * MS)
        draws += isinstance(schedule.next(now_ms * MS), Draw)
    assert draws in (FPS, FPS + 1)


def test_input_that_jitters_around_the_frame_rate_is_drawn_every_time() -> None:
    schedule = schedule_of("a")
    for step in range(100):
        now_ns = 1000 * MS + step * INTERVAL_NS + (step % 2) * 4 * MS
        schedule.want("a", wish(step), now_ns)
        assert isinstance(schedule.next(now_ns), Draw), step


def test_a_visitor_may_get_fewer_pictures_from_now_on() -> None:
    schedule = schedule_of("a")
    schedule.set_max_fps("a", FPS / 2)
    schedule.set_max_fps("nobody", FPS)
    draws = 0
    for now_ms in range(1000):
        schedule.want("a", wish(float(now_ms), now_ms), now_ms * MS)
        draws += isinstance(schedule.next(now_ms * MS), Draw)
    assert draws == pytest.approx(FPS / 2, abs=1)


def test_waits_until_the_next_picture_is_due() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 1000 * MS)
    drawn(schedule, 1000 * MS)
    schedule.want("a", wish(2.0), 1001 * MS)
    due_ns = schedule.next(1001 * MS)
    assert due_ns == 1000 * MS + INTERVAL_NS * 3 // 4
    assert drawn(schedule, due_ns).wish.view == view(2.0)


def test_the_rate_can_be_changed_from_the_next_picture_on() -> None:
    schedule = schedule_of("a")
    schedule.set_max_fps("who left", 10.0)
    schedule.want("a", wish(1.0), 1000 * MS)
    drawn(schedule, 1000 * MS)
    schedule.set_max_fps("a", 10.0)
    schedule.want("a", wish(2.0), 1001 * MS)
    slow_ns = 1000 * MS + 100 * MS - INTERVAL_NS // 4
    assert schedule.next(1001 * MS) == slow_ns
    schedule.set_max_fps("a", FPS)
    assert schedule.next(1001 * MS) == 1000 * MS + INTERVAL_NS * 3 // 4
    schedule.set_max_fps("a", 10.0)
    drawn(schedule, slow_ns)
    schedule.want("a", wish(3.0), slow_ns)
    assert schedule.next(slow_ns) == slow_ns + 100 * MS


def test_a_changed_rate_does_not_hold_back_who_stood_still() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    drawn(schedule, 0)
    schedule.set_max_fps("a", 5.0)
    later_ns = 10_000 * MS
    schedule.want("a", wish(2.0), later_ns)
    assert isinstance(schedule.next(later_ns), Draw)


def test_visitors_take_turns() -> None:
    schedule = schedule_of("a", "b", "c")
    order = []
    for step in range(9):
        for visitor in "abc":
            schedule.want(visitor, wish(step), 0)
        order.append(drawn(schedule, step * INTERVAL_NS).visitor)
    assert order == list("abcabcabc")


def test_still_picture_once_after_rest_and_then_nothing() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0, seq=4), 0)
    drawn(schedule, 0)
    assert schedule.next(1 * MS) == STILL_AFTER_NS
    still = drawn(schedule, STILL_AFTER_NS)
    assert still.wish.view.still
    assert still.wish.view.pose == view(1.0).pose
    assert schedule.next(STILL_AFTER_NS) is None


def test_a_still_picture_is_refined_pass_by_pass_and_then_nothing() -> None:
    schedule, now_ns = rested("a")
    passes = [refined(schedule, now_ns) for _ in range(3)]
    assert [(p.pass_number, p.hand_out, p.final) for p in passes] == [
        (1, False, False),
        (2, True, False),
        (3, True, True),
    ]
    assert all(p.wish == Wish(replace(view(1.0), still=True), 1, MS) for p in passes)
    assert schedule.next(now_ns) is None
    assert not schedule.want("a", wish(1.0, seq=2), now_ns)
    assert schedule.next(now_ns) is None


def test_without_a_refiner_the_still_picture_is_final() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    assert not drawn(schedule, 0).final
    assert drawn(schedule, STILL_AFTER_NS).final


def test_passes_leave_pauses() -> None:
    schedule, now_ns = rested("a")
    took_ns = 40 * MS
    schedule.took(refined(schedule, now_ns), took_ns, now_ns + took_ns)
    next_ns = now_ns + took_ns + round(PASS_PAUSE * took_ns)
    assert schedule.next(now_ns + took_ns) == next_ns
    assert refined(schedule, next_ns).pass_number == 2


def test_a_move_goes_before_the_next_pass_and_ends_the_refinement() -> None:
    schedule, now_ns = rested("a")
    begun = refined(schedule, now_ns)
    assert schedule.wanted(begun)
    schedule.want("a", wish(2.0), now_ns)
    assert not schedule.wanted(begun)
    assert drawn(schedule, now_ns).wish == wish(2.0)
    now_ns += STILL_AFTER_NS
    assert drawn(schedule, now_ns).wish.view.still
    assert refined(schedule, now_ns).pass_number == 1, "of another picture"


def test_a_still_picture_that_a_move_overtakes_is_not_wanted() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    live = drawn(schedule, 0)
    still = drawn(schedule, STILL_AFTER_NS)
    assert schedule.wanted(still)
    schedule.want("a", wish(2.0), STILL_AFTER_NS)
    assert not schedule.wanted(still)
    assert schedule.wanted(live)
    # The visitor comes back before anything was drawn, and has not got the still picture.
    schedule.want("a", wish(1.0), STILL_AFTER_NS)
    assert drawn(schedule, 2 * STILL_AFTER_NS).wish.view.still


def test_a_still_picture_goes_before_the_passes_of_others_and_one_is_refined_at_a_time() -> None:
    schedule, now_ns = rested("a", "b")
    order = [refined(schedule, now_ns).visitor]
    schedule.add("c", HALL, FPS)
    schedule.want("c", wish(1.0), now_ns)
    drawn(schedule, now_ns)
    now_ns += STILL_AFTER_NS
    assert drawn(schedule, now_ns).visitor == "c"
    order += [refined(schedule, now_ns).visitor for _ in range(8)]
    assert order == list("aaabbbccc")
    assert schedule.next(now_ns) is None


@pytest.mark.parametrize(("pass_ms", "passes"), [(5, 3), (30, 0)])
def test_passes_run_in_the_gaps_of_who_moves_or_not_at_all(pass_ms: int, passes: int) -> None:
    schedule, now_ns = rested("a")
    schedule.add("b", HALL, FPS)
    first = Draw("a", HALL, wish(1.0))
    schedule.took(first, pass_ms * MS, now_ns)
    refinements, draws, busy_until_ns = 0, 0, now_ns
    for step_ms in range(400):
        at_ns = now_ns + step_ms * MS
        if step_ms % 20 == 0:
            schedule.want("b", wish(float(step_ms)), at_ns)
        if at_ns < busy_until_ns:
            continue
        task = schedule.next(at_ns)
        if isinstance(task, Draw):
            draws += 1
            assert step_ms % 20 == 0, "no input waits for a pass"
        elif isinstance(task, Refine):
            refinements += 1
            busy_until_ns = at_ns + pass_ms * MS
            schedule.took(task, pass_ms * MS, busy_until_ns)
    assert (draws, refinements) == (20, passes)


def test_once_all_rest_the_passes_go_on_whatever_they_take() -> None:
    schedule, now_ns = rested("a")
    schedule.took(refined(schedule, now_ns), 30 * MS, now_ns)
    schedule.add("b", HALL, FPS)
    schedule.want("b", wish(1.0), now_ns)
    drawn(schedule, now_ns)
    rests_ns = now_ns + STILL_AFTER_NS
    assert schedule.next(now_ns) == rests_ns
    assert drawn(schedule, rests_ns).visitor == "b"
    assert refined(schedule, rests_ns).pass_number == 2


def test_leaving_or_changing_the_scene_ends_a_refinement() -> None:
    for leave in (lambda s: s.remove("a"), lambda s: s.move("a", LOUNGE), lambda s: s.failed("a")):
        schedule, now_ns = rested("a")
        begun = refined(schedule, now_ns)
        leave(schedule)
        assert not schedule.wanted(begun)
        assert schedule.next(now_ns) is None


def test_still_picture_yields_to_those_who_wait() -> None:
    schedule = schedule_of("a", "b")
    schedule.want("a", wish(1.0), 0)
    drawn(schedule, 0)
    schedule.want("b", wish(1.0), STILL_AFTER_NS - MS)
    drawn(schedule, STILL_AFTER_NS - MS)
    schedule.want("b", wish(2.0), STILL_AFTER_NS)
    # b's next picture is not due yet, and still a's long drawing waits for it.
    due_ns = schedule.next(STILL_AFTER_NS)
    assert isinstance(due_ns, int)
    assert drawn(schedule, due_ns).visitor == "b"
    assert drawn(schedule, due_ns).visitor == "a"


def test_still_picture_does_not_delay_the_next_live_one() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    drawn(schedule, 0)
    drawn(schedule, STILL_AFTER_NS)
    schedule.want("a", wish(2.0), STILL_AFTER_NS + MS)
    live = drawn(schedule, STILL_AFTER_NS + MS)
    assert live.wish == wish(2.0)


def test_equal_view_draws_nothing_even_with_newer_input() -> None:
    schedule = schedule_of("a")
    assert schedule.want("a", wish(1.0, seq=1), 0)
    drawn(schedule, 0)
    assert not schedule.want("a", wish(1.0, seq=2), 50 * MS)
    still = drawn(schedule, STILL_AFTER_NS)
    # The picture looks as it did for input 1; a number 2 on it would read as a delay of the whole rest.
    assert still.wish.input_seq == 1
    assert not schedule.want("a", wish(1.0, seq=3), STILL_AFTER_NS)
    assert schedule.next(STILL_AFTER_NS) is None


def test_there_and_back_before_it_was_drawn_draws_nothing() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    drawn(schedule, 0)
    assert schedule.want("a", wish(2.0), MS)
    assert not schedule.want("a", wish(1.0), 2 * MS)
    assert schedule.next(100 * MS) == 2 * MS + STILL_AFTER_NS


def test_refresh_draws_again_in_the_quality_that_is_shown() -> None:
    schedule = schedule_of("a")
    schedule.refresh("a")
    assert schedule.next(0) is None
    schedule.want("a", wish(1.0), 0)
    drawn(schedule, 0)
    schedule.refresh("a")
    assert not drawn(schedule, 100 * MS).wish.view.still
    drawn(schedule, STILL_AFTER_NS)
    schedule.refresh("a")
    assert drawn(schedule, 1000 * MS).wish.view.still
    assert schedule.next(2000 * MS) is None


def test_move_drops_the_wish_of_the_old_scene() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    schedule.move("a", LOUNGE)
    assert schedule.next(1000 * MS) is None
    assert schedule.want("a", wish(1.0), 1000 * MS)
    assert drawn(schedule, 1000 * MS).handle == LOUNGE


def test_after_a_failure_the_same_wish_is_drawn() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    drawn(schedule, 0)
    schedule.failed("a")
    assert schedule.next(1000 * MS) is None
    assert schedule.want("a", wish(1.0), 1000 * MS)
    assert isinstance(schedule.next(1000 * MS), Draw)


def test_a_visitor_who_left_is_forgotten() -> None:
    schedule = schedule_of("a")
    schedule.want("a", wish(1.0), 0)
    schedule.remove("a")
    schedule.remove("a")
    schedule.refresh("a")
    schedule.want("a", wish(2.0), 0)
    assert schedule.next(1000 * MS) is None


def test_content_that_changes_is_drawn_again_for_all_who_look_at_it() -> None:
    schedule: DrawSchedule[str] = DrawSchedule()
    for visitor, handle in (("here", SceneHandle(1)), ("too", SceneHandle(1)), ("elsewhere", SceneHandle(2))):
        schedule.add(visitor, handle, 30.0)
        schedule.want(visitor, Wish(view(0.0), 1, 0), 0)
        assert isinstance(schedule.next(0), Draw)
    changed_ns = STILL_AFTER_NS + 50 * MS
    schedule.content_changed(SceneHandle(1), changed_ns)
    again = [schedule.next(changed_ns), schedule.next(changed_ns)]
    assert {draw.visitor for draw in again if isinstance(draw, Draw)} == {"here", "too"}
    # No input waits for it: its time is that of the change, so that nobody takes the rest before it for a delay.
    assert {draw.wish.input_at_ns for draw in again if isinstance(draw, Draw)} == {changed_ns}
    following = schedule.next(changed_ns)
    assert isinstance(following, Draw)
    assert following.visitor == "elsewhere"
    assert following.wish.view.still, "it rests already"


def test_who_fades_over_from_content_that_changes_gets_a_new_picture() -> None:
    schedule: DrawSchedule[str] = DrawSchedule()
    schedule.add("visitor", SceneHandle(2), 30.0)
    fade = Fade(SceneHandle(1), view(0.0).pose, 1.0, 0.5)
    schedule.want("visitor", Wish(replace(view(0.0), fade=fade), 1, 0), 0)
    schedule.next(0)
    schedule.content_changed(SceneHandle(1), SECOND_NS)
    assert isinstance(schedule.next(SECOND_NS), Draw)


def test_what_moves_by_itself_never_rests() -> None:
    schedule: DrawSchedule[str] = DrawSchedule()
    schedule.hand_outs = (2,)
    schedule.add("visitor", SceneHandle(1), 10.0)
    schedule.want("visitor", Wish(view(0.0), 1, 0), 0)
    drawn_ns = []
    now_ns = 0
    while now_ns < SECOND_NS:
        following = schedule.next(now_ns)
        if isinstance(following, Draw):
            assert not following.wish.view.still
            drawn_ns.append(now_ns)
            schedule.draw_again(following.visitor, now_ns)
        else:
            assert isinstance(following, int)
            now_ns = following
    assert len(drawn_ns) == 10


@pytest.mark.parametrize("step_ms", [20, 200])
def test_who_rests_gets_a_share_beside_content_that_never_stops(step_ms: int) -> None:
    """An animation that takes all the time there is: the other's resting picture is finished all the same."""
    schedule = refining_schedule_of("rests", "watches")
    schedule.move("watches", LOUNGE)
    for visitor in ("rests", "watches"):
        schedule.want(visitor, wish(1.0), 0)
    now_ns, steps_ns, finished_ns = 0, [], None
    while finished_ns is None:
        task = schedule.next(now_ns)
        assert task is not None
        if isinstance(task, int):
            now_ns = task
        elif task.visitor == "watches":
            now_ns += 40 * MS
            schedule.draw_again("watches", now_ns)
        elif task.wish.view.still:
            steps_ns.append(now_ns)
            now_ns += step_ms * MS
            schedule.took(task, step_ms * MS, now_ns)
            finished_ns = now_ns if isinstance(task, Refine) and task.final else None
        else:
            now_ns += 40 * MS
    assert steps_ns[0] < STILL_AFTER_NS + PATIENCE_NS + 100 * MS
    gaps_ns = [after - before for before, after in itertools.pairwise(steps_ns)]
    assert all(step_ms * MS <= RESTING_SHARE * gap_ns for gap_ns in gaps_ns), "who watches keeps the rest of the time"
    assert all(gap_ns < (step_ms / RESTING_SHARE + 400) * MS for gap_ns in gaps_ns)


def test_who_moves_meanwhile_waits_for_nothing_beside_an_animation() -> None:
    schedule = refining_schedule_of("rests", "watches")
    schedule.move("watches", LOUNGE)
    for visitor in ("rests", "watches"):
        schedule.want(visitor, wish(1.0), 0)
    for step in range(100):
        now_ns = step * 40 * MS
        schedule.want("watches", wish(2.0 + step), now_ns)
        while isinstance(task := schedule.next(now_ns), Draw):
            assert not task.wish.view.still
            if task.visitor == "watches":
                schedule.draw_again("watches", now_ns + 30 * MS)
