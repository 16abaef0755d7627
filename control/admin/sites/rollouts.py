"""Roll-outs: made, held, ended by people, and carried on as ``rollout_plan`` says. All state is in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Final

from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.errors import BadRequest, Conflict, NotFound
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.edge_classes import is_weaker
from control.admin.sites.orders import Orders, show
from control.admin.sites.roll_back import take_back
from control.admin.sites.rollout_plan import OnFailure, Plan, RolloutState, plan
from control.admin.sites.rollout_rows import CLOCKED, find_rollout, leave_out, situation, targets_of
from control.admin.sites.sites import active_site
from control.admin.tables import Rollout, RolloutTarget, Site, Version

SITES_MAX: Final = 1000
WAVES_MAX: Final = 100
ORDERS_AT_ONCE: Final = 50
"""In one transaction: all who want to write wait for it, a second on a slow machine."""
_ENDED: Final = frozenset(("done", "failed", "cancelled", "rolled-back"))


class Rollouts:
    """Changes roll-outs within the caller's transaction; the clock hears of it after."""

    def __init__(self, orders: Orders, bell: ChangeBell, healthy_s: float) -> None:
        """``healthy_s``: for roll-outs that don't say how long a site must be healthy."""
        self._orders = orders
        self._bell = bell
        self._healthy_s = healthy_s

    def create(
        self,
        session: Session,
        actor: Actor,
        now: float,
        version_id: int,
        waves: Sequence[Sequence[str]],
        starts_at: float | None = None,
        on_failure: OnFailure = "pause",
        skip_absent: bool = False,
        healthy_s: float | None = None,
    ) -> Rollout:
        """A roll-out that the clock begins at once, or at ``starts_at``. Raises NotFound, BadRequest where the waves
        can't be, Conflict where the version is not published or not meant for one of the sites."""
        actor.need(Role.PUBLISHER)
        version = session.get(Version, version_id)
        if version is None:
            raise NotFound(f"there is no version {version_id}", text="error.no-version", version=version_id)
        if version.state != "published":
            raise Conflict(
                f"version {version.number} of {version.showroom} is {version.state}, not published",
                text="error.not-published",
                number=version.number,
                showroom=version.showroom,
            )
        _check_waves(waves)
        for site in (active_site(session, slug) for wave in waves for slug in wave):
            if is_weaker(site.edge_class, version.edge_class):
                raise Conflict(
                    f"version {version.number} is meant for {version.edge_class}; {site.slug} is weaker",
                    text="error.weaker-site",
                    number=version.number,
                    site=site.slug,
                )
        rollout = Rollout(
            version_id=version.id,
            state="scheduled",
            on_failure=on_failure,
            skip_absent=skip_absent,
            healthy_s=self._healthy_s if healthy_s is None else healthy_s,
            created_by=actor.account_id,
            created_at=now,
            starts_at=now if starts_at is None else starts_at,
        )
        session.add(rollout)
        session.flush()
        for number, wave in enumerate(waves):
            for slug in wave:
                session.add(RolloutTarget(rollout_id=rollout.id, site=slug, wave=number, state="waiting"))
        detail = {"release": _name(version), "waves": [list(wave) for wave in waves], "starts_at": rollout.starts_at}
        audit.append(session, now, actor.audit_name, "rollout.create", f"rollout:{rollout.id}", detail)
        self._bell.ring_after(session)
        return rollout

    def pause(self, session: Session, actor: Actor, now: float, rollout_id: int) -> Rollout:
        """Order nothing more until it is resumed. Sites that were ordered keep the release."""
        rollout = self._open(session, actor, rollout_id, ("running",), "paused")
        _enter(rollout, "paused", f"paused by {actor.name}", now)
        audit.append(session, now, actor.audit_name, "rollout.pause", f"rollout:{rollout_id}")
        return rollout

    def resume(self, session: Session, actor: Actor, now: float, rollout_id: int) -> Rollout:
        """Go on. Sites where it failed are ordered it anew, so that their nodes try again."""
        rollout = self._open(session, actor, rollout_id, ("paused",), "resumed")
        for target in targets_of(session, rollout_id):
            if target.state == "failed":
                target.state, target.message = "waiting", ""
        _enter(rollout, "running", "", now)
        audit.append(session, now, actor.audit_name, "rollout.resume", f"rollout:{rollout_id}")
        self._bell.ring_after(session)
        return rollout

    def cancel(self, session: Session, actor: Actor, now: float, rollout_id: int) -> Rollout:
        """End it. Sites that were ordered keep the release: to take it back, roll back."""
        rollout = self._open(session, actor, rollout_id, ("scheduled", "running", "paused"), "cancelled")
        for target in targets_of(session, rollout_id):
            if target.state == "waiting":
                target.state, target.message = "skipped", "cancelled before it was ordered"
        _enter(rollout, "cancelled", f"cancelled by {actor.name}", now)
        audit.append(session, now, actor.audit_name, "rollout.cancel", f"rollout:{rollout_id}")
        return rollout

    def roll_back(self, session: Session, actor: Actor, now: float, rollout_id: int) -> Rollout:
        """Have all sites that show its release show again what they did before, at once. Raises Conflict where no site
        can go back: each target's message says why."""
        states: tuple[RolloutState, ...] = ("running", "paused", "done", "failed", "cancelled")
        rollout = self._open(session, actor, rollout_id, states, "rolled back")
        sites = take_back(session, self._orders, rollout, now)
        if not sites:
            told = "; ".join(f"{target.site}: {target.message}" for target in targets_of(session, rollout_id))
            raise Conflict(f"no site can go back: {told}", text="error.none-can-go-back")
        _enter(rollout, "rolled-back", f"rolled back by {actor.name}", now)
        audit.append(session, now, actor.audit_name, "rollout.roll-back", f"rollout:{rollout_id}", {"sites": sites})
        return rollout

    def quiet_until(self, session: Session, rollout_id: int, now: float) -> float | None:
        """Until when there is nothing to do or to tell, if nothing is reported; None: there is something now. Only
        reads."""
        rollout = find_rollout(session, rollout_id)
        if rollout.state not in CLOCKED:
            return inf
        step = plan(now, situation(session, rollout, session.get_one(Version, rollout.version_id)))
        if step.order or step.changes or (step.state, step.message) != (rollout.state, rollout.message):
            return None
        return inf if step.due_at is None else step.due_at

    def advance(self, session: Session, rollout_id: int, now: float) -> float:
        """Do all that is to be done now; returns when to look again, if nothing is reported. Asked twice, by two
        replicas or after a crash, the second finds nothing to do."""
        rollout = find_rollout(session, rollout_id)
        version = session.get_one(Version, rollout.version_id)
        ordered = 0
        while rollout.state in CLOCKED:
            step = plan(now, situation(session, rollout, version))
            step = replace(step, order=step.order[: ORDERS_AT_ONCE - ordered])
            self._apply(session, rollout, version, step, now)
            ordered += len(step.order)
            if ordered == ORDERS_AT_ONCE:
                return now
            if not step.order:
                return inf if step.due_at is None else step.due_at
        return inf

    def _apply(self, session: Session, rollout: Rollout, version: Version, step: Plan, now: float) -> None:
        targets = {target.site: target for target in targets_of(session, rollout.id)}
        for site, change in step.changes.items():
            target = targets[site]
            target.state, target.shown_since, target.message = change.state, change.shown_since, change.message
        if step.state == rollout.state:
            rollout.message = step.message
        else:
            if rollout.state == "scheduled":
                self._supersede(session, rollout, version)
            self._change_state(session, rollout, step, now)
        for site in step.order:
            self._order(session, targets[site], version, now)
        if step.order:
            detail = {"sites": list(step.order), "release": _name(version)}
            audit.append(session, now, SYSTEM, "rollout.order", f"rollout:{rollout.id}", detail)
        session.flush()

    def _change_state(self, session: Session, rollout: Rollout, step: Plan, now: float) -> None:
        detail: dict[str, object] = {"message": step.message} if step.message else {}
        if step.roll_back:
            session.flush()
            detail["sites"] = take_back(session, self._orders, rollout, now)
        _enter(rollout, step.state, step.message, now)
        action = {"running": "start", "paused": "pause", "rolled-back": "roll-back", "failed": "fail"}
        name = f"rollout.{action.get(step.state, step.state)}"
        audit.append(session, now, SYSTEM, name, f"rollout:{rollout.id}", detail)

    def _supersede(self, session: Session, rollout: Rollout, version: Version) -> None:
        """What begins later is newer: those under way leave these sites to it, those that wait for their time don't."""
        for target in targets_of(session, rollout.id):
            message = f"superseded by roll-out {rollout.id}"
            leave_out(session, target.site, version.showroom, message, but=rollout.id)

    def _order(self, session: Session, target: RolloutTarget, version: Version, now: float) -> None:
        site = session.get_one(Site, target.site)
        try:
            previous = show(session, site.slug, version, now)
        except Conflict as error:
            target.state, target.message = "failed", str(error)
            return
        self._orders.issue(session, site, now)
        if target.ordered_at is None:  # else it is a second try
            target.previous_version_id = previous
        target.state, target.message = "ordered", ""
        target.ordered_at, target.order_serial, target.shown_since = now, site.order_serial, None

    @staticmethod
    def _open(session: Session, actor: Actor, rollout_id: int, states: Sequence[RolloutState], done: str) -> Rollout:
        actor.need(Role.PUBLISHER)
        rollout = find_rollout(session, rollout_id)
        if rollout.state not in states:
            raise Conflict(
                f"roll-out {rollout_id} is {rollout.state}: it can't be {done}", text="error.rollout-moved-on"
            )
        return rollout


def _enter(rollout: Rollout, state: RolloutState, message: str, now: float) -> None:
    rollout.state, rollout.message = state, message
    rollout.finished_at = now if state in _ENDED else None


def _check_waves(waves: Sequence[Sequence[str]]) -> None:
    sites = [slug for wave in waves for slug in wave]
    if not waves or not all(waves):
        raise BadRequest("waves: each must have a site", text="error.no-waves")
    if len(set(sites)) != len(sites):
        raise BadRequest("waves: a site is there twice")
    if len(sites) > SITES_MAX or len(waves) > WAVES_MAX:
        raise BadRequest(f"waves: at most {SITES_MAX} sites in {WAVES_MAX} waves")


def _name(version: Version) -> str:
    return f"{version.showroom}/{version.number}"
