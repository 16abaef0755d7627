"""The shell of the branch: floor, walls with real openings, windows, doors, ceiling and lamps.

The hall is 14 m wide (x from -7 to 7), 11 m deep (z from -5.5 at the back to 5.5 at the entrance), 3.4 m high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from edge_render.demo.assembly import Assembly
from edge_render.demo.bake import Lamp, Window
from edge_render.demo.solid import Solid, box, cylinder, join, lathe, panel, sphere
from edge_render.demo.swept import tube

HALF_WIDTH, HALF_DEPTH, HEIGHT = 7.0, 5.5, 3.4
WALL = 0.2
SILL, HEAD = 0.45, 2.85
DAYLIGHT = (0.84, 0.92, 1.0)
LAMPLIGHT = (1.0, 0.86, 0.66)

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
    # Too small a bevel to be seen: one that can be seen would show as a seam between two blocks.
    block = box(end - start, high - low, WALL, bevel=2e-5, cell=0.24)
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
    ledge = box(width + 0.1, 0.04, 0.34, bevel=0.012, segments=2, cell=0.3).moved(middle, sill)
    parts.add(f"{name}-ledge", "marble", ledge.turned(y_deg=y_deg).moved(x, 0, z))
    pane = panel(width - 0.06, height - 0.06).moved(middle, (sill + head) / 2)
    parts.add(f"{name}-glass", "glass", pane.turned(y_deg=y_deg).moved(x, 0, z), own_uvs=True)
    inwards = (math.copysign(1.0, -x), 0.0, 0.0) if y_deg else (0.0, 0.0, math.copysign(1.0, -z))
    # A wall along X that is turned by -90 degrees runs along Z.
    at = (x, (sill + head) / 2, middle) if y_deg else (middle, (sill + head) / 2, z)
    parts.add_window(Window(at, width, height, inwards, DAYLIGHT))


def _floor_and_ceiling(parts: Assembly) -> None:
    floor = panel(2 * HALF_WIDTH + 2 * WALL, 2 * HALF_DEPTH + 2 * WALL, cell=0.14).turned(x_deg=-90)
    parts.add("floor", "floor", floor.with_uvs(2 * HALF_WIDTH, 2 * HALF_DEPTH))
    ceiling = panel(2 * HALF_WIDTH + 2 * WALL, 2 * HALF_DEPTH + 2 * WALL, cell=0.24).turned(x_deg=90)
    parts.add("ceiling", "ceiling", ceiling.moved(y=HEIGHT))
    roof = box(2 * HALF_WIDTH + 0.5, 0.2, 2 * HALF_DEPTH + 0.5, bevel=0.02)
    parts.add("roof", "palette", roof.moved(y=HEIGHT + 0.11), color="stone", outdoors=True)
    slat = box(0.05, 0.12, 3.0, bevel=0.006, cell=0.75)
    rail = box(1.84, 0.03, 0.04).moved(y=0.075)
    for index in range(6):
        x, z = -4.6 + (index % 3) * 4.6, -2.4 + (index // 3) * 4.6
        slats = join(slat.moved(-0.9 + 0.15 * number) for number in range(13))
        parts.add(f"ceiling-raft-{index}", "oak", slats.moved(x, HEIGHT - 0.24, z), swap_uvs=True)
        rails = join([rail.moved(z=-1.1), rail.moved(z=1.1), cylinder(0.008, 0.16).moved(0, 0.08, -1.1),
                      cylinder(0.008, 0.16).moved(0, 0.08, 1.1)])  # fmt: skip
        parts.add(f"ceiling-rail-{index}", "graphite", rails.moved(x, HEIGHT - 0.24, z))
        # Hidden light above the slats washes the ceiling.
        for dx in (-0.45, 0.45):
            for dz in (-1.1, -0.37, 0.37, 1.1):
                at = (x + dx, HEIGHT - 0.2, z + dz)
                parts.add_lamp(Lamp(at, (0.05, 0.044, 0.036), reach_m=1.3))
    _floor_emblem(parts, 0.5, -0.2)


def _floor_emblem(parts: Assembly, x: float, z: float) -> None:
    """Brass that is let into the floor, 2 mm proud so that it does not fight with it for depth."""
    for ring, radius, width in (("outer", 1.2, 0.06), ("inner", 1.06, 0.025)):
        profile = [(radius + width, 0.0), (radius + width, 0.002), (radius, 0.002), (radius, 0.0)]
        parts.add(f"floor-inlay-{ring}", "gold", lathe(profile, sides=72).moved(x, 0.0, z))
    bars = [
        box(0.26, 0.004, length, bevel=0.001, cell=0.25).moved(x + dx, 0.0, z + 0.6 - length / 2)
        for dx, length in ((-0.42, 0.62), (0.0, 0.94), (0.42, 1.24))
    ]
    parts.add("floor-inlay-bars", "gold", join(bars))


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
    parts.add("door-mat", "palette", box(2.6, 0.012, 1.4, bevel=0.005, cell=0.2).moved(0, 0.006, 4.6), color="ink")


def _skirting(parts: Assembly) -> None:
    for side, x in (("west", -HALF_WIDTH + 0.012), ("east", HALF_WIDTH - 0.012)):
        parts.add(f"skirting-{side}", "walnut", box(0.024, 0.1, 2 * HALF_DEPTH, cell=0.4).moved(x, 0.05))
    for side, start, end in (("left", -HALF_WIDTH, -1.55), ("right", 1.55, HALF_WIDTH)):
        front = box(end - start, 0.1, 0.024, cell=0.4).moved((start + end) / 2, 0.05, HALF_DEPTH - 0.012)
        parts.add(f"skirting-front-{side}", "walnut", front)
    parts.add("skirting-back", "walnut", box(2 * HALF_WIDTH, 0.1, 0.024, cell=0.4).moved(0, 0.05, -HALF_DEPTH + 0.012))


def _lamps(parts: Assembly) -> None:
    places = [(x, z) for z in (-4.4, -1.5, 1.4, 4.3) for x in (-5.75, -3.45, -1.15, 1.15, 3.45)]
    places += [(6.1, -4.1 + 1.3 * index) for index in range(7)]
    places += [(-2.1 + 1.05 * index, -5.15) for index in range(5)]
    disc = lathe([(0.0, 0.0), (0.075, 0.0)], sides=16)
    trim = lathe([(0.075, 0.0), (0.095, 0.0), (0.1, 0.008), (0.1, 0.02), (0.075, 0.02), (0.075, 0.0)], sides=16)
    for index, (x, z) in enumerate(places):
        parts.add(f"downlight-trim-{index}", "chrome", trim.moved(x, HEIGHT - 0.02, z))
        parts.add(f"downlight-{index}", "lamp", disc.moved(x, HEIGHT - 0.008, z))
        strength = 1.7 if index < 20 else 1.25
        color = (LAMPLIGHT[0] * strength, LAMPLIGHT[1] * strength, LAMPLIGHT[2] * strength)
        parts.add_lamp(Lamp((x, HEIGHT - 0.1, z), color, focus=4.0, reach_m=5.0))
    shade = lathe(
        [(0.03, 0.3), (0.05, 0.29), (0.12, 0.22), (0.17, 0.15), (0.205, 0.08), (0.23, 0.0), (0.222, 0.0),
         (0.197, 0.08), (0.162, 0.148), (0.1, 0.21)],
        sides=40,
        crease_deg=60,
    )  # fmt: skip
    for index, (x, z) in enumerate(((-1.5, -3.5), (0.0, -3.5), (1.5, -3.5), (-4.9, 3.75), (-4.1, 3.75))):
        drop = 1.0 if z < 0 else 1.45
        parts.add(f"pendant-shade-{index}", "gold" if z > 0 else "graphite", shade.moved(x, HEIGHT - drop, z))
        parts.add(f"pendant-bulb-{index}", "lamp", sphere(0.075, 20).moved(x, HEIGHT - drop + 0.06, z))
        parts.add(f"pendant-cord-{index}", "graphite", cylinder(0.008, drop - 0.3).moved(x, HEIGHT - drop + 0.3, z))
        parts.add_lamp(Lamp((x, HEIGHT - drop, z), (0.5, 0.41, 0.3), focus=1.0, reach_m=2.4))
