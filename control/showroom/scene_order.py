"""In which order the scenes of a showroom may be wanted: by how many links away from the entry scene they are."""

from __future__ import annotations

from collections import deque

from edge_render.manifest import GoToScene
from edge_render.package import Showroom


def nearest_first(showroom: Showroom) -> list[str]:
    """All scenes but the entry scene; those that nothing leads to come last."""
    reached = dict.fromkeys([showroom.entry_scene])
    queue = deque(reached)
    while queue:
        for hotspot in showroom.scenes[queue.popleft()].hotspots:
            action = hotspot.action
            if isinstance(action, GoToScene) and action.scene not in reached:
                reached[action.scene] = None
                queue.append(action.scene)
    unreached = [name for name in showroom.scenes if name not in reached]
    return [*reached, *unreached][1:]
