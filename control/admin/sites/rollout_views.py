"""Roll-outs as they are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from control.admin.sites.rollout_plan import OnFailure, RolloutState, TargetState
from control.admin.sites.rollout_rows import find_rollout
from control.admin.tables import Account, Rollout, RolloutTarget, Version
from control.content.names import Slug, UnixSeconds, VersionNumber


class TargetView(BaseModel):
    """One site of a roll-out."""

    site: Slug
    state: TargetState
    message: str
    """What it waits for, or why it failed or was left out."""
    previous_version: VersionNumber | None
    """What the site showed before."""
    ordered_at: UnixSeconds | None
    shown_since: UnixSeconds | None


class RolloutView(BaseModel):
    """A roll-out. ``message``: what it waits for, or why it stopped."""

    id: int
    showroom: Slug
    version: VersionNumber
    version_id: int
    state: RolloutState
    message: str
    waves: list[list[TargetView]]
    starts_at: UnixSeconds
    on_failure: OnFailure
    skip_absent: bool
    healthy_s: float
    created_by: str
    created_at: UnixSeconds
    finished_at: UnixSeconds | None


def rollout_view(session: Session, rollout_id: int) -> RolloutView:
    """One of them. Raises NotFound."""
    return _views(session, [find_rollout(session, rollout_id)])[0]


def rollout_views(
    session: Session, before: int | None, limit: int, showroom: str | None = None, site: str | None = None
) -> list[RolloutView]:
    """The newest first; those with a lower id than ``before``, of one showroom, of one site."""
    asked = select(Rollout).order_by(Rollout.id.desc()).limit(limit)
    if before is not None:
        asked = asked.where(Rollout.id < before)
    if showroom is not None:
        asked = asked.join(Version, Version.id == Rollout.version_id).where(Version.showroom == showroom)
    if site is not None:
        asked = asked.join(RolloutTarget, RolloutTarget.rollout_id == Rollout.id).where(RolloutTarget.site == site)
    return _views(session, session.scalars(asked).all())


def _views(session: Session, rollouts: Sequence[Rollout]) -> list[RolloutView]:
    ids = [rollout.id for rollout in rollouts]
    waves = _waves(session, ids)
    # Of versions no more than is shown: their reports and envelopes may be large, and pages ask every few seconds.
    named = session.execute(
        select(Rollout.id, Version.showroom, Version.number, Account.name)
        .join(Version, Version.id == Rollout.version_id)
        .join(Account, Account.id == Rollout.created_by)
        .where(Rollout.id.in_(ids))
    )
    names = {rollout_id: (showroom, number, by) for rollout_id, showroom, number, by in named}
    views = []
    for rollout in rollouts:
        showroom, number, by = names[rollout.id]
        views.append(
            RolloutView(
                id=rollout.id,
                showroom=showroom,
                version=number,
                version_id=rollout.version_id,
                state=cast(RolloutState, rollout.state),
                message=rollout.message,
                waves=[targets for _, targets in sorted(waves[rollout.id].items())],
                starts_at=rollout.starts_at,
                on_failure=cast(OnFailure, rollout.on_failure),
                skip_absent=rollout.skip_absent,
                healthy_s=rollout.healthy_s,
                created_by=by,
                created_at=rollout.created_at,
                finished_at=rollout.finished_at,
            )
        )
    return views


def _waves(session: Session, rollout_ids: Sequence[int]) -> dict[int, dict[int, list[TargetView]]]:
    previous = aliased(Version)
    rows = session.execute(
        select(RolloutTarget, previous.number)
        .outerjoin(previous, previous.id == RolloutTarget.previous_version_id)
        .where(RolloutTarget.rollout_id.in_(rollout_ids))
        .order_by(RolloutTarget.rollout_id, RolloutTarget.wave, RolloutTarget.site)
    )
    found: dict[int, dict[int, list[TargetView]]] = defaultdict(lambda: defaultdict(list))
    for target, previous_number in rows:
        found[target.rollout_id][target.wave].append(
            TargetView(
                site=target.site,
                state=cast(TargetState, target.state),
                message=target.message,
                previous_version=previous_number,
                ordered_at=target.ordered_at,
                shown_since=target.shown_since,
            )
        )
    return found
