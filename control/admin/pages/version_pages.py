"""Pages: one version, with its validation's report, what can be done with it, and its history."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.access.actor import Role
from control.admin.api.account_views import RowId
from control.admin.errors import AdminError, NotFound
from control.admin.pages.content_rows import account_names, history_of, previous_version
from control.admin.pages.forms import class_options
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.report_view import view_report
from control.admin.publishing.comparison import compare
from control.admin.publishing.report import Report
from control.admin.publishing.showrooms import find_showroom
from control.admin.publishing.version_state import VersionState, steps_of
from control.admin.publishing.versions import files_of, find_version, missing_digests
from control.admin.tables import SiteRelease, Version
from control.content.names import EdgeClass

router = APIRouter(prefix="/versions", include_in_schema=False)

Revision = Annotated[int, Form(ge=1, le=2**31 - 1)]


@router.get("/{version_id}")
def show(version_id: RowId, page: CurrentPage) -> Response:
    """All of one version."""
    return _version(page, version_id)


@router.post("/{version_id}/validate")
def validate(version_id: RowId, page: CurrentPage) -> Response:
    """Have it validated."""
    try:
        with page.parts.database.session() as session:
            page.parts.publishing.validations.ask(session, page.actor, page.parts.now(), version_id)
    except AdminError as error:
        return _version(page, version_id, error)
    return page.go(f"/versions/{version_id}")


@router.post("/{version_id}/publish")
def publish(version_id: RowId, page: CurrentPage, revision: Revision) -> Response:
    """Sign and publish what the page showed."""
    try:
        with page.parts.database.session() as session:
            version = page.parts.publishing.publisher.publish(
                session, page.actor, page.parts.now(), version_id, revision
            )
    except AdminError as error:
        return _version(page, version_id, error)
    return page.go(f"/versions/{version_id}", "version.is-published", number=version.number)


@router.post("/{version_id}/retire")
def retire(version_id: RowId, page: CurrentPage) -> Response:
    """Never roll it out again."""
    try:
        with page.parts.database.session() as session:
            version = page.parts.publishing.publisher.retire(session, page.actor, page.parts.now(), version_id)
    except AdminError as error:
        return _version(page, version_id, error)
    return page.go(f"/versions/{version_id}", "version.is-retired", number=version.number)


@router.post("/{version_id}/target")
def change_target(
    version_id: RowId, page: CurrentPage, revision: Revision, edge_class: Annotated[EdgeClass, Form()]
) -> Response:
    """Mean it for another class of edges."""
    try:
        with page.parts.database.session() as session:
            page.parts.publishing.drafts.set_target(
                session, page.actor, page.parts.now(), version_id, revision, edge_class
            )
    except AdminError as error:
        return _version(page, version_id, error)
    return page.go(f"/versions/{version_id}")


@router.post("/{version_id}/copy")
def copy(version_id: RowId, page: CurrentPage) -> Response:
    """Go on with its files in a new draft."""
    with page.parts.database.session() as session:
        source = find_version(session, version_id)
        note = page.text("version.copied-from", number=source.number)
        draft = page.parts.publishing.drafts.copy(
            session, page.actor, page.parts.now(), source.showroom, version_id, note=note
        )
    return page.go(f"/versions/{draft.id}", "version.is-copied", number=draft.number)


@router.post("/{version_id}/delete")
def delete(version_id: RowId, page: CurrentPage) -> Response:
    """Throw a draft away."""
    try:
        with page.parts.database.session() as session:
            version = find_version(session, version_id)
            page.parts.publishing.drafts.delete(session, page.actor, page.parts.now(), version_id)
    except AdminError as error:
        return _version(page, version_id, error)
    return page.go(f"/showrooms/{version.showroom}", "version.is-deleted", number=version.number)


@router.get("/{version_id}/comparison")
def show_comparison(
    version_id: RowId, page: CurrentPage, base: Annotated[int | None, Query(alias="with", ge=1, le=2**31 - 1)] = None
) -> Response:
    """What differs from another version, else from the one before."""
    with page.parts.database.reading() as session:
        version = find_version(session, version_id)
        other = previous_version(session, version) if base is None else find_version(session, base)
        if other is None or other.showroom != version.showroom:
            raise NotFound("there is no version to compare it with", text="error.no-comparison")
        comparison = compare(files_of(session, other), files_of(session, version))
    return page.show("comparison.html", version=version, other=other, comparison=comparison)


def _version(page: Page, version_id: int, error: AdminError | None = None) -> Response:
    with page.parts.database.reading() as session:
        version = find_version(session, version_id)
        showroom = find_showroom(session, version.showroom)
        history = history_of(session, version)
        names = account_names(session, [version.created_by, version.edited_by, *version.editors])
        missing = len(missing_digests(session, version))
        previous = previous_version(session, version)
        sites = _sites(session, version)
        entries = files_of(session, version)
    report = None if version.report is None else Report.model_validate(version.report)
    return page.show(
        "version.html",
        error=error,
        version=version,
        showroom=showroom,
        history=history,
        editors=[names[account_id] for account_id in version.editors],
        entries=entries,
        size_bytes=sum(entry.size_bytes for entry in entries),
        classes=class_options(page),
        missing=missing,
        previous=previous,
        sites=sites,
        report=None if report is None else view_report(report, entries),
        steps={step.value for step in steps_of(VersionState(version.state))},
        may_edit=page.actor.role >= Role.EDITOR,
        may_publish=page.actor.role >= Role.PUBLISHER,
        needs_other_eyes=page.parts.publishing.publisher.needs_other_eyes(version, page.actor),
        four_eyes=page.parts.settings.four_eyes,
    )


def _sites(session: Session, version: Version) -> list[str]:
    shown = select(SiteRelease.site).where(SiteRelease.version_id == version.id).order_by(SiteRelease.site)
    return list(session.scalars(shown))
