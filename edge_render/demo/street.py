"""What is seen through the windows: a square with trees, and terraced houses around it."""

from __future__ import annotations

import numpy as np

from edge_render.demo.assembly import Assembly
from edge_render.demo.solid import Solid, box, cylinder, join, panel, smooth_normals, sphere
from edge_render.pose import Vec3

STOREY_M = 3.0
TINTS: tuple[Vec3, ...] = (
    (0.86, 0.66, 0.5),
    (1.0, 0.9, 0.72),
    (0.72, 0.78, 0.8),
    (0.95, 0.78, 0.62),
    (0.98, 0.96, 0.9),
)

WEST = ((-23.5, 8.0, 4), (-15.0, 9.0, 4), (-6.0, 9.0, 3), (2.5, 8.0, 3), (10.5, 8.0, 3), (18.5, 8.0, 4))
"""Middle along Z, width, storeys of the houses beyond the west windows."""
FRONT = ((-19.5, 9.0, 4), (-10.5, 9.0, 3), (-1.5, 9.0, 4), (7.5, 9.0, 3), (16.5, 9.0, 4))
"""The same along X, for those beyond the entrance."""
TREES = ((-11.2, -3.4), (-12.6, 0.6), (-11.0, 5.0), (-4.6, 11.0), (4.0, 11.6), (-12.0, 10.5))


def build_street(parts: Assembly) -> None:
    """Add the street; it ends where no window shows it."""
    ground = panel(42.0, 52.0, cell=1.0).turned(x_deg=-90).with_uvs(42.0, 52.0)
    parts.add("street-paving", "paving", ground.moved(-5.0, -0.03, -3.0), outdoors=True)
    for index, (z, width, storeys) in enumerate(WEST):
        _house(parts, f"street-west-{index}", -23.0, z, 90.0, width, storeys, TINTS[index % 5])
    for index, (x, width, storeys) in enumerate(FRONT):
        _house(parts, f"street-front-{index}", x, 20.0, 180.0, width, storeys, TINTS[(index + 2) % 5])
    for index, (x, z) in enumerate(TREES):
        _tree(parts, index, x, z)


def _house(
    parts: Assembly, name: str, x: float, z: float, y_deg: float, width: float, storeys: int, tint: Vec3
) -> None:
    """A house whose front stands at x and z; before it is turned, it faces +Z."""
    height = storeys * STOREY_M

    def put(part: str, surface: str, solid: Solid, color: str | None = None, tint: Vec3 = (1.0, 1.0, 1.0)) -> None:
        placed = solid.turned(y_deg=y_deg).moved(x, 0.0, z)
        parts.add(f"{name}-{part}", surface, placed, color=color, own_uvs=color is None, tint=tint, outdoors=True)

    front = panel(width, height, (0.0, 0.0, width / 6.0, height / 6.0), cell=1.5).moved(y=height / 2)
    side = panel(6.0, height, (0.0, 0.0, 1.0, height / 6.0), cell=1.5).moved(0.0, height / 2, width / 2)
    sides = [side.turned(y_deg=turn).moved(z=-3.0) for turn in (90.0, -90.0)]
    put("walls", "facade", join([front, *sides]), tint=tint)
    put("cornice", "palette", box(width + 0.3, 0.35, 0.5, bevel=0.06).moved(0, height, 0.1), "stone")
    put("shops", "gloss", box(width - 0.8, 2.3, 0.1).moved(0, 1.25, 0.02), "ink")
    put("fascia", "palette", box(width - 0.5, 0.45, 0.24, bevel=0.02).moved(0, 2.6, 0.06), "teal")
    posts = [box(0.16, 2.5, 0.2).moved(-width / 2 + 0.3 + (width - 0.6) * step / 4, 1.2, 0.06) for step in range(5)]
    put("posts", "palette", join(posts), "cream")


def _tree(parts: Assembly, index: int, x: float, z: float) -> None:
    rng = np.random.default_rng(900 + index)
    trunk = cylinder(0.11, 2.4, sides=12).moved(x, -0.03, z)
    parts.add(f"street-trunk-{index}", "palette", trunk, color="earth", outdoors=True)
    blob = sphere(1.0, 18)
    shade = float(rng.uniform(0.42, 0.6))
    green: Vec3 = (shade, 1.1 * shade, 0.72 * shade)
    blobs = []
    for number in range(9):
        turn, rise = number * 2.4, number / 8
        reach = 0.75 * float(np.sin(np.pi * (0.12 + 0.8 * rise)))
        size = rng.uniform(0.5, 0.7)
        waves = np.sin(blob.positions @ rng.normal(0.0, 5.0, (3, 6)) + rng.uniform(0.0, 6.3, 6))
        positions = blob.positions * (1.0 + 0.045 * waves.sum(axis=1))[:, None] * size
        bumpy = Solid(positions, smooth_normals(positions, blob.triangles), blob.uvs, blob.triangles)
        blobs.append(bumpy.moved(reach * float(np.cos(turn)), 2.2 + 1.7 * rise, reach * float(np.sin(turn))))
    parts.add(f"street-crown-{index}", "palette", join(blobs).moved(x, 0, z), color="leaf", tint=green, outdoors=True)
