"""Checks the audit log: what was changed, taken out, put elsewhere or cut off at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.audit import FIRST_PREVIOUS, entry_hash
from control.admin.audit_seal import AuditSeal
from control.admin.tables import AuditEntry

PROBLEMS_MAX: Final = 20
"""More are counted, but not told one by one."""

ProblemKind: TypeAlias = Literal["changed", "missing", "unchained", "cut", "rewritten"]


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """Something that was done to the log. ``seq`` is the entry's, or the first of those that are missing.

    changed: its content does not fit its hash. missing: entries up to ``until_seq`` are not there. unchained: it does
    not follow the one before it. cut: the log ends before what was sealed. rewritten: it is whole, but not what was
    sealed."""

    kind: ProblemKind
    seq: int
    until_seq: int | None = None


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What was found. The log is as it was written where there is no problem; ``seal`` is what vouches for its end."""

    entries: int
    problem_count: int
    problems: list[AuditProblem]
    seal: AuditSeal | None

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return self.problem_count == 0


def check_audit(session: Session, seal: AuditSeal | None) -> AuditCheck:
    """Read the whole log. Its chain alone shows what was done within it; the seal shows what was done to its end, or to
    all of it at once by who made the chain anew."""
    found: list[AuditProblem] = []
    entries, expected_seq, previous_hash = 0, 1, FIRST_PREVIOUS
    sealed_hash: str | None = None
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=500)):
        entries += 1
        if entry.seq > expected_seq:
            found.append(AuditProblem("missing", expected_seq, entry.seq - 1))
        elif entry.previous_hash != previous_hash:
            found.append(AuditProblem("unchained", entry.seq))
        if entry.hash != entry_hash(entry):
            found.append(AuditProblem("changed", entry.seq))
        if seal is not None and entry.seq == seal.seq:
            sealed_hash = entry.hash
        expected_seq, previous_hash = entry.seq + 1, entry.hash
        session.expunge(entry)
    if seal is not None and expected_seq <= seal.seq:
        found.append(AuditProblem("cut", expected_seq, seal.seq))
    elif seal is not None and sealed_hash is not None and sealed_hash != seal.hash:
        found.append(AuditProblem("rewritten", seal.seq))
    return AuditCheck(entries, len(found), found[:PROBLEMS_MAX], seal)
