"""Roll-outs as they are in the database: found, read as the plan wants them, and their sites left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from control.admin.errors import NotFound
from control.admin.sites.node_reports import seen_nodes
from control.admin.sites.rollout_plan import Clocked, OnFailure, RolloutState, Situation, Target, TargetState
from control.admin.tables import Rollout, RolloutTarget, Version

UNDER_WAY: tuple[RolloutState, ...] = ("running", "paused")
CLOCKED: tuple[Clocked, ...] = ("scheduled", "running")


def find_rollout(session: Session, rollout_id: int) -> Rollout:
    """Raises NotFound."""
    rollout = session.get(Rollout, rollout_id)
    if rollout is None:
        raise NotFound(f"there is no roll-out {rollout_id}", text="error.no-rollout")
    return rollout


def targets_of(session: Session, rollout_id: int) -> Sequence[RolloutTarget]:
    """Its sites, by wave and name."""
    return session.scalars(
        select(RolloutTarget)
        .where(RolloutTarget.rollout_id == rollout_id)
        .order_by(RolloutTarget.wave, RolloutTarget.site)
    ).all()


def clocked_rollouts(session: Session) -> Sequence[int]:
    """The ids of those that time or a report can change, the oldest first."""
    return session.scalars(select(Rollout.id).where(Rollout.state.in_(CLOCKED)).order_by(Rollout.id)).all()


def is_waited_for(session: Session, site: str) -> bool:
    """Whether a report from that site can change a roll-out."""
    found = session.scalar(
        select(Rollout.id)
        .join(RolloutTarget, RolloutTarget.rollout_id == Rollout.id)
        .where(Rollout.state == "running", RolloutTarget.site == site)
        .limit(1)
    )
    return found is not None


def situation(session: Session, rollout: Rollout, version: Version) -> Situation:
    """All that the plan needs of one that is scheduled or running."""
    rows = targets_of(session, rollout.id)
    nodes = seen_nodes(session, [row.site for row in rows])
    return Situation(
        state=cast(Clocked, rollout.state),
        starts_at=rollout.starts_at,
        showroom=version.showroom,
        release=version.release_digest or "",
        is_published=version.state == "published",
        healthy_s=rollout.healthy_s,
        skip_absent=rollout.skip_absent,
        on_failure=cast(OnFailure, rollout.on_failure),
        targets=[
            Target(
                site=row.site,
                wave=row.wave,
                state=cast(TargetState, row.state),
                order_serial=row.order_serial,
                ordered_at=row.ordered_at,
                shown_since=row.shown_since,
                message=row.message,
                nodes=nodes[row.site],
            )
            for row in rows
        ],
    )


def leave_out(
    session: Session,
    site: str,
    showroom: str | None,
    message: str,
    states: Sequence[RolloutState] = UNDER_WAY,
    but: int | None = None,
) -> None:
    """Have roll-outs in these states no longer wait for the site; those of one showroom, or all (None). ``but``: not
    this one."""
    rollouts = select(Rollout.id).where(Rollout.state.in_(states), Rollout.id != (but or 0))
    if showroom is not None:
        rollouts = rollouts.join(Version, Version.id == Rollout.version_id).where(Version.showroom == showroom)
    session.execute(
        update(RolloutTarget)
        .where(RolloutTarget.site == site, RolloutTarget.rollout_id.in_(rollouts))
        .where(RolloutTarget.state.in_(("waiting", "ordered", "failed")))
        .values(state="skipped", message=message)
    )
