"""What the pages of showrooms and versions show of each: read from the database at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, defer

from control.admin.publishing.showrooms import all_showrooms
from control.admin.publishing.versions import subject_of
from control.admin.tables import Account, AuditEntry, Showroom, SiteRelease, Version, VersionFile, VersionPicture

_HISTORY_MAX = 100
WITHOUT_LARGE: Final = (defer(Version.report), defer(Version.envelope))


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version with what is told of it in a list. ``picture`` is the name of one of its pictures."""

    version: Version
    author: str
    files: int
    size_bytes: int
    sites: tuple[str, ...]
    picture: str | None


@dataclass(frozen=True, slots=True)
class ShowroomRow:
    """A showroom; ``newest`` and ``published`` are its newest versions, at all and of those that may be shown."""

    showroom: Showroom
    newest: Version | None
    published: Version | None
    sites: tuple[str, ...]
    picture_of: tuple[int, str] | None
    """Version and name of a picture: of the newest version that has one."""


def showroom_rows(session: Session) -> list[ShowroomRow]:
    """All showrooms by name."""
    versions = defaultdict(list)
    found = session.scalars(listed_versions().order_by(Version.number.desc())).all()
    for version in found:
        versions[version.showroom].append(version)
    pictures = _pictures(session, [version.id for version in found])
    sites = defaultdict(set)
    for site, slug in session.execute(select(SiteRelease.site, SiteRelease.showroom)):
        sites[slug].add(site)
    rows = []
    for showroom in all_showrooms(session):
        own = versions[showroom.slug]
        pictured = next((version.id for version in own if version.id in pictures), None)
        rows.append(
            ShowroomRow(
                showroom=showroom,
                newest=own[0] if own else None,
                published=next((version for version in own if version.state == "published"), None),
                sites=tuple(sorted(sites[showroom.slug])),
                picture_of=None if pictured is None else (pictured, pictures[pictured]),
            )
        )
    return rows


def version_rows(session: Session, showroom: str) -> list[VersionRow]:
    """The versions of a showroom, newest first."""
    versions = session.scalars(
        listed_versions().where(Version.showroom == showroom).order_by(Version.number.desc())
    ).all()
    ids = [version.id for version in versions]
    sizes = {
        version_id: (int(count), int(total))
        for version_id, count, total in session.execute(
            select(VersionFile.version_id, func.count(), func.sum(VersionFile.size_bytes))
            .where(VersionFile.version_id.in_(ids))
            .group_by(VersionFile.version_id)
        )
    }
    sites = defaultdict(list)
    shown = select(SiteRelease.version_id, SiteRelease.site).where(SiteRelease.version_id.in_(ids))
    for version_id, site in session.execute(shown.order_by(SiteRelease.site)):
        sites[version_id].append(site)
    pictures = _pictures(session, ids)
    names = account_names(session, (version.created_by for version in versions))
    return [
        VersionRow(
            version,
            names[version.created_by],
            *sizes.get(version.id, (0, 0)),
            tuple(sites[version.id]),
            pictures.get(version.id),
        )
        for version in versions
    ]


def newest_version(session: Session, showroom: str) -> Version | None:
    """The one with the highest number."""
    return session.scalars(
        listed_versions().where(Version.showroom == showroom).order_by(Version.number.desc()).limit(1)
    ).first()


def previous_version(session: Session, version: Version) -> Version | None:
    """The version of the same showroom before it."""
    return session.scalars(
        listed_versions()
        .where(Version.showroom == version.showroom, Version.number < version.number)
        .order_by(Version.number.desc())
        .limit(1)
    ).first()


def history_of(session: Session, version: Version) -> Sequence[AuditEntry]:
    """What the audit log has of a version, newest first."""
    return session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject == subject_of(version))
        .order_by(AuditEntry.seq.desc())
        .limit(_HISTORY_MAX)
    ).all()


def account_names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names by id."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(set(ids))))
    return dict(rows.all())


def listed_versions() -> Select[Version]:
    """For lists, which show nothing of reports and envelopes: these may be large, and are not read."""
    return select(Version).options(*WITHOUT_LARGE)


def _pictures(session: Session, versions: Sequence[int]) -> dict[int, str]:
    """One picture of each version that has any."""
    rows = session.execute(
        select(VersionPicture.version_id, func.min(VersionPicture.name))
        .where(VersionPicture.version_id.in_(versions))
        .group_by(VersionPicture.version_id)
    )
    return dict(rows.all())
