"""The signed order of each site: made anew from its rows whenever they change."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.errors import Conflict
from control.admin.keys import SigningKeys
from control.admin.sites.change_bell import ChangeBell
from control.admin.tables import Site, SiteGrant, SiteRelease, Version
from control.content.release import OrderedRelease, SiteOrder

SHOWROOMS_MAX = 64
"""At one site; as in SiteOrder."""
LOST_SERIALS_MAX = 1_000_000
"""How many orders a restored backup may lack; more would let a node use serials up."""


class Orders:
    """Changes what sites are to show. Within the caller's transaction; who waits for the order hears of it after."""

    def __init__(self, keys: SigningKeys, bell: ChangeBell) -> None:
        self._keys = keys
        self._bell = bell

    def issue(self, session: Session, site: Site, now: float, at_least: int = 0) -> None:
        """Sign the site's order as its rows are now, with a higher serial, of ``at_least``."""
        session.flush()
        versions = session.scalars(
            select(Version)
            .join(SiteRelease, SiteRelease.version_id == Version.id)
            .where(SiteRelease.site == site.slug)
            .order_by(SiteRelease.position, SiteRelease.showroom)
        )
        site.order_serial = max(site.order_serial + 1, at_least)
        order = SiteOrder(
            site=site.slug,
            serial=site.order_serial,
            issued_at=now,
            showrooms=tuple(_ordered(version) for version in versions),
        )
        site.order_envelope = self._keys.sign(session, order).model_dump_json()
        self._bell.ring_after(session)

    def catch_up(self, session: Session, slug: str, serial: int, now: float) -> None:
        """For a site whose nodes know a newer order than there is here, as after a backup was restored: they would
        follow nothing older. Issue one that is newer. Raises Conflict where the serial can't be one of ours."""
        site = session.get_one(Site, slug)
        if site.order_serial >= serial:
            return
        if serial > site.order_serial + LOST_SERIALS_MAX:
            raise Conflict(f"the newest order of {slug} is {site.order_serial}; {serial} was never near")
        self.issue(session, site, now, at_least=serial + 1)
        detail = {"nodes_at": serial, "serial": site.order_serial}
        audit.append(session, now, f"site:{slug}", "order.catch-up", f"site:{slug}", detail)

    def reissue_all(self, session: Session, now: float) -> int:
        """Sign every site's order anew, after a change of the keys. Returns how many."""
        sites = session.scalars(select(Site).where(Site.retired.is_(False)).order_by(Site.slug)).all()
        for site in sites:
            self.issue(session, site, now)
        return len(sites)


def show(session: Session, site: str, version: Version, now: float) -> int | None:
    """Have a site show a version of a showroom in place of the one it shows; the order is not issued yet. Returns the
    id of the version to go back to: None where there was none, the version itself where it was shown already and none
    is known from before. Raises Conflict where the site has too many showrooms."""
    if session.get(SiteGrant, (site, version.id)) is None:
        session.add(SiteGrant(site=site, version_id=version.id))
    row = session.get(SiteRelease, (site, version.showroom))
    if row is None:
        positions = session.scalars(select(SiteRelease.position).where(SiteRelease.site == site)).all()
        if len(positions) >= SHOWROOMS_MAX:
            raise Conflict(f"{site} has {len(positions)} showrooms already: remove one of them first")
        session.add(
            SiteRelease(
                site=site,
                showroom=version.showroom,
                position=max(positions, default=-1) + 1,
                version_id=version.id,
                ordered_at=now,
            )
        )
        return None
    row.ordered_at = now
    if row.version_id == version.id:
        return version.id if row.previous_version_id is None else row.previous_version_id
    row.previous_version_id, row.version_id = row.version_id, version.id
    return row.previous_version_id


def go_back(row: SiteRelease, version_id: int, now: float) -> None:
    """Have a site show what it showed before. There is nothing before that: going back twice would go forth."""
    row.version_id, row.previous_version_id, row.ordered_at = version_id, None, now


def _ordered(version: Version) -> OrderedRelease:
    assert version.release_digest is not None, "only published versions are ordered"
    return OrderedRelease(showroom=version.showroom, version=version.number, release=version.release_digest)
