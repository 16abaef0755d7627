"""Sites as they are shown: what they were ordered, and how far their nodes are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from control.admin.sites.edge_classes import edge_class
from control.admin.sites.node_reports import SeenNode, seen_nodes
from control.admin.sites.site_tokens import has_previous, is_new_unused
from control.admin.sites.sites import find_site
from control.admin.tables import Site, SiteRelease, Version
from control.content.edge_api import NodeReport
from control.content.names import Digest, EdgeClass, Serial, Slug, UnixSeconds, VersionNumber

SiteCondition: TypeAlias = Literal["retired", "absent", "failed", "behind", "current"]
"""absent: no node has reported lately; failed: one can't show what was ordered; behind: one does not show it yet."""


class ShowroomAtSite(BaseModel):
    """What a site is to show."""

    showroom: Slug
    version: VersionNumber
    version_id: int
    release: Digest
    previous_version: VersionNumber | None
    """To which a roll-back goes; None: there is none."""
    ordered_at: UnixSeconds


class NodeView(BaseModel):
    """A node's last report. ``live``: it reported lately."""

    reported_at: UnixSeconds
    live: bool
    report: NodeReport


class SiteView(BaseModel):
    """A site. ``showrooms``: the first is entered without a choice."""

    slug: Slug
    title: str
    edge_class: EdgeClass
    created_at: UnixSeconds
    condition: SiteCondition
    order_serial: Serial
    new_token_unused: bool
    """Its token was changed, and no node has used the new one yet: the one before is still good."""
    previous_token_until: UnixSeconds | None
    """When the token before ends, now that the new one is used; None: none ends at a known time."""
    showrooms: list[ShowroomAtSite]
    nodes: list[NodeView]


def site_view(session: Session, slug: str, now: float) -> SiteView:
    """One site. Raises NotFound."""
    return _views(session, [find_site(session, slug)], now)[0]


def site_views(session: Session, now: float) -> list[SiteView]:
    """All sites, by name; also retired ones."""
    return _views(session, session.scalars(select(Site).order_by(Site.slug)).all(), now)


def _views(session: Session, sites: Sequence[Site], now: float) -> list[SiteView]:
    slugs = [site.slug for site in sites]
    showrooms, nodes = _showrooms(session, slugs), seen_nodes(session, slugs)
    return [
        SiteView(
            slug=site.slug,
            title=site.title,
            edge_class=edge_class(site.edge_class),
            created_at=site.created_at,
            condition=condition(site, showrooms[site.slug], nodes[site.slug], now),
            order_serial=site.order_serial,
            new_token_unused=is_new_unused(site),
            previous_token_until=site.previous_token_until if has_previous(site, now) else None,
            showrooms=showrooms[site.slug],
            nodes=[
                NodeView(reported_at=node.reported_at, live=node.is_live(now), report=node.report)
                for node in nodes[site.slug]
            ],
        )
        for site in sites
    ]


def condition(site: Site, ordered: Sequence[ShowroomAtSite], nodes: Sequence[SeenNode], now: float) -> SiteCondition:
    """In one word, the worst that is true of a live node."""
    if site.retired:
        return "retired"
    live = [node.report for node in nodes if node.is_live(now)]
    if not live:
        return "absent"
    wanted = {item.release for item in ordered}
    told = [[item for item in report.showrooms if item.release in wanted] for report in live]
    if any(item.state == "failed" for items in told for item in items):
        return "failed"
    shown = [{item.release for item in items if item.state == "showing"} for items in told]
    return "current" if all(releases == wanted for releases in shown) else "behind"


def _showrooms(session: Session, slugs: Sequence[str]) -> dict[str, list[ShowroomAtSite]]:
    previous = aliased(Version)
    # Of versions no more than is shown: their reports and envelopes may be large, and pages ask every few seconds.
    rows = session.execute(
        select(SiteRelease, Version.number, Version.release_digest, previous.number)
        .join(Version, Version.id == SiteRelease.version_id)
        .outerjoin(previous, previous.id == SiteRelease.previous_version_id)
        .where(SiteRelease.site.in_(slugs))
        .order_by(SiteRelease.site, SiteRelease.position, SiteRelease.showroom)
    )
    found: dict[str, list[ShowroomAtSite]] = defaultdict(list)
    for row, number, release_digest, previous_number in rows:
        found[row.site].append(
            ShowroomAtSite(
                showroom=row.showroom,
                version=number,
                version_id=row.version_id,
                release=release_digest or "",
                previous_version=previous_number,
                ordered_at=row.ordered_at,
            )
        )
    return found
