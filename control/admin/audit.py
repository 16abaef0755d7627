"""The log of who did what when: append-only, and a chain of hashes, so that a change or a gap shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.tables import AuditEntry

FIRST_PREVIOUS: Final = "0" * 64


def append(
    session: Session, at: float, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Log something within the transaction that does it: both happen, or neither. ``detail`` holds no secret."""
    # Those who write take turns (control.admin.database): nobody appends in between.
    last = session.execute(select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)).first()
    seq, previous = (1, FIRST_PREVIOUS) if last is None else (last.seq + 1, last.hash)
    # As it comes back from the database, so that its hash still fits then.
    told = json.loads(json.dumps(dict(detail or {}), allow_nan=False))
    entry = AuditEntry(seq=seq, at=at, actor=actor, action=action, subject=subject, detail=told, previous_hash=previous)
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    return entry


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the entry and the hash of the one before, as JSON with sorted keys."""
    covered = [entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.detail, entry.previous_hash]
    text = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
