"""What a site may fetch: releases that it was ordered at some time, and their blobs. Nothing else is there for it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.errors import NotFound
from control.admin.tables import SiteGrant, Version, VersionFile


def granted_envelope(session: Session, site: str, release: str) -> str:
    """The signed manifest, as JSON. Raises NotFound, alike for what is not granted and what is not there."""
    envelope = session.scalar(
        select(Version.envelope)
        .join(SiteGrant, SiteGrant.version_id == Version.id)
        .where(SiteGrant.site == site, Version.release_digest == release)
    )
    if envelope is None:
        raise NotFound(f"no release {release} was ordered at {site}")
    return envelope


def check_blob_granted(session: Session, site: str, digest: str) -> None:
    """Raises NotFound where no release that the site was ordered has that blob."""
    granted_blobs(session, site, [digest])


def granted_blobs(session: Session, site: str, digests: Sequence[str]) -> dict[str, int]:
    """Their sizes in bytes. Raises NotFound where no release that the site was ordered has one of these blobs."""
    rows = session.execute(
        select(VersionFile.digest, VersionFile.size_bytes)
        .join(SiteGrant, SiteGrant.version_id == VersionFile.version_id)
        .where(SiteGrant.site == site, VersionFile.digest.in_(digests))
        .distinct()
    )
    found = dict(rows.all())
    for digest in digests:
        if digest not in found:
            raise NotFound(f"no release that was ordered at {site} has a blob {digest}")
    return found


def granted_versions(session: Session, site: str) -> set[tuple[str, int]]:
    """Showroom and version of all releases that the site was ordered at some time."""
    rows = session.execute(
        select(Version.showroom, Version.number)
        .join(SiteGrant, SiteGrant.version_id == Version.id)
        .where(SiteGrant.site == site)
    )
    return {(showroom, number) for showroom, number in rows}
