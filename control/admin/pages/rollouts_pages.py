"""Pages: all roll-outs, and one with its waves and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.api.account_views import RowId
from control.admin.errors import AdminError
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.rollout_messages import said
from control.admin.sites.rollout_views import RolloutView, TargetView, rollout_view, rollout_views
from control.admin.sites.rollouts import Rollouts
from control.admin.tables import Rollout

router = APIRouter(prefix="/rollouts", include_in_schema=False)

Change: TypeAlias = Literal["pause", "resume", "cancel", "roll-back"]
CHANGES: dict[str, tuple[Change, ...]] = {
    "scheduled": ("cancel",),
    "running": ("pause", "cancel", "roll-back"),
    "paused": ("resume", "cancel", "roll-back"),
    "done": ("roll-back",),
    "failed": ("roll-back",),
    "cancelled": ("roll-back",),
    "rolled-back": (),
}
"""What can be done in each state."""
_DO: dict[Change, Callable[[Rollouts, Session, Actor, float, int], Rollout]] = {
    "pause": Rollouts.pause,
    "resume": Rollouts.resume,
    "cancel": Rollouts.cancel,
    "roll-back": Rollouts.roll_back,
}
_DONE: dict[Change, str] = {
    "pause": "rollout.is-paused",
    "resume": "rollout.is-resumed",
    "cancel": "rollout.is-cancelled",
    "roll-back": "rollout.is-rolled-back",
}
_SHOWN = 50


@router.get("")
def show_all(page: CurrentPage, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> Response:
    """All of them, the newest first."""
    with page.parts.database.reading() as session:
        rollouts = rollout_views(session, before, _SHOWN + 1)
    shown = rollouts[:_SHOWN]
    return page.show(
        "rollouts.html",
        rollouts=[(rollout, *healthy_of(rollout)) for rollout in shown],
        older=f"/rollouts?before={shown[-1].id}" if len(rollouts) > _SHOWN else None,
        newest="/rollouts" if before is not None else None,
        may_operate=page.actor.role >= Role.PUBLISHER,
    )


@router.get("/{rollout_id}")
def show(rollout_id: RowId, page: CurrentPage) -> Response:
    """One of them."""
    return _rollout(page, rollout_id)


@router.post("/{rollout_id}/{change}")
def change(rollout_id: RowId, change: Change, page: CurrentPage) -> Response:
    """Hold it, let it go on, end it, or take it back everywhere."""
    parts = page.parts
    try:
        with parts.database.session() as session:
            _DO[change](parts.sites.rollouts, session, page.actor, parts.now(), rollout_id)
    except AdminError as error:
        return _rollout(page, rollout_id, error)
    return page.go(f"/rollouts/{rollout_id}", _DONE[change])


def healthy_of(rollout: RolloutView) -> tuple[int, int]:
    """Its healthy sites, and all."""
    targets = [target for wave in rollout.waves for target in wave]
    return sum(target.state == "healthy" for target in targets), len(targets)


def _rollout(page: Page, rollout_id: int, error: AdminError | None = None) -> Response:
    with page.parts.database.reading() as session:
        rollout = rollout_view(session, rollout_id)
    done, everywhere = healthy_of(rollout)
    return page.show(
        "rollout.html",
        error=error,
        rollout=rollout,
        done=done,
        everywhere=everywhere,
        said=partial(said, page.text),
        before=_before(page, [target for wave in rollout.waves for target in wave]),
        changes=CHANGES[rollout.state] if page.actor.role >= Role.PUBLISHER else (),
    )


def _before(page: Page, targets: list[TargetView]) -> str:
    """What its sites showed before, each once: 3, 4."""
    ordered = [target for target in targets if target.ordered_at is not None]
    numbers = sorted({target.previous_version for target in ordered if target.previous_version is not None})
    nothing = [page.text("rollout.before-nothing")] if any(one.previous_version is None for one in ordered) else []
    return ", ".join([*map(str, numbers), *nothing])
