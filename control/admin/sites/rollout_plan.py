"""What to do next of a roll-out. Pure: what is known and the time go in, what to change comes out.

A wave is ordered when all sites of the waves before it are healthy, or need not be waited for. A site is healthy when
all its live nodes have shown the release without an error for ``healthy_s``. A site without a live node holds its wave.
With ``skip_absent`` it does not, where no node was there when it was ordered, nor came within LIVE_S: one that was, and
fell silent, may have done so for the release. A node that can't show the release stops the roll-out, also at a site
that was healthy before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from control.admin.sites.node_reports import LIVE_S, SeenNode
from control.content.edge_api import NodeReport, ShownRelease

RolloutState: TypeAlias = Literal["scheduled", "running", "paused", "done", "failed", "cancelled", "rolled-back"]
TargetState: TypeAlias = Literal["waiting", "ordered", "healthy", "failed", "skipped", "rolled-back"]
Clocked: TypeAlias = Literal["scheduled", "running"]
"""Those in which time or a report can change something."""
OnFailure: TypeAlias = Literal["pause", "roll-back"]

DONE_WITH: frozenset[TargetState] = frozenset(("healthy", "skipped", "rolled-back"))
"""Of a site: the next wave need not wait for it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A site of the roll-out, and what its nodes said. ``order_serial``: of the order that had the release first;
    ``ordered_at``: when that was, in Unix seconds."""

    site: str
    wave: int
    state: TargetState
    order_serial: int | None = None
    ordered_at: float | None = None
    shown_since: float | None = None
    message: str = ""
    nodes: Sequence[SeenNode] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that counts of a roll-out. ``is_published``: its version may be ordered."""

    state: Clocked
    starts_at: float
    showroom: str
    release: str
    is_published: bool
    healthy_s: float
    skip_absent: bool
    on_failure: OnFailure
    targets: Sequence[Target]


@dataclass(frozen=True, slots=True)
class TargetChange:
    """How a site's target is from now on."""

    state: TargetState
    shown_since: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. ``order``: the sites to order it at, which then are ``ordered``. ``due_at``: when to look again,
    where nothing is reported before (None: no time changes anything)."""

    state: RolloutState
    message: str = ""
    changes: Mapping[str, TargetChange] = field(default_factory=dict)
    order: Sequence[str] = ()
    roll_back: bool = False
    due_at: float | None = None


def plan(now: float, known: Situation) -> Plan:
    """The next step; Plan's docstring says how it is read. After ``order`` was carried out, ask again."""
    if known.state == "scheduled" and now < known.starts_at:
        return Plan("scheduled", due_at=known.starts_at)
    after = [_look_at(now, known, target) for target in known.targets]
    changes = {new.site: _change(new) for old, new in zip(known.targets, after, strict=True) if new != old}
    failed = [target for target in after if target.state == "failed"]
    if failed:
        message = "; ".join(f"{target.site}: {target.message}" for target in failed)
        if known.on_failure == "roll-back":
            return Plan("rolled-back", f"rolled back, as it can't be shown at {message}", changes, roll_back=True)
        return Plan("paused", f"it can't be shown at {message}", changes)
    open_waves = [target.wave for target in after if target.state not in DONE_WITH]
    if not open_waves:
        return Plan("done", "", changes)
    wave = [target for target in after if target.wave == min(open_waves)]
    order = [target.site for target in wave if target.state == "waiting"]
    if order and not known.is_published:
        return Plan("failed", "its version was retired before it was at all sites", changes)
    holding = [f"{target.site}: {target.message}" for target in wave if target.state == "ordered"]
    return Plan("running", "; ".join(holding), changes, order, due_at=_due_at(now, known, after))


def _look_at(now: float, known: Situation, target: Target) -> Target:
    """The target as its nodes' reports make it."""
    if target.state not in ("ordered", "healthy") or target.order_serial is None:
        return target
    live = [node for node in target.nodes if node.is_live(now)]
    told = [(node, _told_of(node.report, known, target.order_serial)) for node in live]
    for node, shown in told:
        if shown is not None and shown.state == "failed":
            return _with(target, "failed", None, f"{node.report.node}: {shown.error or 'it did not say why'}")
    if target.state == "healthy":
        return target
    if not live:
        absent = f"no node has reported within {LIVE_S:.0f} s"
        if not known.skip_absent:
            return _with(target, "ordered", None, absent)
        if _was_there(target):
            return _with(target, "ordered", None, f"{absent}, and there was one when it was ordered")
        if now < _absent_from(target):
            return _with(target, "ordered", None, f"{absent}; skipped if none does now")
        return _with(target, "skipped", None, f"{absent}; it follows when one does")
    lagging = [item for item in told if item[1] is None or item[1].state != "showing" or item[1].error is not None]
    if lagging:
        return _with(target, "ordered", None, _how_far(*lagging[0]))
    since = now if target.shown_since is None else target.shown_since
    if now >= since + known.healthy_s:
        return _with(target, "healthy", since, "")
    return _with(target, "ordered", since, f"shown; healthy after {known.healthy_s:.0f} s of it")


def _was_there(target: Target) -> bool:
    """Whether a node was live when the site was ordered the release, or came after that."""
    ordered_at = 0.0 if target.ordered_at is None else target.ordered_at
    return any(node.reported_at + LIVE_S > ordered_at for node in target.nodes)


def _absent_from(target: Target) -> float:
    """When a site may be skipped: while the admin itself was away, nobody could report."""
    return LIVE_S if target.ordered_at is None else target.ordered_at + LIVE_S


def _told_of(report: NodeReport, known: Situation, serial: int) -> ShownRelease | None:
    if report.order_serial < serial:
        return None
    of_it = (item for item in report.showrooms if item.showroom == known.showroom and item.release == known.release)
    return next(of_it, None)


def _how_far(node: SeenNode, shown: ShownRelease | None) -> str:
    name = node.report.node
    if shown is None:
        return f"{name} has not begun"
    if shown.error is not None:
        return f"{name} is {shown.state}: {shown.error}"
    if shown.state == "fetching":
        return f"{name} has fetched {shown.fetched_bytes} of {shown.to_fetch_bytes} bytes"
    return f"{name} is {shown.state}"


def _with(target: Target, state: TargetState, shown_since: float | None, message: str) -> Target:
    return replace(target, state=state, shown_since=shown_since, message=message)


def _change(target: Target) -> TargetChange:
    return TargetChange(target.state, target.shown_since, target.message)


def _due_at(now: float, known: Situation, targets: Sequence[Target]) -> float | None:
    """The next moment at which time alone changes something: a site becomes healthy, a node counts no more, or
    an absent site is waited for no longer."""
    waited_for = [target for target in targets if target.state == "ordered"]
    healthy = [target.shown_since + known.healthy_s for target in waited_for if target.shown_since is not None]
    silent = [
        node.reported_at + LIVE_S for target in waited_for for node in target.nodes if node.reported_at + LIVE_S > now
    ]
    given_up = [_absent_from(target) for target in waited_for if known.skip_absent and _absent_from(target) > now]
    return min((*healthy, *silent, *given_up), default=None)
