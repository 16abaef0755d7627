"""Pages: the editor of a draft's scenes. The page's script does the work, by the API and in a preview."""

from __future__ import annotations

from fastapi import APIRouter, Response

from control.admin.access.actor import Role
from control.admin.api.account_views import RowId
from control.admin.errors import Conflict
from control.admin.pages.page import CurrentPage
from control.admin.publishing.report import Report
from control.admin.publishing.showrooms import find_showroom
from control.admin.publishing.version_state import Step, VersionState, steps_of
from control.admin.publishing.versions import find_version
from control.content.release import MANIFEST_PATH

router = APIRouter(prefix="/versions", include_in_schema=False)


@router.get("/{version_id}/editor")
def show(version_id: RowId, page: CurrentPage) -> Response:
    """Edit what is not published."""
    page.actor.need(Role.EDITOR)
    with page.parts.database.reading() as session:
        version = find_version(session, version_id)
        showroom = find_showroom(session, version.showroom)
    if Step.EDIT not in steps_of(VersionState(version.state)):
        raise Conflict("what is published never changes: make a new draft", text="error.no-draft")
    findings = () if version.report is None else Report.model_validate(version.report).findings
    return page.show(
        "editor.html",
        version=version,
        showroom=showroom,
        data={
            "version": version.id,
            "revision": version.revision,
            "findings": [
                {"place": finding.place, "message": finding.message}
                for finding in findings
                if finding.file == MANIFEST_PATH and finding.place
            ],
        },
    )
