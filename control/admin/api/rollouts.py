"""Roll-outs: releases on their way to sites."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.parts import Parts
from control.admin.sites.rollout_plan import OnFailure
from control.admin.sites.rollout_views import RolloutView, rollout_view, rollout_views
from control.admin.sites.rollouts import SITES_MAX, WAVES_MAX
from control.content.names import Slug, UnixSeconds

router = APIRouter(prefix="/api/v1/rollouts", tags=["roll-outs"])
ROW_ID_MAX: Final = 2**31 - 1
RolloutId = Annotated[int, Path(ge=1, le=ROW_ID_MAX)]
Wave = Annotated[list[Slug], Field(min_length=1, max_length=SITES_MAX)]


class NewRollout(BaseModel):
    """A release for sites, wave by wave: the next is ordered when all sites of the one before are healthy."""

    model_config = ConfigDict(extra="forbid")
    version_id: Annotated[int, Field(strict=True, ge=1, le=ROW_ID_MAX)]
    waves: Annotated[list[Wave], Field(min_length=1, max_length=WAVES_MAX)]
    starts_at: UnixSeconds | None = None
    """None: at once."""
    on_failure: OnFailure = "pause"
    """Where a node can't show it."""
    skip_absent: Annotated[bool, Field(strict=True)] = False
    """Whether a wave need not wait for sites where no node was when they were ordered, nor came within 3 minutes; they
    follow when one does."""
    healthy_s: Annotated[float, Field(strict=True, ge=0, le=86400)] | None = None
    """How long all nodes of a site must show it; None: as the admin is set."""


@router.get("")
def list_rollouts(
    actor: CurrentActor,
    parts: Parts,
    before: Annotated[int | None, Query(ge=1, le=ROW_ID_MAX, description="Those with a lower id.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    showroom: Slug | None = None,
    site: Slug | None = None,
) -> list[RolloutView]:
    """The newest first."""
    actor.need(Role.VIEWER)
    with parts.database.reading() as session:
        return rollout_views(session, before, limit, showroom, site)


@router.post("", status_code=201)
def make_rollout(body: NewRollout, actor: CurrentActor, parts: Parts) -> RolloutView:
    """Roll a published version out, at once or at a set time."""
    with parts.database.session() as session:
        made = parts.sites.rollouts.create(
            session,
            actor,
            parts.now(),
            body.version_id,
            body.waves,
            body.starts_at,
            body.on_failure,
            body.skip_absent,
            body.healthy_s,
        )
        return rollout_view(session, made.id)


@router.get("/{rollout_id}")
def show_rollout(rollout_id: RolloutId, actor: CurrentActor, parts: Parts) -> RolloutView:
    """One of them."""
    actor.need(Role.VIEWER)
    with parts.database.reading() as session:
        return rollout_view(session, rollout_id)


@router.post("/{rollout_id}/pause")
def pause(rollout_id: RolloutId, actor: CurrentActor, parts: Parts) -> RolloutView:
    """Order nothing more until it is resumed."""
    with parts.database.session() as session:
        parts.sites.rollouts.pause(session, actor, parts.now(), rollout_id)
        return rollout_view(session, rollout_id)


@router.post("/{rollout_id}/resume")
def resume(rollout_id: RolloutId, actor: CurrentActor, parts: Parts) -> RolloutView:
    """Go on; sites where it failed are ordered it anew."""
    with parts.database.session() as session:
        parts.sites.rollouts.resume(session, actor, parts.now(), rollout_id)
        return rollout_view(session, rollout_id)


@router.post("/{rollout_id}/cancel")
def cancel(rollout_id: RolloutId, actor: CurrentActor, parts: Parts) -> RolloutView:
    """End it; sites that were ordered keep the release."""
    with parts.database.session() as session:
        parts.sites.rollouts.cancel(session, actor, parts.now(), rollout_id)
        return rollout_view(session, rollout_id)


@router.post("/{rollout_id}/roll-back")
def roll_back(rollout_id: RolloutId, actor: CurrentActor, parts: Parts) -> RolloutView:
    """Have all its sites show again what they did before, at once. Sites that can't keep it, and say why in their
    message; 409 where none can."""
    with parts.database.session() as session:
        parts.sites.rollouts.roll_back(session, actor, parts.now(), rollout_id)
        return rollout_view(session, rollout_id)
