"""Going back: of a whole roll-out, and of one showroom at one site. No wave is waited for, as the reason is trouble.

A retired version is not gone back to: who retires one says that it must not be shown any more. Such a site keeps what
it shows, and its message says so.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Actor, Role
from control.admin.errors import Conflict
from control.admin.sites.orders import Orders, go_back
from control.admin.sites.rollout_rows import leave_out, targets_of
from control.admin.sites.sites import active_site, find_release
from control.admin.tables import Rollout, RolloutTarget, Site, SiteRelease, Version


def take_back(session: Session, orders: Orders, rollout: Rollout, now: float) -> list[str]:
    """Have each site that shows the roll-out's release show what it did before: a version, or the showroom not at all.
    Returns those sites; the targets' messages tell of the others."""
    version = session.get_one(Version, rollout.version_id)
    gone_back = []
    for target in targets_of(session, rollout.id):
        refusal = _take_back_at(session, target, version, now)
        if refusal is not None:
            if target.state == "waiting":
                target.state = "skipped"
            target.message = refusal
            continue
        leave_out(session, target.site, version.showroom, f"roll-out {rollout.id} was rolled back", but=rollout.id)
        target.state, target.message = "rolled-back", ""
        orders.issue(session, session.get_one(Site, target.site), now)
        gone_back.append(target.site)
    return gone_back


def _take_back_at(session: Session, target: RolloutTarget, version: Version, now: float) -> str | None:
    """Change what the site is to show. Returns why that can't be, where it can't."""
    row = session.get(SiteRelease, (target.site, version.showroom))
    if target.ordered_at is None:
        return "it was not ordered here"
    if row is None or row.version_id != version.id:
        return "the site shows another version since"
    if session.get_one(Site, target.site).retired:
        return "the site is retired"
    if target.previous_version_id is None:
        session.delete(row)
        return None
    if target.previous_version_id == version.id:
        return "the site showed this version before, too"
    previous = session.get_one(Version, target.previous_version_id)
    if previous.state != "published":
        return f"version {previous.number}, which it showed before, is {previous.state}: roll out another one"
    go_back(row, previous.id, now)
    return None


def roll_back_site(session: Session, orders: Orders, actor: Actor, now: float, slug: str, showroom: str) -> SiteRelease:
    """Have one site show the version of a showroom that it showed before. Roll-outs of that showroom under way leave
    the site out. Raises NotFound where it does not show it, Conflict where there is nothing to go back to."""
    actor.need(Role.PUBLISHER)
    site = active_site(session, slug)
    row = find_release(session, slug, showroom)
    if row.previous_version_id is None:
        raise Conflict(
            f"{slug} showed no other version of {showroom} before this one: roll out the one that you want",
            text="error.nothing-before",
            site=slug,
            showroom=showroom,
        )
    shown, previous = session.get_one(Version, row.version_id), session.get_one(Version, row.previous_version_id)
    if previous.state != "published":
        raise Conflict(
            f"version {previous.number}, which {slug} showed before, is {previous.state}: roll out another one",
            text="error.before-retired",
            site=slug,
            number=previous.number,
        )
    leave_out(session, slug, showroom, "the site was rolled back")
    go_back(row, previous.id, now)
    orders.issue(session, site, now)
    detail = {"showroom": showroom, "from": shown.number, "to": previous.number}
    audit.append(session, now, actor.audit_name, "site.roll-back", f"site:{slug}", detail)
    return row
