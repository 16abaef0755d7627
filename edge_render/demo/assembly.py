"""Collects the parts of the showroom, bakes light into them and writes them as one binary glTF file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import trimesh
from trimesh.visual.texture import TextureVisuals

from edge_render.demo.bake import Lamp, VoxelGrid, Window, bake_room
from edge_render.demo.solid import Floats, Solid, join
from edge_render.demo.surfaces import Surface, swatch
from edge_render.pose import Vec3

# Half a cell off the round figures where walls stand, so that these lie in the middle of cells.
ROOM_LOW: Vec3 = (-7.325, -0.175, -5.825)
ROOM_HIGH: Vec3 = (7.3, 3.6, 5.8)
STREET_LOW: Vec3 = (-40.0, -0.5, -30.0)
STREET_HIGH: Vec3 = (12.0, 16.0, 40.0)
ROOM_CELL_M, STREET_CELL_M = 0.05, 0.25
AMBIENT: Vec3 = (0.37, 0.36, 0.35)
FULL_LIGHT = 0.85
"""Irradiance that the full value of a vertex colour stands for; more is cut off."""
_MERGE_M = 1e-4


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    surface: str
    solid: Solid = field(repr=False)
    tint: Vec3
    outdoors: bool


class Assembly:
    """Named parts; every name is used once."""

    def __init__(self, surfaces: dict[str, Surface]) -> None:
        self._surfaces = surfaces
        self._parts: dict[str, _Part] = {}
        self._lamps: list[Lamp] = []
        self._windows: list[Window] = []

    def add(
        self,
        name: str,
        surface: str,
        solid: Solid,
        *,
        color: str | None = None,
        own_uvs: bool = False,
        swap_uvs: bool = False,
        tint: Vec3 = (1.0, 1.0, 1.0),
        outdoors: bool = False,
    ) -> str:
        """Add a part; returns its name. ``color`` is a swatch of the palette; ``own_uvs`` keeps texture
        coordinates that address one part of a picture; ``swap_uvs`` turns the grain of wood upright;
        ``tint`` is linear RGB from 0 to 1."""
        if name in self._parts:
            raise ValueError(f"two parts are called {name}")
        look = self._surfaces[surface]
        if color is not None:
            solid = solid.with_swatch(*swatch(color))
        elif not own_uvs:
            solid = solid.with_uvs(1.0 / look.tile_m, 1.0 / look.tile_m, swap=swap_uvs)
        self._parts[name] = _Part(name, surface, solid, tint, outdoors)
        return name

    def add_lamp(self, lamp: Lamp) -> None:
        """Light for the bake; the glowing part itself is added as any other."""
        self._lamps.append(lamp)

    def add_window(self, window: Window) -> None:
        """An opening that lets light of the sky in."""
        self._windows.append(window)

    def write(self, path: Path) -> None:
        """Bake the light and write the .glb file."""
        colors = self._bake()
        scene = trimesh.Scene()
        for part in self._parts.values():
            # trimesh has v upwards and turns it when it writes.
            uvs = part.solid.uvs * np.array((1.0, -1.0)) + np.array((0.0, 1.0))
            visual = TextureVisuals(uv=uvs, material=self._surfaces[part.surface].material)
            if part.name in colors:
                visual.vertex_attributes["color"] = colors[part.name]
            mesh = trimesh.Trimesh(
                vertices=part.solid.positions,
                faces=part.solid.triangles,
                vertex_normals=part.solid.normals,
                visual=visual,
                process=False,
            )
            scene.add_geometry(mesh, node_name=part.name, geom_name=part.name)
        path.write_bytes(scene.export(file_type="glb", include_normals=True))

    def _bake(self) -> dict[str, np.ndarray]:
        """Vertex colours, (n, 4) uint8 linear, of every part whose surface takes light."""
        lit = [part for part in self._parts.values() if self._surfaces[part.surface].takes_light]
        colors = {}
        for outdoors in (False, True):
            group = [part for part in lit if part.outdoors is outdoors]
            if not group:
                continue
            whole = join(part.solid for part in group)
            light = self._light(whole, group, outdoors)
            at = 0
            for part in group:
                end = at + len(part.solid.positions)
                shown = np.clip(light[at:end] / FULL_LIGHT, self._surfaces[part.surface].darkest, 1.0) * np.array(
                    part.tint
                )
                colors[part.name] = np.concatenate(
                    [np.rint(shown * 255).astype(np.uint8), np.full((end - at, 1), 255, np.uint8)], axis=1
                )
                at = end
        return colors

    def _light(self, whole: Solid, group: list[_Part], outdoors: bool) -> Floats:
        # Vertices of one place and one normal share their light.
        keys = np.concatenate([np.rint(whole.positions / _MERGE_M), np.rint(whole.normals * 50)], axis=1)
        _, first, back = np.unique(keys.astype(np.int64), axis=0, return_index=True, return_inverse=True)
        positions, normals = whole.positions[first], whole.normals[first]
        solids = [part.solid for part in group]
        if outdoors:
            grid = VoxelGrid(solids, STREET_LOW, STREET_HIGH, STREET_CELL_M)
            light = bake_room(grid, positions, normals, (0.6, 0.6, 0.6), (), ())
        else:
            grid = VoxelGrid(solids, ROOM_LOW, ROOM_HIGH, ROOM_CELL_M)
            light = bake_room(grid, positions, normals, AMBIENT, self._lamps, self._windows)
        return np.asarray(light[back.ravel()])
