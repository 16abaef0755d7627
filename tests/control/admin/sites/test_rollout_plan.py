"""The plan of a roll-out: whatever nodes report whenever, no wave begins before those before it are healthy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control.admin.sites.node_reports import LIVE_S, SeenNode
from control.admin.sites.rollout_plan import DONE_WITH, Plan, Situation, Target, plan
from control.content.edge_api import Disk, NodeReport, ReleaseState, ShownRelease

RELEASE, OTHER = "a" * 64, "b" * 64
HEALTHY_S = 20.0
DISK = Disk(used_bytes=0, budget_bytes=0, free_bytes=0)


def node(
    reported_at: float,
    state: ReleaseState | None = "showing",
    serial: int = 5,
    release: str = RELEASE,
    error: str | None = None,
    name: str = "node-1",
) -> SeenNode:
    """A node as it was seen last; ``state`` None: it says nothing of the showroom."""
    told = (
        [] if state is None else [ShownRelease(showroom="branch", version=1, release=release, state=state, error=error)]
    )
    return SeenNode(
        reported_at, NodeReport(node=name, software="1", order_serial=serial, showrooms=tuple(told), disk=DISK)
    )


def situation(*targets: Target, **changes: object) -> Situation:
    known = Situation(
        state="running",
        starts_at=0.0,
        showroom="branch",
        release=RELEASE,
        is_published=True,
        healthy_s=HEALTHY_S,
        skip_absent=False,
        on_failure="pause",
        targets=targets,
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def ordered(*nodes: SeenNode, shown_since: float | None = None) -> Target:
    return Target("first", 0, "ordered", order_serial=5, ordered_at=0.0, shown_since=shown_since, nodes=nodes)


SECOND = Target("second", 1, "waiting")


def test_it_begins_with_the_first_wave() -> None:
    waiting = [Target("a", 0, "waiting"), Target("b", 0, "waiting"), SECOND]
    assert plan(7.0, situation(*waiting, state="scheduled", starts_at=7.0)) == Plan("running", order=["a", "b"])
    assert plan(6.9, situation(*waiting, state="scheduled", starts_at=7.0)) == Plan("scheduled", due_at=7.0)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (node(100.0, None), "node-1 has not begun"),
        (node(100.0, serial=4), "node-1 has not begun"),
        (node(100.0, "failed", release=OTHER), "node-1 has not begun"),
        (node(100.0, "fetching"), "node-1 has fetched 0 of 0 bytes"),
        (node(100.0, "warming"), "node-1 is warming"),
        (node(100.0, "fetching", error="no network"), "node-1 is fetching: no network"),
        (node(100.0, "showing", error="half of it"), "node-1 is showing: half of it"),
        (node(100.0 - LIVE_S), "no node has reported within 180 s"),
    ],
)
def test_it_waits_and_says_for_what(told: SeenNode, message: str) -> None:
    step = plan(100.0, situation(ordered(told, shown_since=1.0), SECOND))
    assert (step.state, step.message, step.order) == ("running", f"first: {message}", [])
    assert step.changes["first"].shown_since is None


def test_all_live_nodes_must_show_it() -> None:
    nodes = node(100.0, name="a"), node(100.0, "warming", name="b"), node(100.0 - LIVE_S, "failed", name="gone")
    assert plan(100.0, situation(ordered(*nodes))).message == "first: b is warming"


def test_it_looks_again_when_time_changes_something() -> None:
    showing = plan(100.0, situation(ordered(node(90.0), shown_since=95.0), SECOND))
    assert showing.due_at == 95.0 + HEALTHY_S
    warming = plan(100.0, situation(ordered(node(90.0, "warming")), SECOND))
    assert warming.due_at == 90.0 + LIVE_S
    absent = plan(100.0, situation(ordered(), SECOND))
    assert absent.due_at is None


@pytest.mark.parametrize(
    ("told", "ordered_at", "state"),
    [
        ([], 1000.0, "ordered"),  # the admin may have been away, so that nobody could report
        ([], 1001.0 - LIVE_S, "ordered"),
        ([], 1000.0 - LIVE_S, "skipped"),
        ([node(500.0 - LIVE_S)], 500.0, "skipped"),  # it was gone before
        ([node(501.0 - LIVE_S)], 500.0, "ordered"),  # it was there: the release may have ended it
        ([node(501.0, "warming")], 500.0, "ordered"),
    ],
)
def test_only_a_site_that_nobody_was_at_is_skipped(told: list[SeenNode], ordered_at: float, state: str) -> None:
    target = replace(ordered(*told), ordered_at=ordered_at)
    step = plan(1000.0, situation(target, SECOND, skip_absent=True))
    assert (step.changes["first"].state, list(step.order)) == (state, ["second"] if state == "skipped" else [])
    if not told and state == "ordered":
        assert step.due_at == ordered_at + LIVE_S


def test_a_healthy_wave_brings_the_next() -> None:
    step = plan(115.0, situation(ordered(node(100.0), shown_since=95.0), SECOND))
    assert step.changes["first"].state == "healthy"
    assert step.order == ["second"]


times = st.floats(0, 1000)
nodes = st.builds(
    node,
    reported_at=times,
    state=st.sampled_from(("fetching", "warming", "showing", "failed", None)),
    serial=st.integers(3, 7),
    release=st.sampled_from((RELEASE, OTHER)),
    error=st.sampled_from((None, "an error")),
    name=st.sampled_from(("a", "b", "c")),
)


@st.composite
def targets(draw: st.DrawFn) -> list[Target]:
    """Of up to three waves, in any state that they may have come to."""
    count = draw(st.integers(1, 5))
    made = []
    for number in range(count):
        state = draw(st.sampled_from(("waiting", "ordered", "healthy", "failed", "skipped", "rolled-back")))
        made.append(
            Target(
                f"site-{number}",
                draw(st.integers(0, 2)),
                state,  # type: ignore[arg-type]
                order_serial=None if state == "waiting" else 5,
                ordered_at=None if state == "waiting" else draw(times),
                shown_since=draw(st.none() | times) if state in ("ordered", "healthy") else None,
                nodes=draw(st.lists(nodes, max_size=3)),
            )
        )
    return made


situations = st.builds(
    lambda targets, **changes: situation(*targets, **changes),
    targets=targets(),
    state=st.sampled_from(("scheduled", "running")),
    starts_at=times,
    is_published=st.booleans(),
    healthy_s=st.sampled_from((0.0, 20.0)),
    skip_absent=st.booleans(),
    on_failure=st.sampled_from(("pause", "roll-back")),
)


def after(known: Situation, step: Plan) -> list[Target]:
    """The targets as the plan leaves them, without the orders."""
    changed = []
    for target in known.targets:
        change = step.changes.get(target.site)
        changed.append(
            target
            if change is None
            else replace(target, state=change.state, shown_since=change.shown_since, message=change.message)
        )
    return changed


@given(situations, times)
def test_no_site_is_ordered_before_all_earlier_waves_are_done_with(known: Situation, now: float) -> None:
    step = plan(now, known)
    left = after(known, step)
    for site in step.order:
        target = next(item for item in left if item.site == site)
        assert target.state == "waiting"
        assert all(item.state in DONE_WITH for item in left if item.wave < target.wave)


@given(situations, times)
def test_nothing_is_ordered_that_may_not_be(known: Situation, now: float) -> None:
    step = plan(now, known)
    if step.order:
        assert known.is_published
        assert step.state == "running"
        assert known.state == "running" or (known.state == "scheduled" and known.starts_at <= now)


@given(situations, times)
def test_healthy_is_only_what_all_live_nodes_have_shown_for_long_enough(known: Situation, now: float) -> None:
    before = {target.site: target for target in known.targets}
    for target in after(known, plan(now, known)):
        if target.state != "healthy" or before[target.site].state == "healthy":
            continue
        assert target.shown_since is not None
        assert now >= target.shown_since + known.healthy_s
        live = [item.report for item in target.nodes if item.is_live(now)]
        assert live
        for report in live:
            (shown,) = report.showrooms
            assert (shown.release, shown.state, shown.error) == (RELEASE, "showing", None)
            assert report.order_serial >= 5


@given(situations, times)
def test_nothing_more_is_ordered_where_a_node_failed(known: Situation, now: float) -> None:
    step = plan(now, known)
    if any(target.state == "failed" for target in after(known, step)) and step.state not in (known.state, "running"):
        assert step.order == ()
        assert step.state == ("paused" if known.on_failure == "pause" else "rolled-back")
        assert step.roll_back == (known.on_failure == "roll-back")


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(situations, times)
def test_looking_again_at_once_changes_nothing(known: Situation, now: float) -> None:
    step = plan(now, known)
    left = [
        replace(target, state="ordered", order_serial=9, ordered_at=now, shown_since=None, message="")
        if target.site in step.order
        else target
        for target in after(known, step)
    ]
    if step.state not in ("scheduled", "running"):
        return
    again = plan(now, replace(known, state=step.state, targets=left))
    if not step.order:
        assert (again.state, again.changes, list(again.order)) == (step.state, {}, [])
    # What is due lies ahead: the clock never turns without an end.
    assert again.due_at is None or again.due_at > now or again.order


@given(situations, times)
def test_until_it_is_due_time_changes_nothing(known: Situation, now: float) -> None:
    step = plan(now, known)
    if step.order or step.state not in ("scheduled", "running"):
        return
    then = replace(known, state=step.state, targets=after(known, step))
    due_at = 1e9 if step.due_at is None else step.due_at
    for moment in (now, now + (due_at - now) * 0.5):
        if moment < due_at:
            assert plan(moment, then) == replace(step, changes={})
