"""Sites: made, changed, given new tokens, retired; and which showrooms they have in which order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Actor, Role
from control.admin.errors import BadRequest, Conflict, NotFound
from control.admin.sites.orders import Orders
from control.admin.sites.rollout_rows import leave_out
from control.admin.sites.site_tokens import end_previous, has_previous, make_token, replace_token, token_sha256
from control.admin.tables import Site, SiteRelease
from control.content.names import EdgeClass


def find_site(session: Session, slug: str) -> Site:
    """Raises NotFound."""
    site = session.get(Site, slug)
    if site is None:
        raise NotFound(f"there is no site {slug}", text="error.no-site", site=slug)
    return site


def active_site(session: Session, slug: str) -> Site:
    """Raises NotFound, or Conflict where it is retired."""
    site = find_site(session, slug)
    if site.retired:
        raise Conflict(f"the site {slug} is retired", text="error.site-retired", site=slug)
    return site


def create_site(
    session: Session, orders: Orders, actor: Actor, now: float, slug: str, title: str, edge_class: EdgeClass
) -> tuple[Site, str]:
    """A new site that shows nothing yet, and its token: the only time that it is seen. Raises Conflict."""
    actor.need(Role.ADMINISTRATOR)
    if session.get(Site, slug) is not None:
        raise Conflict(f"there is a site {slug} already", text="error.site-taken", site=slug)
    token = make_token()
    site = Site(
        slug=slug,
        title=title,
        edge_class=edge_class,
        token_sha256=token_sha256(token),
        previous_token_sha256=None,
        previous_token_until=None,
        created_at=now,
        retired=False,
        order_serial=0,
        order_envelope="",
    )
    session.add(site)
    orders.issue(session, site, now)
    audit.append(
        session, now, actor.audit_name, "site.create", f"site:{slug}", {"title": title, "edge_class": edge_class}
    )
    return site, token


def change_site(
    session: Session, actor: Actor, now: float, slug: str, title: str | None, edge_class: EdgeClass | None
) -> Site:
    """Another title or class; None leaves it."""
    actor.need(Role.ADMINISTRATOR)
    site = active_site(session, slug)
    site.title = site.title if title is None else title
    site.edge_class = site.edge_class if edge_class is None else edge_class
    detail = {"title": site.title, "edge_class": site.edge_class}
    audit.append(session, now, actor.audit_name, "site.change", f"site:{slug}", detail)
    return site


def change_token(session: Session, actor: Actor, now: float, slug: str) -> str:
    """A new token, seen only here. The one of now stays good for a day after the new one is first used."""
    actor.need(Role.ADMINISTRATOR)
    token = replace_token(active_site(session, slug))
    audit.append(session, now, actor.audit_name, "site.change-token", f"site:{slug}")
    return token


def end_previous_token(session: Session, actor: Actor, now: float, slug: str) -> Site:
    """End the token before at once, as where somebody else has it. Raises Conflict where none is good any more."""
    actor.need(Role.ADMINISTRATOR)
    site = active_site(session, slug)
    if not has_previous(site, now):
        raise Conflict(f"the site {slug} has no token before this one that is still good")
    end_previous(site)
    audit.append(session, now, actor.audit_name, "site.end-previous-token", f"site:{slug}")
    return site


def retire_site(session: Session, actor: Actor, now: float, slug: str) -> Site:
    """End a site: its token opens nothing any more, and roll-outs leave it out. What was counted of it stays."""
    actor.need(Role.ADMINISTRATOR)
    site = active_site(session, slug)
    site.retired = True
    end_previous(site)
    leave_out(session, slug, None, "the site was retired", ("scheduled", "running", "paused"))
    audit.append(session, now, actor.audit_name, "site.retire", f"site:{slug}")
    return site


def arrange_showrooms(
    session: Session, orders: Orders, actor: Actor, now: float, slug: str, showrooms: Sequence[str]
) -> Site:
    """The order of a site's showrooms: all that it has, the one that visitors enter without a choice first. Raises
    BadRequest where it is another set."""
    actor.need(Role.PUBLISHER)
    site = active_site(session, slug)
    rows = {row.showroom: row for row in site_releases(session, slug)}
    if len(showrooms) != len(rows) or set(showrooms) != rows.keys():
        known = ", ".join(rows) or "none"
        raise BadRequest(f"showrooms: must be those of the site, each once, in the new order; it has {known}")
    for position, showroom in enumerate(showrooms):
        rows[showroom].position = position
    orders.issue(session, site, now)
    detail = {"showrooms": list(showrooms)}
    audit.append(session, now, actor.audit_name, "site.arrange", f"site:{slug}", detail)
    return site


def remove_showroom(session: Session, orders: Orders, actor: Actor, now: float, slug: str, showroom: str) -> Site:
    """Have a site show a showroom no more. Roll-outs of it that are under way leave the site out; one that is scheduled
    brings it again."""
    actor.need(Role.PUBLISHER)
    site = active_site(session, slug)
    session.delete(find_release(session, slug, showroom))
    leave_out(session, slug, showroom, "the showroom was removed from the site")
    orders.issue(session, site, now)
    audit.append(session, now, actor.audit_name, "site.remove-showroom", f"site:{slug}", {"showroom": showroom})
    return site


def find_release(session: Session, slug: str, showroom: str) -> SiteRelease:
    """What a site is to show of a showroom. Raises NotFound."""
    row = session.get(SiteRelease, (slug, showroom))
    if row is None:
        raise NotFound(f"{slug} does not show {showroom}", text="error.not-at-site", site=slug, showroom=showroom)
    return row


def site_releases(session: Session, slug: str) -> Sequence[SiteRelease]:
    """What it is to show, in order."""
    return session.scalars(
        select(SiteRelease).where(SiteRelease.site == slug).order_by(SiteRelease.position, SiteRelease.showroom)
    ).all()
