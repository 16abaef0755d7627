"""Collects the parts of the showroom and writes them as one binary glTF file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh
from trimesh.visual.texture import TextureVisuals

from edge_render.demo.solid import Solid
from edge_render.demo.surfaces import Surface, swatch


class Assembly:
    """Named parts; every name is used once."""

    def __init__(self, surfaces: dict[str, Surface]) -> None:
        self._surfaces = surfaces
        self._scene = trimesh.Scene()
        self._names: set[str] = set()
        self.triangles = 0

    def add(self, name: str, surface: str, solid: Solid, *, color: str | None = None, own_uvs: bool = False) -> str:
        """Add a part; returns its name. ``color`` is a swatch of the palette; ``own_uvs`` keeps texture
        coordinates that address one part of a picture."""
        if name in self._names:
            raise ValueError(f"two parts are called {name}")
        self._names.add(name)
        look = self._surfaces[surface]
        if color is not None:
            solid = solid.with_swatch(*swatch(color))
        elif not own_uvs:
            solid = solid.with_uvs(1.0 / look.tile_m, 1.0 / look.tile_m)
        # trimesh has v upwards and turns it when it writes.
        uvs = solid.uvs * np.array((1.0, -1.0)) + np.array((0.0, 1.0))
        mesh = trimesh.Trimesh(
            vertices=solid.positions,
            faces=solid.triangles,
            vertex_normals=solid.normals,
            visual=TextureVisuals(uv=uvs, material=look.material),
            process=False,
        )
        self._scene.add_geometry(mesh, node_name=name, geom_name=name)
        self.triangles += len(solid.triangles)
        return name

    def write(self, path: Path) -> None:
        """Write the .glb file."""
        path.write_bytes(self._scene.export(file_type="glb", include_normals=True))
