"""Counter, self-service terminals, lounge and plants."""

from __future__ import annotations

import math

import numpy as np

from edge_render.demo.assembly import Assembly
from edge_render.demo.bake import Lamp
from edge_render.demo.building import HALF_DEPTH, HALF_WIDTH, LAMPLIGHT
from edge_render.demo.pictures import (
    ARTWORK,
    BOARD,
    KEYPAD,
    LEAFLET_RECTS,
    POSTER,
    TERMINAL,
    WELCOME,
    WORLD_TIME,
)
from edge_render.demo.solid import Solid, box, cylinder, join, lathe, panel, sphere, tube

VASE = [
    (0, 0), (0.05, 0), (0.085, 0.08), (0.06, 0.17), (0.028, 0.22), (0.036, 0.25), (0.03, 0.25), (0.02, 0.2), (0, 0.19),
]  # fmt: skip
"""Its profile: radius and height, metres."""
LOUNGE = (-4.3, -0.75)
"""Middle of the rug in x and z."""


def build_furniture(parts: Assembly) -> None:
    """Add all of it."""
    _counter(parts)
    _back_wall(parts)
    _terminals(parts)
    _lounge(parts)
    _meeting_corner(parts)
    _credenza(parts)
    for index, (x, z, height) in enumerate(
        ((-6.45, -4.95, 1.7), (-6.45, 1.95, 1.35), (-1.95, 5.0, 1.5), (1.9, 5.0, 1.5), (3.1, -5.0, 1.6),
         (-6.4, 4.95, 1.3), (6.45, 4.2, 1.75))
    ):  # fmt: skip
        _plant(parts, index, x, z, height)


def _counter(parts: Assembly) -> None:
    z = -3.5
    parts.add("counter-front", "walnut", box(4.4, 0.98, 0.08, bevel=0.01, cell=0.12).moved(0, 0.59, z + 0.3))
    parts.add("counter-plinth", "graphite", box(4.3, 0.1, 0.6, cell=0.3).moved(0, 0.05, z))
    parts.add("counter-top", "marble", box(4.7, 0.05, 0.85, bevel=0.018, segments=3, cell=0.16).moved(0, 1.1, z))
    parts.add("counter-light", "lamp", box(4.3, 0.02, 0.02).moved(0, 1.06, z + 0.4))
    for index in range(23):
        x = -2.09 + index * 0.19
        rib = box(0.06, 0.9, 0.04, bevel=0.01).moved(x, 0.6, z + 0.35)
        parts.add(f"counter-rib-{index}", "oak", rib)
    for side, x in (("left", -1.2), ("right", 1.2)):
        stand = join([cylinder(0.11, 0.012, sides=40), cylinder(0.016, 0.16, sides=24)])
        parts.add(f"desk-stand-{side}", "steel", stand.moved(x, 1.125, z - 0.1))
        parts.add(f"desk-monitor-{side}", "graphite", box(0.54, 0.33, 0.03, 0.01, 3).moved(x, 1.42, z - 0.1))
        badge = cylinder(0.035, 0.006, sides=40).turned(x_deg=90).moved(x, 1.42, z - 0.086)
        parts.add(f"desk-badge-{side}", "gold", badge)
        glow = panel(0.5, 0.28, BOARD).turned(y_deg=180).moved(x, 1.42, z - 0.1165)
        parts.add(f"desk-screen-{side}", "screen", glow, own_uvs=True)
        keys = box(0.42, 0.014, 0.13, 0.004).moved(x, 1.132, z - 0.3)
        parts.add(f"desk-keyboard-{side}", "graphite", keys)
        _leaflets(parts, f"desk-leaflets-{side}", 0 if x < 0 else 1, (x * 0.5, 1.125, z + 0.2))
    bell = lathe([(0, 0), (0.05, 0), (0.052, 0.01), (0.045, 0.03), (0.02, 0.045), (0.006, 0.05), (0, 0.062)], sides=48)
    parts.add("desk-bell", "gold", bell.moved(0.0, 1.125, z + 0.24))
    vase = lathe(VASE, sides=56, crease_deg=60)
    parts.add("desk-vase", "gloss", vase.moved(1.95, 1.125, z + 0.12), color="teal")
    seat = join(
        [
            cylinder(0.21, 0.07, bevel=0.03, sides=48).moved(y=0.55),
            cylinder(0.026, 0.5, sides=24).moved(y=0.05),
            lathe([(0.0, 0.0), (0.24, 0.0), (0.25, 0.012), (0.06, 0.05), (0.0, 0.06)], sides=48),
        ]
    )
    for index, x in enumerate((-1.2, 0.0, 1.2)):
        parts.add(f"staff-stool-{index}", "leather", seat.moved(x, 0, z - 0.9))


def _leaflets(parts: Assembly, name: str, picture: int, at: tuple[float, float, float], y_deg: float = 0.0) -> None:
    """A leaning stack of leaflets in a holder; ``at`` is the middle of its foot."""
    stack = box(0.11, 0.2, 0.02, 0.002).moved(y=0.11)
    holder = join([box(0.13, 0.012, 0.09, 0.004).moved(y=0.006), box(0.13, 0.05, 0.006, 0.002).moved(0, 0.03, 0.028)])
    front = panel(0.108, 0.198, LEAFLET_RECTS[picture]).moved(0, 0.11, 0.0115)
    parts.add(f"{name}-holder", "walnut", holder.turned(y_deg=y_deg).moved(*at))
    parts.add(f"{name}-paper", "gloss", stack.turned(x_deg=-12).turned(y_deg=y_deg).moved(*at), color="white")
    parts.add(f"{name}-cover", "print", front.turned(x_deg=-12).turned(y_deg=y_deg).moved(*at), own_uvs=True)


def _back_wall(parts: Assembly) -> None:
    z = -HALF_DEPTH + 0.02
    parts.add("feature-panel", "walnut", box(5.6, 2.7, 0.04, cell=0.15).moved(0, 1.5, z))
    for index in range(36):
        slat = box(0.05, 2.7, 0.06, bevel=0.01).moved(-2.72 + index * 0.155, 1.5, z + 0.04)
        parts.add(f"feature-slat-{index}", "oak", slat)
    ring = lathe([(0.4, 0.0), (0.46, 0.0), (0.46, 0.05), (0.4, 0.05), (0.4, 0.0)], sides=96).turned(x_deg=90)
    parts.add("emblem-ring", "gold", ring.moved(0, 2.1, z + 0.09))
    bars = [
        box(0.1, height, 0.05, 0.012, 3).moved(x, 1.86 + height / 2, z + 0.11)
        for x, height in ((-0.16, 0.26), (0, 0.4), (0.16, 0.52))
    ]
    parts.add("emblem-bars", "gold", join(bars))
    _screen(parts, "rates-board", 1.6, 0.8, BOARD, (-4.9, 2.08, -HALF_DEPTH + 0.04), 0)
    _screen(parts, "world-time", 1.5, 0.4, WORLD_TIME, (-4.9, 2.76, -HALF_DEPTH + 0.04), 0)
    frame = box(1.24, 0.66, 0.03, 0.008).moved(-4.9, 1.18, z + 0.005)
    parts.add("painting-frame", "gold", frame)
    picture = panel(1.18, 0.6, ARTWORK).moved(-4.9, 1.18, z + 0.0215)
    parts.add("painting", "print", picture, own_uvs=True)
    _screen(parts, "welcome-sign", 1.9, 0.95, WELCOME, (4.75, 2.0, -HALF_DEPTH + 0.04), 0)


def _screen(
    parts: Assembly,
    name: str,
    width: float,
    height: float,
    rect: tuple[float, float, float, float],
    at: tuple[float, float, float],
    y_deg: float,
) -> None:
    """A lit screen in a thin frame; ``at`` is the middle of its back."""
    frame = box(width + 0.05, height + 0.05, 0.05, bevel=0.012, segments=2)
    parts.add(f"{name}-frame", "graphite", frame.turned(y_deg=y_deg).moved(*at))
    picture = panel(width, height, rect).moved(z=0.028).turned(y_deg=y_deg)
    parts.add(name, "screen", picture.moved(*at), own_uvs=True)


def _terminals(parts: Assembly) -> None:
    """The self-service row at the front wall, before a wooden panel."""
    z = HALF_DEPTH - 0.03
    middle = 4.25
    parts.add("terminal-wall", "walnut", box(4.6, 1.72, 0.05, bevel=0.01, cell=0.16).moved(middle, 0.96, z))
    parts.add("terminal-wall-glow", "lamp", box(4.5, 0.02, 0.03).moved(middle, 1.845, z - 0.02))
    for number in range(4):
        parts.add_lamp(Lamp((2.9 + number * 0.9, 1.95, z - 0.25), (0.1, 0.085, 0.06), reach_m=1.6))
    for index in range(4):
        _terminal(parts, index, 2.6 + index * 1.1, 4.95)


def _terminal(parts: Assembly, index: int, x: float, z: float) -> None:
    """A self-service terminal whose back is to the front wall."""
    body = join(
        [
            box(0.62, 1.22, 0.42, bevel=0.04, segments=3, cell=0.2).moved(y=0.64),
            box(0.2, 0.3, 0.1, 0.02, 2).moved(0, 1.34, 0.04),
        ]
    )
    parts.add(f"terminal-body-{index}", "gloss", body.moved(x, 0, z), color="white")
    foot = box(0.66, 0.06, 0.5, 0.02, 2).moved(x, 0.03, z)
    parts.add(f"terminal-foot-{index}", "graphite", foot)
    front = box(0.5, 0.86, 0.02, 0.008, 1, cell=0.2).moved(x, 0.56, z - 0.206)
    parts.add(f"terminal-front-{index}", "palette", front, color="teal")
    head = box(0.6, 0.66, 0.09, bevel=0.025, segments=4).turned(x_deg=18).moved(0, 1.58, -0.06)
    parts.add(f"terminal-head-{index}", "graphite", head.moved(x, 0, z))
    face = panel(0.45, 0.58, TERMINAL).moved(z=0.048).turned(y_deg=180)
    # The head leans back by 18 degrees, and so does its face, which looks into the hall.
    parts.add(f"terminal-screen-{index}", "screen", face.turned(x_deg=18).moved(x, 1.58, z - 0.06), own_uvs=True)
    shelf = box(0.5, 0.03, 0.2, 0.01, 2).turned(x_deg=12).moved(x, 1.1, z - 0.26)
    parts.add(f"terminal-shelf-{index}", "steel", shelf)
    keys = panel(0.14, 0.13, KEYPAD).turned(x_deg=-90).moved(-0.12, 0.017, 0.0).turned(y_deg=180).turned(x_deg=12)
    parts.add(f"terminal-keys-{index}", "print", keys.moved(x, 1.1, z - 0.26), own_uvs=True)
    parts.add(f"terminal-slot-{index}", "lamp", box(0.2, 0.014, 0.01).moved(x + 0.1, 0.9, z - 0.218))
    parts.add(f"terminal-tray-{index}", "steel", box(0.3, 0.03, 0.05, 0.01, 2).moved(x, 0.76, z - 0.222))


def _cushion(width: float, height: float, depth: float) -> Solid:
    return box(width, height, depth, bevel=height * 0.42, segments=3, cell=0.08).puffed(height * 0.3)


def _lounge(parts: Assembly) -> None:
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
    _screen(parts, "lounge-poster", 0.5, 0.5, POSTER, (-HALF_WIDTH + 0.04, 1.75, -5.0), 90)


def _meeting_corner(parts: Assembly) -> None:
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
    _leaflets(parts, "meeting-leaflets", 0, (x - 0.15, 0.755, z + 0.15), 160)


def _credenza(parts: Assembly) -> None:
    """A low cupboard below the welcome sign."""
    x, z = 4.6, -HALF_DEPTH + 0.24
    parts.add("credenza-body", "walnut", box(1.9, 0.5, 0.42, 0.012, 2, cell=0.12).moved(x, 0.43, z))
    parts.add("credenza-top", "marble", box(1.94, 0.03, 0.45, 0.008, 2, cell=0.15).moved(x, 0.695, z))
    legs = [cylinder(0.02, 0.19, sides=16).moved(x + dx, 0, z + dz) for dx in (-0.82, 0.82) for dz in (-0.13, 0.13)]
    parts.add("credenza-legs", "gold", join(legs))
    for index in range(4):
        door = box(0.45, 0.44, 0.016, 0.006, 2).moved(x - 0.69 + index * 0.46, 0.43, z + 0.214)
        parts.add(f"credenza-door-{index}", "oak", door)
        knob = sphere(0.014, 16).moved(x - 0.69 + index * 0.46 + (0.18 if index % 2 == 0 else -0.18), 0.5, z + 0.232)
        parts.add(f"credenza-knob-{index}", "gold", knob)
    vase = lathe([(1.4 * x, 1.4 * y) for x, y in VASE], sides=56, crease_deg=60)
    parts.add("credenza-vase", "gloss", vase.moved(x - 0.62, 0.71, z), color="coral")
    for index in range(3):
        _leaflets(parts, f"credenza-leaflets-{index}", index, (x + 0.2 + 0.22 * index, 0.71, z + 0.05))


def _sofa(parts: Assembly, name: str, width: float, at: tuple[float, float], y_deg: float) -> None:
    """A sofa for three that faces +Z before it is turned."""
    x, z = at

    def put(part: str, surface: str, solid: Solid) -> None:
        parts.add(f"{name}-{part}", surface, solid.turned(y_deg=y_deg).moved(x, 0, z))

    put("base", "upholstery", box(width, 0.22, 0.82, bevel=0.04, segments=3).moved(y=0.22))
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


def _plant(parts: Assembly, index: int, x: float, z: float, height: float) -> None:
    pot = lathe(
        [(0, 0), (0.15, 0), (0.16, 0.01), (0.23, 0.4), (0.23, 0.42), (0.21, 0.42), (0.2, 0.38), (0, 0.37)], sides=64
    )
    parts.add(f"plant-pot-{index}", "gloss", pot.moved(x, 0, z), color="white" if index % 2 else "ink")
    parts.add(f"plant-soil-{index}", "palette", cylinder(0.2, 0.02, sides=40).moved(x, 0.365, z), color="earth")
    rng = np.random.default_rng(700 + index)
    leaves, stems = [], []
    for number in range(54):
        turn = number * 137.5 + rng.uniform(-12, 12)
        rise = 0.45 + (height - 0.6) * (number / 54) ** 0.8
        length, lean = rng.uniform(0.34, 0.5), rng.uniform(28, 74)
        leaf = panel(0.15, length, cell=0.08).moved(y=length / 2)
        # A leaf hangs by its own weight: bend it along its length.
        positions = leaf.positions.copy()
        positions[:, 2] -= 0.55 * positions[:, 1] ** 2 / length * 0.6
        leaf = Solid(positions, leaf.normals, leaf.uvs, leaf.triangles).turned(x_deg=lean)
        leaves.append(leaf.moved(0, rise, 0.05).turned(y_deg=turn))
        if number % 6 == 0:
            stems.append(
                cylinder(0.008, rise - 0.36, sides=8).moved(rng.uniform(-0.05, 0.05), 0.36, rng.uniform(-0.05, 0.05))
            )
    parts.add(f"plant-leaves-{index}", "leaf", join(leaves).moved(x, 0, z), own_uvs=True)
    parts.add(f"plant-stems-{index}", "palette", join(stems).moved(x, 0, z), color="leaf")
