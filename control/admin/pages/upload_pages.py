"""Pages: uploading a version of a showroom. The page's script does the work, by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from control.admin.access.actor import Role
from control.admin.errors import Conflict, NotFound
from control.admin.pages.content_rows import newest_version
from control.admin.pages.forms import class_options
from control.admin.pages.page import CurrentPage
from control.admin.publishing.showrooms import find_showroom
from control.admin.publishing.version_state import Step, VersionState, steps_of
from control.admin.publishing.versions import find_version
from control.content.names import Slug

router = APIRouter(prefix="/showrooms", include_in_schema=False)


@router.get("/{slug}/upload")
def show(
    slug: Slug, page: CurrentPage, draft_id: Annotated[int | None, Query(alias="draft", ge=1, le=2**31 - 1)] = None
) -> Response:
    """Upload a new version; or, for a draft that is there, what it lacks, and what it shall be made of from now on."""
    page.actor.need(Role.EDITOR)
    with page.parts.database.reading() as session:
        showroom = find_showroom(session, slug)
        draft = None if draft_id is None else find_version(session, draft_id)
        base = draft or newest_version(session, slug)
    if draft is not None and draft.showroom != slug:
        raise NotFound("there is no such draft of this showroom", text="error.no-draft")
    if draft is not None and Step.EDIT not in steps_of(VersionState(draft.state)):
        raise Conflict("what is published never changes: make a new draft", text="error.no-draft")
    return page.show(
        "upload.html",
        showroom=showroom,
        draft=draft,
        classes=class_options(page),
        data={
            "showroom": slug,
            "base": None if base is None else {"id": base.id, "number": base.number},
            "draft": None if draft is None else {"id": draft.id, "revision": draft.revision},
        },
    )
