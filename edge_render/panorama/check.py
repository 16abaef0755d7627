"""Whether a picture can be a panorama, for ``edge-render validate``: the same that happens when it is published."""

from __future__ import annotations

from pathlib import Path

from edge_render.errors import PackageError
from edge_render.findings import Finding, Severity
from edge_render.panorama.source import read_picture
from edge_render.panorama.spec import Layout

SHARP_WIDTH = 4096
"""Fewer pixels across are fewer than a screen has in a view of 75 degrees."""


def check(path: Path, layout: Layout) -> list[Finding]:
    """What is wrong with a panorama's picture file; nothing where it can be shown as it is. Decodes all of it."""
    try:
        width = read_picture(path, layout).pixels.shape[1]
    except PackageError as error:
        return [Finding(Severity.ERROR, path.name, "", _without_name(str(error), path), "PANORAMA_UNREADABLE")]
    if width < SHARP_WIDTH:
        message = f"is {width} pixels across; from {SHARP_WIDTH} on it looks sharp"
        return [Finding(Severity.WARNING, path.name, "", message, "PANORAMA_COARSE")]
    return []


def _without_name(message: str, path: Path) -> str:
    return message.removeprefix(f"{path.name}: ")
