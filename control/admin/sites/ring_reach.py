"""Which nodes have not got the newest key ring yet."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.sites.node_reports import seen_nodes
from control.admin.tables import Site
from control.content.names import Slug


class SiteBehind(BaseModel):
    """A site with nodes that go by an older ring, or by the keys of their options; also those that are switched off."""

    site: Slug
    nodes: list[str]


def sites_behind(session: Session, ring_serial: int | None) -> list[SiteBehind]:
    """By name; ``ring_serial``: of the newest ring, without which nobody is behind. Retired sites get none any more. Of
    nodes that never reported nothing is known."""
    if ring_serial is None:
        return []
    slugs = session.scalars(select(Site.slug).where(~Site.retired).order_by(Site.slug)).all()
    found = seen_nodes(session, slugs)
    behind = {
        slug: [seen.report.node for seen in found[slug] if (seen.report.ring_serial or 0) < ring_serial]
        for slug in slugs
    }
    return [SiteBehind(site=slug, nodes=nodes) for slug, nodes in behind.items() if nodes]
