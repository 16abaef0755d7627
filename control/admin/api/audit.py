"""The audit log: for publishers and administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.audit_check import PROBLEMS_MAX, ProblemKind, check_audit
from control.admin.audit_reading import PAGE_MAX, AuditFilter, read_audit
from control.admin.parts import Parts
from control.admin.texts import Line
from control.content.names import UNIX_SECONDS_MAX, UnixSeconds

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
QueryTime = Annotated[float | None, Query(ge=0.0, le=UNIX_SECONDS_MAX, allow_inf_nan=False)]
Word = Annotated[Line | None, Query(max_length=160)]


class AuditEntryView(BaseModel):
    """Who did what when."""

    seq: int
    at: UnixSeconds
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous_hash: str
    hash: str


class AuditPage(BaseModel):
    """The newest first. ``next_before_seq`` asks for the next page; null: there is none."""

    entries: list[AuditEntryView]
    next_before_seq: int | None


class AuditProblemView(BaseModel):
    """Something that was done to the log; ``until_seq`` where several entries are missing."""

    kind: ProblemKind
    seq: int
    until_seq: int | None


class AuditCheckView(BaseModel):
    """``sealed_seq``: up to this entry a signed seal vouches for the log; null: it was never sealed."""

    intact: bool
    entries: int
    problem_count: int
    problems: Annotated[list[AuditProblemView], Field(max_length=PROBLEMS_MAX)]
    sealed_seq: int | None
    sealed_at: UnixSeconds | None


@router.get("")
def list_entries(
    actor: CurrentActor,
    parts: Parts,
    by: Word = None,
    action: Word = None,
    subject: Word = None,
    since: QueryTime = None,
    until: QueryTime = None,
    before_seq: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
) -> AuditPage:
    """Entries that fit, the newest first. ``by`` is a whole actor; ``action`` and ``subject`` may be beginnings."""
    actor.need(Role.PUBLISHER)
    with parts.database.reading() as session:
        found = read_audit(session, AuditFilter(by, action, subject, since, until), before_seq, limit + 1)
    entries = [AuditEntryView.model_validate(entry, from_attributes=True) for entry in found[:limit]]
    return AuditPage(entries=entries, next_before_seq=entries[-1].seq if len(found) > limit else None)


@router.get("/verify")
def verify(actor: CurrentActor, parts: Parts) -> AuditCheckView:
    """Whether the whole log is as it was written. 503 where its seal can't be read: that is a finding, too."""
    actor.need(Role.PUBLISHER)
    seal = parts.audit_sealer.newest()
    with parts.database.reading() as session:
        checked = check_audit(session, seal)
    return AuditCheckView(
        intact=checked.intact,
        entries=checked.entries,
        problem_count=checked.problem_count,
        problems=[AuditProblemView.model_validate(problem, from_attributes=True) for problem in checked.problems],
        sealed_seq=seal.seq if seal else None,
        sealed_at=seal.sealed_at if seal else None,
    )
