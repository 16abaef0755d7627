"""Reads the audit log: the newest first, filtered, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.tables import AuditEntry

PAGE_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is left out filters nothing. ``action`` and ``subject`` may be beginnings: ``version.``, ``site:``."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: float | None = None
    until: float | None = None


def read_audit(session: Session, wanted: AuditFilter, before_seq: int | None, limit: int) -> list[AuditEntry]:
    """At most ``limit`` entries that fit, the newest first, all older than the entry ``before_seq``."""
    query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
    if before_seq is not None:
        query = query.where(AuditEntry.seq < before_seq)
    if wanted.actor:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.action:
        query = query.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    if wanted.subject:
        query = query.where(AuditEntry.subject.startswith(wanted.subject, autoescape=True))
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return list(session.scalars(query))
