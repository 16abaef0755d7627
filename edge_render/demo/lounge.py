"""Where visitors sit: the lounge and the meeting corner."""

from __future__ import annotations

import math

import numpy as np

from edge_render.demo.assembly import Assembly
from edge_render.demo.bake import Lamp
from edge_render.demo.building import HALF_WIDTH, LAMPLIGHT
from edge_render.demo.pictures import BOARD, LEAFLET_RECTS, POSTER
from edge_render.demo.props import add_leaflets, add_screen
from edge_render.demo.solid import Solid, box, cylinder, join, lathe, panel
from edge_render.demo.swept import tube

LOUNGE = (-4.3, -0.75)
"""Middle of the rug in x and z."""


def _cushion(width: float, height: float, depth: float) -> Solid:
    return box(width, height, depth, bevel=height * 0.42, segments=3, cell=0.08).puffed(height * 0.3)


def build_lounge(parts: Assembly) -> None:
    """Two sofas in an angle, two armchairs and a low table on a rug, open towards the hall."""
    x, z = LOUNGE
    rug = panel(3.4, 2.6, cell=0.1).turned(x_deg=-90).moved(x, 0.012, z)
    parts.add("lounge-rug", "rug", rug, own_uvs=True)
    parts.add("lounge-rug-edge", "palette", box(3.42, 0.01, 2.62, 0.004).moved(x, 0.005, z), color="sand")
    _sofa(parts, "sofa-a", 2.3, (x + 0.1, z - 1.55), 0)
    _sofa(parts, "sofa-b", 2.1, (x - 1.95, z + 0.15), 90)
    for index, (chair_x, chair_z, turn) in enumerate(((x + 1.75, z - 0.45, -78), (x + 1.6, z + 0.65, -108))):
        _armchair(parts, index, chair_x, chair_z, turn)
    top = cylinder(0.46, 0.035, bevel=0.014, sides=72)
    parts.add("coffee-table-top", "marble", top.moved(x, 0.4, z))
    legs = [
        tube(
            [
                (0.3 * math.cos(a), 0.02, 0.3 * math.sin(a)),
                (0.2 * math.cos(a), 0.2, 0.2 * math.sin(a)),
                (0.34 * math.cos(a), 0.402, 0.34 * math.sin(a)),
            ],
            0.014,
            16,
        )
        for a in np.radians((20, 140, 260))
    ]
    parts.add("coffee-table-legs", "gold", join(legs).moved(x, 0, z))
    stool = lathe(
        [(0, 0), (0.16, 0), (0.17, 0.01), (0.03, 0.06), (0.025, 0.46), (0.2, 0.48), (0.21, 0.5), (0, 0.5)], sides=64
    )
    for name, side_x, side_z in (("a", x - 1.6, z - 1.7), ("b", x + 1.75, z + 0.12)):
        parts.add(f"side-table-{name}", "oak", stool.moved(side_x, 0, side_z))
    cup = lathe([(0, 0), (0.025, 0), (0.038, 0.06), (0.035, 0.06), (0.022, 0.006), (0, 0.006)], sides=40)
    parts.add("side-table-cup", "gloss", cup.moved(x + 1.78, 0.5, z + 0.06), color="white")
    bowl = lathe(
        [(0.0, 0.0), (0.06, 0.0), (0.15, 0.06), (0.17, 0.1), (0.16, 0.1), (0.14, 0.065), (0.0, 0.02)], sides=64
    )
    parts.add("table-bowl", "gloss", bowl.moved(x + 0.12, 0.435, z - 0.1), color="coral")
    for index in range(3):
        turn, at = 12 * index, (x - 0.16, 0.44 + 0.009 * index, z + 0.12)
        magazine = box(0.22, 0.008, 0.29, bevel=0.002).turned(y_deg=turn).moved(*at)
        parts.add(f"magazine-{index}", "gloss", magazine, color=("navy", "cream", "white")[index])
    cover = panel(0.21, 0.28, LEAFLET_RECTS[2]).turned(x_deg=-90).turned(y_deg=24).moved(x - 0.16, 0.4635, z + 0.12)
    parts.add("magazine-cover", "print", cover, own_uvs=True)
    shade = lathe([(0.17, 0.0), (0.12, 0.3), (0.117, 0.3), (0.166, 0.0), (0.17, 0.0)], sides=48)
    stand = join([cylinder(0.15, 0.02, sides=48), cylinder(0.014, 1.45, sides=24)])
    parts.add("floor-lamp-stand", "gold", stand.moved(x - 2.0, 0, z - 1.75))
    parts.add("floor-lamp-shade", "lamp", shade.moved(x - 2.0, 1.35, z - 1.75))
    warm = (LAMPLIGHT[0] * 0.3, LAMPLIGHT[1] * 0.3, LAMPLIGHT[2] * 0.3)
    parts.add_lamp(Lamp((x - 2.0, 1.4, z - 1.75), warm, reach_m=2.2))
    add_screen(parts, "lounge-poster", 0.5, 0.5, POSTER, (-HALF_WIDTH + 0.04, 1.75, -5.0), 90)


def _sofa(parts: Assembly, name: str, width: float, at: tuple[float, float], y_deg: float) -> None:
    """A sofa for three that faces +Z before it is turned."""
    x, z = at

    def put(part: str, surface: str, solid: Solid) -> None:
        parts.add(f"{name}-{part}", surface, solid.turned(y_deg=y_deg).moved(x, 0, z))

    put("base", "upholstery", box(width, 0.25, 0.82, bevel=0.04, segments=3, cell=0.14).moved(y=0.205))
    put("back", "upholstery", box(width, 0.56, 0.2, bevel=0.08, segments=4, cell=0.14).moved(0, 0.55, -0.33))
    for side, sign in (("left", -1), ("right", 1)):
        arm = box(0.18, 0.42, 0.84, bevel=0.07, segments=4, cell=0.12).moved(sign * (width / 2 - 0.02), 0.4)
        put(f"arm-{side}", "upholstery", arm)
    seat = (width - 0.24) / 3
    for index in range(3):
        offset = (index - 1) * seat
        put(f"seat-{index}", "upholstery", _cushion(seat - 0.01, 0.16, 0.64).moved(offset, 0.42, 0.08))
        put(
            f"cushion-{index}",
            "upholstery",
            _cushion(seat - 0.03, 0.15, 0.42).turned(x_deg=78).moved(offset, 0.68, -0.17),
        )
    throw = _cushion(0.4, 0.13, 0.4).turned(x_deg=66, z_deg=8).moved(width / 2 - 0.38, 0.7, 0.02)
    put("throw", "leather", throw)
    feet = [
        cylinder(0.025, 0.12, sides=16).moved(fx, 0, fz)
        for fx in (-width / 2 + 0.1, width / 2 - 0.1)
        for fz in (-0.34, 0.34)
    ]
    put("feet", "gold", join(feet))


def _armchair(parts: Assembly, index: int, x: float, z: float, y_deg: float) -> None:
    def put(part: str, surface: str, solid: Solid) -> None:
        parts.add(f"armchair-{index}-{part}", surface, solid.turned(y_deg=y_deg).moved(x, 0, z))

    shell = box(1.25, 0.5, 0.07, bevel=0.034, segments=3, cell=0.08).bent(0.4).moved(0, 0.58, -0.36)
    put("shell", "leather", shell)
    put("seat", "leather", cylinder(0.33, 0.13, bevel=0.055, sides=64).moved(y=0.33))
    put("foot", "steel", join([cylinder(0.03, 0.33, sides=24), cylinder(0.24, 0.02, sides=64)]))


def build_meeting_corner(parts: Assembly) -> None:
    """A round table below two lamps, where an adviser sits down with a customer."""
    x, z = -4.5, 3.75
    top = cylinder(0.62, 0.035, bevel=0.014, sides=72)
    parts.add("meeting-table-top", "oak", top.moved(x, 0.72, z))
    column = lathe([(0, 0), (0.3, 0), (0.31, 0.012), (0.06, 0.05), (0.045, 0.6), (0.16, 0.72), (0, 0.72)], sides=56)
    parts.add("meeting-table-foot", "graphite", column.moved(x, 0, z))
    for index, (dx, dz, turn) in enumerate(((-0.95, 0.25, 75), (0.95, 0.2, -78), (0.05, -1.0, 0))):
        _armchair(parts, 2 + index, x + dx, z + dz, turn)
    parts.add("tablet", "graphite", box(0.26, 0.012, 0.19, 0.005, 2).moved(x + 0.1, 0.761, z - 0.2))
    shown = panel(0.24, 0.17, BOARD).turned(x_deg=-90).turned(y_deg=180).moved(x + 0.1, 0.7675, z - 0.2)
    parts.add("tablet-screen", "screen", shown, own_uvs=True)
    add_leaflets(parts, "meeting-leaflets", 0, (x - 0.15, 0.755, z + 0.15), 160)
