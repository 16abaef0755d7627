"""Page: the audit log, and whether it is whole."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from control.admin.access.actor import Role
from control.admin.audit_check import AuditProblem, check_audit
from control.admin.audit_reading import AuditFilter, read_audit
from control.admin.audit_seal import SealBroken
from control.admin.pages.page import CurrentPage, Page
from control.admin.texts import Line

router = APIRouter(prefix="/audit", include_in_schema=False)

ENTRIES = 50
Word = Annotated[Line, Query(max_length=160)]


@router.get("")
def show(
    page: CurrentPage,
    by: Word = "",
    action: Word = "",
    subject: Word = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Entries that fit, the newest first."""
    page.actor.need(Role.PUBLISHER)
    with page.parts.database.reading() as session:
        found = read_audit(session, AuditFilter(by or None, action or None, subject or None), before, ENTRIES + 1)
    kept = {name: value for name, value in (("by", by), ("action", action), ("subject", subject)) if value}
    entries = found[:ENTRIES]
    return page.show(
        "audit.html",
        entries=[(entry, json.dumps(entry.detail, ensure_ascii=False)[1:-1]) for entry in entries],
        by=by,
        action=action,
        subject=subject,
        newest=f"/audit?{urlencode(kept)}" if before is not None else None,
        older=f"/audit?{urlencode({**kept, 'before': entries[-1].seq})}" if len(found) > ENTRIES else None,
    )


@router.get("/check")
def check(page: CurrentPage) -> Response:
    """Read it all, and say what was found."""
    page.actor.need(Role.PUBLISHER)
    try:
        seal = page.parts.audit_sealer.newest()
    except SealBroken as error:
        return page.show("audit_check.html", checked=None, problems=[str(error)], error=error)
    with page.parts.database.reading() as session:
        checked = check_audit(session, seal)
    return page.show("audit_check.html", checked=checked, problems=[_said(page, it) for it in checked.problems])


def _said(page: Page, problem: AuditProblem) -> str:
    return page.text(f"audit.{problem.kind}", seq=problem.seq, until=problem.until_seq or problem.seq)
