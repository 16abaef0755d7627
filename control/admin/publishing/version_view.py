"""Showrooms and versions as the API and the pages show them."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from control.admin.publishing.report import Report
from control.admin.publishing.version_state import Step, VersionState, steps_of
from control.admin.publishing.versions import missing_digests
from control.admin.tables import Account, Showroom, Version, VersionFile
from control.content.names import Digest, EdgeClass, SizeBytes, Slug, Title, UnixSeconds, VersionNumber


class VersionView(BaseModel):
    """A version of a showroom."""

    id: int
    showroom: Slug
    number: VersionNumber
    state: VersionState
    revision: int
    """Grows with each change of its files. Send it as ``If-Match: "REVISION"`` with what changes or publishes it."""
    note: str
    edge_class: EdgeClass
    """The weakest class of edge that it is meant for, whose budgets it is held against."""
    created_by: str
    edited_by: str
    created_at: UnixSeconds
    changed_at: UnixSeconds
    files: int
    size_bytes: SizeBytes
    missing: list[Digest]
    """Blobs that have to be uploaded before it can be validated."""
    steps: list[Step]
    """What can be done to it in this state."""
    errors: int | None
    """Of its report; none where it was not validated since its last change."""
    warnings: int | None
    """Defects among them."""
    release: Digest | None
    published_by: str | None
    published_at: UnixSeconds | None


class ShowroomView(BaseModel):
    """A showroom, with how many versions it has, and the newest that is published."""

    slug: Slug
    title: Title
    created_at: UnixSeconds
    versions: int
    published: VersionNumber | None


def version_view(session: Session, version: Version) -> VersionView:
    """Of its row."""
    files, size_bytes = _sizes(session, version)
    report = None if version.report is None else Report.model_validate(version.report)
    return VersionView.model_validate(
        {
            "id": version.id,
            "showroom": version.showroom,
            "number": version.number,
            "state": version.state,
            "revision": version.revision,
            "note": version.note,
            "edge_class": version.edge_class,
            "created_by": _name(session, version.created_by),
            "edited_by": _name(session, version.edited_by),
            "created_at": version.created_at,
            "changed_at": version.changed_at,
            "files": files,
            "size_bytes": size_bytes,
            "missing": list(missing_digests(session, version)),
            "steps": steps_of(VersionState(version.state)),
            "errors": None if report is None else report.errors,
            "warnings": None if report is None else report.count("warning") + report.count("defect"),
            "release": version.release_digest,
            "published_by": None if version.published_by is None else _name(session, version.published_by),
            "published_at": version.published_at,
        }
    )


def showroom_view(session: Session, showroom: Showroom) -> ShowroomView:
    """Of its row."""
    of_it = Version.showroom == showroom.slug
    published = select(func.max(Version.number)).where(of_it, Version.state == VersionState.PUBLISHED)
    return ShowroomView.model_construct(
        slug=showroom.slug,
        title=Title.model_construct(en=showroom.title_en, zh=showroom.title_zh),
        created_at=showroom.created_at,
        versions=session.scalars(select(func.count()).where(of_it)).one(),
        published=session.scalars(published).one(),
    )


def _sizes(session: Session, version: Version) -> tuple[int, int]:
    """How many files it has, and their bytes."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(VersionFile.size_bytes), 0)).where(
            VersionFile.version_id == version.id
        )
    ).one()
    return int(count), int(total)


def _name(session: Session, account_id: int) -> str:
    return session.get_one(Account, account_id).name
