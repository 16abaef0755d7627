"""What a check found wrong with content: where, how bad, and what to do about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

_SHOWN_OF_A_KIND = 20
_TEXT_MAX = 120
_PLACE = re.compile(r"([a-zA-Z]\w*(?:\[\d+\])?(?:\.[\w-]+(?:\[\d+\])?)*): ")


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

    def told(self) -> dict[str, str]:
        """As plain texts, for logs and machines."""
        return {name: str(getattr(self, name)) for name in ("severity", "file", "place", "message", "code")}

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return f"{self.file}: {place}{self.severity}: {self.message} [{self.code}]"


class FindingLog:
    """Collects what is found in one file. Of a kind it keeps the first few and counts the others, as a broken file may
    have the same thing wrong a million times."""

    def __init__(self, file: str, found: Iterable[Finding] = ()) -> None:
        """``found`` is what is known of the file already."""
        self.file = file
        self._found = list(found)
        self._counts = Counter((finding.severity, finding.code) for finding in self._found)

    def error(self, place: str, message: str, code: str) -> None:
        """It makes the file unusable."""
        self._add(Severity.ERROR, place, message, code)

    def defect(self, place: str, message: str, code: str) -> None:
        """It is against the standard; the message says how it is drawn all the same."""
        self._add(Severity.DEFECT, place, message, code)

    def warning(self, place: str, message: str, code: str) -> None:
        """It is likely not what was meant."""
        self._add(Severity.WARNING, place, message, code)

    def raised(self, error: Exception, code: str) -> None:
        """An error whose message begins, as those of this package do, with the file and the place in it."""
        message = str(error).removeprefix(f"{self.file}: ").removeprefix(f"{PurePath(self.file).name}: ")
        place = _PLACE.match(message)
        self.error(place.group(1) if place else "", message[place.end() if place else 0 :], code)

    def _add(self, severity: Severity, place: str, message: str, code: str) -> None:
        kind = (severity, code)
        self._counts[kind] += 1
        if self._counts[kind] <= _SHOWN_OF_A_KIND:
            self._found.append(Finding(severity, self.file, place, message, code))

    @property
    def refused(self) -> bool:
        """Whether an error is among what was found."""
        return any(severity is Severity.ERROR for severity, _ in self._counts)

    def findings(self) -> tuple[Finding, ...]:
        """Errors first, else in the order in which they were found."""
        more = [
            Finding(severity, self.file, "", f"and {count - _SHOWN_OF_A_KIND} more like this", code)
            for (severity, code), count in self._counts.items()
            if count > _SHOWN_OF_A_KIND
        ]
        return worst_first([*self._found, *more])


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By severity, else in the order in which they come."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def first_error(findings: Iterable[Finding]) -> str | None:
    """The first error, and how many more there are, in a line; None where there is none."""
    found = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not found:
        return None
    first = found[0]
    place = f"{first.place}: " if first.place else ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{first.file}: {place}{first.message}{more}"


def place_of(parts: Iterable[int | str]) -> str:
    """('accessors', 3, 'count') as accessors[3].count."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{printable(part)}" for part in parts)
    return text.removeprefix(".")


def printable(text: str) -> str:
    """A text out of a file for a message: short, and without what could steer a terminal or break a line."""
    shown = text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)
