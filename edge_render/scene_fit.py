"""Whether a walk-in scene and its model fit each other: what the manifest says and the model does not bear out."""

from __future__ import annotations

from edge_render.findings import FindingLog, printable
from edge_render.package import ModelScene
from edge_render.scene import Scene
from edge_render.walk_space import OccupancyGrid


def check_fit(name: str, spec: ModelScene, scene: Scene, space: OccupancyGrid, log: FindingLog) -> None:
    """Warn of it."""
    names = {node.name for node in scene.nodes}
    for index, lightmap in enumerate(spec.lightmaps):
        for node in lightmap.nodes:
            if node not in names:
                message = f"the model draws no node '{printable(node)}', so nothing is lit by it"
                log.warning(f"scenes.{name}.lightmaps[{index}].nodes", message, "NODE_UNKNOWN")
    for hotspot in spec.hotspots:
        for node in hotspot.nodes:
            if node not in names:
                message = f"the model draws no node '{printable(node)}', so the hotspot's sphere alone can be tapped"
                log.warning(f"scenes.{name}.hotspots.{hotspot.id}.nodes", message, "NODE_UNKNOWN")
    for entry in spec.entry_poses:
        x, _, z = entry.position
        place = f"scenes.{name}.entryPoses.{entry.name}.position"
        low, high = spec.walkable.min, spec.walkable.max
        if not (low[0] <= x <= high[0] and low[1] <= z <= high[1]):
            log.warning(place, "is outside of walkable: visitors can't come back to it", "ENTRY_OUTSIDE")
        elif space.free_point(x, z) is None:
            log.warning(place, "nobody can stand there or near: something is in the way", "ENTRY_BLOCKED")
