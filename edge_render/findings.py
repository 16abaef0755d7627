"""What a check found wrong with content: where, how bad, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """It is refused."""
    DEFECT = "defect"
    """It is against the standard, but is drawn, as the message says."""
    WARNING = "warning"
    """It is allowed, but likely not what was meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    ``file`` is a name as the reader knows it; ``place`` is where in it, like ``meshes[2].primitives[0].indices``,
    empty for the whole file; ``code`` is that of the Khronos glTF validator where it has one for this.
    """

    severity: Severity
    file: str
    place: str
    message: str
    code: str

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return f"{self.file}: {place}{self.severity}: {self.message} [{self.code}]"


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those for which the content is refused."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
