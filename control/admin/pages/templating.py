"""The templates: escaped, and strict about names that there are not."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER: Final = Path(str(resources.files("control.admin.pages")))

_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
"""What is later, as a roll-out may be set to, is shown as this: Python's calendar ends there."""


@cache
def templates() -> Environment:
    """Made at the first page."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["utc"] = utc_minute
    environment.filters["iso"] = utc_iso
    environment.filters["size"] = size_text
    return environment


def utc_minute(at: float) -> str:
    """``2026-11-25 17:01`` of Unix seconds."""
    return datetime.fromtimestamp(min(at, _LAST), UTC).strftime("%Y-%m-%d %H:%M")


def utc_iso(at: float) -> str:
    """For the attribute ``datetime``."""
    return datetime.fromtimestamp(min(at, _LAST), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def size_text(size_bytes: int) -> str:
    """``11.2 MB``; the pages' scripts say the same (``static/shared/amounts.js``)."""
    value, units = float(size_bytes), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 99.95 else f"{value:.1f} {units[0]}"
