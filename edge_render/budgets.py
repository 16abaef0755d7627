"""What a package may cost the weakest edge that it is meant for; pure. docs/package-format.md gives the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from edge_render.findings import Finding, FindingLog
from edge_render.render_quality import Rung
from edge_render.scene_cost import SceneCost

NEAR: Final = 0.8
"""From this share of a budget on there is a warning: the next change may be one too many."""
_MIB: Final = 2**20
_GIB: Final = 2**30


@dataclass(frozen=True, slots=True)
class Budget:
    """Of one class of edges: the most that there may be."""

    triangles: int
    """Of a scene, each placement counted."""
    texture_bytes: int
    """Of a scene, on the GPU."""
    texture_px: int
    """Along the longest side of a texture of a model."""
    file_bytes: int
    package_bytes: int

    def told(self) -> dict[str, int]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


BUDGETS: Final[Mapping[Rung, Budget]] = {
    Rung.SOFTWARE: Budget(
        triangles=2_000_000, texture_bytes=1 * _GIB, texture_px=4096, file_bytes=512 * _MIB, package_bytes=2 * _GIB
    ),
    Rung.SMALL_GPU: Budget(
        triangles=10_000_000, texture_bytes=2 * _GIB, texture_px=8192, file_bytes=2 * _GIB, package_bytes=8 * _GIB
    ),
    Rung.BIG_GPU: Budget(
        triangles=50_000_000, texture_bytes=8 * _GIB, texture_px=8192, file_bytes=4 * _GIB, package_bytes=16 * _GIB
    ),
}


def check_scene(cost: SceneCost, budget: Budget, log: FindingLog) -> None:
    """Warn near a budget, refuse beyond it; the place is the scene's."""
    place = f"scenes.{cost.scene}.{'model' if cost.type == 'model' else 'image'}"
    _check(log, place, "triangles", cost.triangles, budget.triangles, "TRIANGLES", str)
    _check(log, place, "of textures on the GPU", cost.texture_bytes, budget.texture_bytes, "TEXTURE_BYTES", _mib)
    if cost.texture_px_max > budget.texture_px:
        # A texture of just the budget is the usual one, and nothing to warn of.
        message = (
            f"has a texture of {cost.texture_px_max} pixels along a side; at most {budget.texture_px} are drawn here"
        )
        log.error(place, message, "BUDGET_TEXTURE_SIDE")


def check_files(sizes_bytes: Iterable[tuple[str, int]], manifest: str, budget: Budget) -> tuple[Finding, ...]:
    """The same for files (name as it is told, size): each by itself, and all together in the manifest's name."""
    found: list[Finding] = []
    total = 0
    for name, size_bytes in sizes_bytes:
        total += size_bytes
        log = FindingLog(name)
        _check(log, "", "in this file", size_bytes, budget.file_bytes, "FILE_BYTES", _mib)
        found += log.findings()
    log = FindingLog(manifest)
    _check(log, "", "in all files", total, budget.package_bytes, "PACKAGE_BYTES", _mib)
    return (*found, *log.findings())


def _check(
    log: FindingLog, place: str, what: str, value: int, most: int, code: str, told: Callable[[int], str]
) -> None:
    if value <= NEAR * most:
        return
    message = f"has {told(value)} {what}; the budget of this class of edges is {told(most)}"
    (log.error if value > most else log.warning)(place, message, f"BUDGET_{code}")


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / _MIB:.0f} MiB"
