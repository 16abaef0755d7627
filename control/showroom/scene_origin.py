"""Whether a scene of another edition shows the very same: then it need be neither read nor put on the GPU again.

Editions are laid out as hard links to blobs, so that a file that did not change is the same file in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

from edge_render.package import ModelScene, Package
from edge_render.scene import Scene

_ELSEWHERE = frozenset(["hotspots", "entry_poses", "audio", "fov_y_deg"])
"""What the manifest says of a scene that is not in its content."""
FileIdentity: TypeAlias = tuple[int, int, int, int]
"""Device, inode, size in bytes, time of the last change in ns."""


@dataclass(frozen=True, slots=True)
class SceneOrigin:
    """What a walk-in scene was made of. ``said``: by the manifest; ``files``: by their paths in the package."""

    said: str
    files: Mapping[str, FileIdentity]

    @classmethod
    def of(cls, package: Package, spec: ModelScene, scene: Scene) -> Self | None:
        """None where it is not known of which files."""
        root = package.root.resolve()
        files = {}
        for path in scene.sources:
            identity = _identity(path)
            if identity is None or not path.resolve().is_relative_to(root):
                return None
            files[str(path.resolve().relative_to(root))] = identity
        return cls(_said(spec), files) if files else None

    def fits(self, package: Package, spec: ModelScene) -> bool:
        """Whether a scene of another package would be made of just the same."""
        if _said(spec) != self.said:
            return False
        return all(_identity(package.root / path) == identity for path, identity in self.files.items())


def _said(spec: ModelScene) -> str:
    return spec.model_dump_json(exclude=set(_ELSEWHERE))


def _identity(path: Path) -> FileIdentity | None:
    try:
        status = path.stat()
    except OSError:
        return None  # whoever opens it says why not
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
