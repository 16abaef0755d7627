"""The shell of the branch: floor, walls with real openings, windows, doors, ceiling, lamps and the street.

The hall is 14 m wide (x from -7 to 7), 11 m deep (z from -5.5 at the back to 5.5 at the entrance), 3.4 m high.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge_render.demo.assembly import Assembly
from edge_render.demo.solid import Solid, box, cylinder, join, lathe, panel, sphere, tube

HALF_WIDTH, HALF_DEPTH, HEIGHT = 7.0, 5.5, 3.4
WALL = 0.2
SILL, HEAD = 0.45, 2.85

Opening = tuple[float, float, float, float]
"""From and to along the wall, sill and head, metres."""


def build_building(parts: Assembly) -> None:
    """Add everything that does not belong to one corner of the hall."""
    _floor_and_ceiling(parts)
    west: Sequence[Opening] = ((-4.6, -1.9, SILL, HEAD), (-1.1, 1.6, SILL, HEAD), (2.4, 4.8, SILL, HEAD))
    front: Sequence[Opening] = ((-6.2, -2.4, SILL, HEAD), (-1.5, 1.5, 0.0, 2.6), (2.4, 6.2, 1.9, HEAD))
    parts.add("wall-front", "wall", _wall(2 * HALF_WIDTH, front).moved(z=HALF_DEPTH + WALL / 2))
    parts.add("wall-back", "wall", _wall(2 * HALF_WIDTH, ()).moved(z=-HALF_DEPTH - WALL / 2))
    parts.add("wall-west", "wall", _wall(2 * HALF_DEPTH, west).turned(y_deg=-90).moved(x=-HALF_WIDTH - WALL / 2))
    parts.add("wall-east", "wall", _wall(2 * HALF_DEPTH, ()).turned(y_deg=-90).moved(x=HALF_WIDTH + WALL / 2))
    for index, opening in enumerate(west):
        _window(parts, f"window-west-{index}", opening, -90, -HALF_WIDTH - WALL / 2, 0.0)
    for index, opening in enumerate((front[0], front[2])):
        _window(parts, f"window-front-{index}", opening, 0, 0.0, HALF_DEPTH + WALL / 2)
    _doors(parts)
    _skirting(parts)
    _lamps(parts)
    _street(parts)


def _wall(length: float, openings: Sequence[Opening]) -> Solid:
    """A wall along X around the origin, from the floor to the ceiling, with rectangular openings."""
    pieces = []
    at = -length / 2 - WALL
    for start, end, sill, head in sorted(openings):
        pieces.append(_block(at, start, 0.0, HEIGHT))
        if sill > 0:
            pieces.append(_block(start, end, 0.0, sill))
        pieces.append(_block(start, end, head, HEIGHT))
        at = end
    pieces.append(_block(at, length / 2 + WALL, 0.0, HEIGHT))
    return join(pieces)


def _block(start: float, end: float, low: float, high: float) -> Solid:
    block = box(end - start, high - low, WALL, bevel=0.002)
    return block.moved((start + end) / 2, (low + high) / 2)


def _window(parts: Assembly, name: str, opening: Opening, y_deg: float, x: float, z: float) -> None:
    start, end, sill, head = opening
    middle, width, height = (start + end) / 2, end - start, head - sill
    bars = [box(width, 0.06, 0.1).moved(middle, level) for level in (sill + 0.03, head - 0.03)]
    count = max(2, round(width / 1.0))
    bars += [
        box(0.06, height, 0.1).moved(start + 0.03 + (width - 0.06) * index / count, (sill + head) / 2)
        for index in range(count + 1)
    ]
    parts.add(f"{name}-frame", "graphite", join(bars).turned(y_deg=y_deg).moved(x, 0, z))
    ledge = box(width + 0.1, 0.04, 0.34, bevel=0.012, segments=2).moved(middle, sill)
    parts.add(f"{name}-ledge", "marble", ledge.turned(y_deg=y_deg).moved(x, 0, z))
    pane = panel(width - 0.06, height - 0.06).moved(middle, (sill + head) / 2)
    parts.add(f"{name}-glass", "glass", pane.turned(y_deg=y_deg).moved(x, 0, z), own_uvs=True)


def _floor_and_ceiling(parts: Assembly) -> None:
    floor = panel(2 * HALF_WIDTH + 2 * WALL, 2 * HALF_DEPTH + 2 * WALL).turned(x_deg=-90)
    parts.add("floor", "floor", floor.with_uvs(2 * HALF_WIDTH, 2 * HALF_DEPTH))
    parts.add("ceiling", "ceiling", box(2 * HALF_WIDTH + 0.4, 0.1, 2 * HALF_DEPTH + 0.4).moved(y=HEIGHT + 0.05))
    for index in range(6):
        raft = box(1.9, 0.05, 3.0, bevel=0.02, segments=3)
        x, z = -4.6 + (index % 3) * 4.6, -2.4 + (index // 3) * 4.6
        parts.add(f"ceiling-raft-{index}", "oak", raft.moved(x, HEIGHT - 0.22, z))


def _doors(parts: Assembly) -> None:
    z = HALF_DEPTH + WALL / 2
    frame = [box(0.1, 2.6, 0.22).moved(x, 1.3, z) for x in (-1.45, 1.45)]
    parts.add("door-frame", "graphite", join([*frame, box(3.0, 0.12, 0.22).moved(0, 2.54, z)]))
    for side, x in (("left", -0.71), ("right", 0.71)):
        leaf = join([box(0.06, 2.44, 0.05).moved(x + dx, 1.24, z) for dx in (-0.66, 0.66)])
        parts.add(f"door-{side}-rails", "steel", leaf)
        parts.add(f"door-{side}-glass", "glass", panel(1.3, 2.4).moved(x, 1.24, z), own_uvs=True)
        handle_x = x * 0.2
        grip = tube([(handle_x, 0.8 + step * 0.08, z - 0.08) for step in range(11)], 0.018, sides=16)
        parts.add(f"door-{side}-handle", "chrome", grip)
    parts.add("door-mat", "palette", box(2.6, 0.012, 1.4, bevel=0.005).moved(0, 0.006, 4.6), color="ink")


def _skirting(parts: Assembly) -> None:
    for side, x in (("west", -HALF_WIDTH + 0.012), ("east", HALF_WIDTH - 0.012)):
        parts.add(f"skirting-{side}", "walnut", box(0.024, 0.1, 2 * HALF_DEPTH).moved(x, 0.05))
    parts.add("skirting-back", "walnut", box(2 * HALF_WIDTH, 0.1, 0.024).moved(0, 0.05, -HALF_DEPTH + 0.012))


def _lamps(parts: Assembly) -> None:
    for index in range(24):
        x, z = -5.75 + (index % 6) * 2.3, -4.4 + (index // 6) * 2.9
        trim = lathe([(0.075, 0.0), (0.095, 0.0), (0.1, 0.008), (0.1, 0.02), (0.075, 0.02), (0.075, 0.0)], sides=20)
        parts.add(f"downlight-trim-{index}", "chrome", trim.moved(x, HEIGHT - 0.02, z))
        parts.add(f"downlight-{index}", "lamp", cylinder(0.075, 0.01, sides=20).moved(x, HEIGHT - 0.012, z))
    shade = lathe(
        [(0.03, 0.3), (0.05, 0.29), (0.12, 0.22), (0.19, 0.12), (0.23, 0.0), (0.222, 0.0), (0.183, 0.115), (0.1, 0.21)],
        sides=40,
    )
    for index, (x, z) in enumerate(((-1.5, -3.5), (0.0, -3.5), (1.5, -3.5), (-4.6, 0.8), (-3.6, 1.9))):
        drop = 0.95 if z < 0 else 1.15
        parts.add(f"pendant-shade-{index}", "gold" if z > 0 else "graphite", shade.moved(x, HEIGHT - drop, z))
        parts.add(f"pendant-bulb-{index}", "lamp", sphere(0.075, 20).moved(x, HEIGHT - drop + 0.06, z))
        parts.add(f"pendant-cord-{index}", "graphite", cylinder(0.008, drop - 0.3).moved(x, HEIGHT - drop + 0.3, z))


def _street(parts: Assembly) -> None:
    ground = panel(60.0, 60.0).turned(x_deg=-90).moved(y=-0.03)
    parts.add("street-paving", "paving", ground.with_uvs(60.0, 60.0))
    blocks = (
        ("a", -29.0, -14.0, 7.0, 9.0, "stone"), ("b", -30.0, -2.0, 8.0, 12.5, "sand"),
        ("c", -29.0, 10.0, 7.0, 7.5, "brick"),
        ("d", -6.0, 19.0, 9.0, 10.0, "mist"), ("e", 5.0, 20.0, 8.0, 13.0, "brick"), ("f", 15.0, 19.0, 8.0, 8.5, "sand"),
    )  # fmt: skip
    for name, x, z, width, height, color in blocks:
        parts.add(f"street-house-{name}", "palette", box(width, height, 7.0, 0.05).moved(x, height / 2, z), color=color)
        facing_x = x < -10
        rows = [
            box(0.1 if facing_x else 0.9, 1.3, 0.9 if facing_x else 0.1).moved(
                x + (width / 2 if facing_x else -width / 2 + 1.0 + column * 1.5),
                1.9 + row * 2.2,
                z - 3.5 + (0.8 + column * 1.5 if facing_x else 0.0),
            )
            for row in range(int((height - 2.0) / 2.2) + 1)
            for column in range(4)
        ]
        parts.add(f"street-panes-{name}", "gloss", join(rows), color="navy")
    for index, (x, z) in enumerate(((-10.5, -3.2), (-10.8, 0.4), (-10.4, 4.2), (-4.4, 9.5), (4.2, 9.8))):
        trunk = cylinder(0.11, 2.2, sides=16).moved(x, -0.03, z)
        parts.add(f"street-trunk-{index}", "palette", trunk, color="earth")
        crown = join(
            [
                sphere(0.85, 24).moved(x + dx, y, z + dz)
                for dx, y, dz in ((0, 2.9, 0), (0.5, 2.5, 0.3), (-0.5, 2.6, -0.2))
            ]
        )
        parts.add(f"street-crown-{index}", "palette", crown, color="leaf")
