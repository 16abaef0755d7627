"""How a visit is named towards its visitor: with the renderer that it is at, so that any gateway finds it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_REFERENCE: Final = re.compile(r"([A-Za-z0-9._-]{1,128})~([A-Za-z0-9_-]{1,64})")
_VISIT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class VisitReference:
    """Written ``RENDERER~VISIT``."""

    renderer: str
    visit: str

    def __str__(self) -> str:
        return f"{self.renderer}~{self.visit}"


def read_reference(text: str) -> VisitReference | None:
    """None where it can't be one of ours."""
    found = _REFERENCE.fullmatch(text)
    return VisitReference(*found.groups()) if found else None


def is_visit(text: str) -> bool:
    """Whether it looks like the identifier of a visit."""
    return _VISIT.fullmatch(text) is not None
