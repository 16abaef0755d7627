"""Counter, self-service terminals, lounge and plants."""

from __future__ import annotations

import math

import numpy as np

from edge_render.demo.assembly import Assembly
from edge_render.demo.building import HALF_DEPTH, HALF_WIDTH
from edge_render.demo.solid import Solid, box, cylinder, join, lathe, panel, tube
from edge_render.demo.surfaces import BOARD, POSTER, TERMINAL, WELCOME, WORLD_TIME


def build_furniture(parts: Assembly) -> None:
    """Add all of it."""
    _counter(parts)
    _back_wall(parts)
    for index in range(4):
        _terminal(parts, index, 2.6 + index * 1.1, 4.95)
    _lounge(parts)
    for index, (x, z, height) in enumerate(
        ((-6.4, -4.9, 1.7), (-6.4, 2.0, 1.3), (-2.0, 5.0, 1.5), (1.95, 5.0, 1.5), (2.9, -5.0, 1.6), (-6.35, 4.95, 1.2))
    ):
        _plant(parts, index, x, z, height)


def _counter(parts: Assembly) -> None:
    z = -3.5
    parts.add("counter-front", "walnut", box(4.4, 0.98, 0.08, bevel=0.01).moved(0, 0.59, z + 0.3))
    parts.add("counter-plinth", "graphite", box(4.3, 0.1, 0.6).moved(0, 0.05, z))
    parts.add("counter-top", "marble", box(4.7, 0.05, 0.85, bevel=0.018, segments=4).moved(0, 1.1, z))
    parts.add("counter-light", "lamp", box(4.3, 0.02, 0.02).moved(0, 1.06, z + 0.4))
    for index in range(23):
        x = -2.09 + index * 0.19
        rib = box(0.06, 0.9, 0.04, bevel=0.01).moved(x, 0.6, z + 0.35)
        parts.add(f"counter-rib-{index}", "oak", rib)
    for side, x in (("left", -1.2), ("right", 1.2)):
        stand = join([cylinder(0.11, 0.012, sides=40), cylinder(0.016, 0.16, sides=24)])
        parts.add(f"desk-stand-{side}", "steel", stand.moved(x, 1.125, z - 0.1))
        parts.add(f"desk-monitor-{side}", "graphite", box(0.54, 0.33, 0.03, 0.01, 3).moved(x, 1.42, z - 0.1))
        parts.add(
            f"desk-leaflets-{side}",
            "gloss",
            box(0.21, 0.05, 0.15, 0.006, 2).moved(x * 0.5, 1.15, z + 0.12),
            color="cream",
        )
    seat = join(
        [
            cylinder(0.21, 0.07, bevel=0.03, sides=48).moved(y=0.55),
            cylinder(0.026, 0.5, sides=24).moved(y=0.05),
            lathe([(0.0, 0.0), (0.24, 0.0), (0.25, 0.012), (0.06, 0.05), (0.0, 0.06)], sides=48),
        ]
    )
    for index, x in enumerate((-1.2, 0.0, 1.2)):
        parts.add(f"staff-stool-{index}", "leather", seat.moved(x, 0, z - 0.9))


def _back_wall(parts: Assembly) -> None:
    z = -HALF_DEPTH + 0.02
    parts.add("feature-panel", "walnut", box(5.6, 2.7, 0.04).moved(0, 1.5, z))
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
    _screen(parts, "rates-board", 1.6, 0.8, BOARD, (-4.9, 2.0, -HALF_DEPTH + 0.04), 0)
    _screen(parts, "world-time", 1.5, 0.4, WORLD_TIME, (-4.9, 2.68, -HALF_DEPTH + 0.04), 0)
    _screen(parts, "welcome-sign", 1.3, 0.65, WELCOME, (4.6, 2.2, -HALF_DEPTH + 0.04), 0)


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
    frame = box(width + 0.05, height + 0.05, 0.05, bevel=0.012, segments=3)
    parts.add(f"{name}-frame", "graphite", frame.turned(y_deg=y_deg).moved(*at))
    picture = panel(width, height, rect).moved(z=0.028).turned(y_deg=y_deg)
    parts.add(name, "screen", picture.moved(*at), own_uvs=True)


def _terminal(parts: Assembly, index: int, x: float, z: float) -> None:
    """A self-service terminal whose back is to the front wall."""
    body = join(
        [box(0.62, 1.25, 0.42, bevel=0.04, segments=3).moved(y=0.625), box(0.66, 0.06, 0.5, 0.02, 4).moved(y=0.03)]
    )
    parts.add(f"terminal-body-{index}", "gloss", body.moved(x, 0, z), color="mist")
    head = box(0.6, 0.66, 0.09, bevel=0.025, segments=3).turned(x_deg=18).moved(0, 1.58, -0.06)
    parts.add(f"terminal-head-{index}", "graphite", head.moved(x, 0, z))
    face = panel(0.45, 0.58, TERMINAL).moved(z=0.048).turned(y_deg=180)
    # The head leans back by 18 degrees, and so does its face, which looks into the hall.
    parts.add(f"terminal-screen-{index}", "screen", face.turned(x_deg=18).moved(x, 1.58, z - 0.06), own_uvs=True)
    parts.add(
        f"terminal-keys-{index}",
        "steel",
        box(0.24, 0.02, 0.16, 0.005, 2).turned(x_deg=10).moved(x - 0.1, 1.04, z - 0.24),
    )
    parts.add(f"terminal-slot-{index}", "lamp", box(0.2, 0.014, 0.01).moved(x + 0.14, 0.9, z - 0.212))
    parts.add(f"terminal-tray-{index}", "steel", box(0.3, 0.02, 0.1, 0.004, 2).moved(x, 0.78, z - 0.24))


def _cushion(width: float, height: float, depth: float) -> Solid:
    return box(width, height, depth, bevel=height * 0.42, segments=3, cell=0.08).puffed(height * 0.3)


def _lounge(parts: Assembly) -> None:
    rug = panel(3.4, 2.6).turned(x_deg=-90).moved(-4.2, 0.012, 1.2)
    parts.add("lounge-rug", "rug", rug, own_uvs=True)
    _sofa(parts, "sofa-a", 2.3, (-4.2, -0.35), 0)
    _sofa(parts, "sofa-b", 2.3, (-4.2, 2.85), 180)
    for index, (x, z, turn) in enumerate(((-2.35, 0.85, -80), (-2.35, 1.75, -105))):
        _armchair(parts, index, x, z, turn)
    top = cylinder(0.46, 0.035, bevel=0.014, sides=96)
    parts.add("coffee-table-top", "marble", top.moved(-4.2, 0.4, 1.2))
    legs = [
        tube(
            [
                (0.3 * math.cos(a), 0.01, 0.3 * math.sin(a)),
                (0.2 * math.cos(a), 0.2, 0.2 * math.sin(a)),
                (0.34 * math.cos(a), 0.4, 0.34 * math.sin(a)),
            ],
            0.014,
            16,
        )
        for a in np.radians((20, 140, 260))
    ]
    parts.add("coffee-table-legs", "gold", join(legs).moved(-4.2, 0, 1.2))
    parts.add(
        "side-table",
        "oak",
        lathe(
            [(0, 0), (0.16, 0), (0.17, 0.01), (0.03, 0.06), (0.025, 0.46), (0.2, 0.48), (0.21, 0.5), (0, 0.5)], sides=64
        ).moved(-5.75, 0, -0.3),
    )
    bowl = lathe(
        [(0.0, 0.0), (0.06, 0.0), (0.15, 0.06), (0.17, 0.1), (0.16, 0.1), (0.14, 0.065), (0.0, 0.02)], sides=64
    )
    parts.add("table-bowl", "gloss", bowl.moved(-4.1, 0.435, 1.1), color="coral")
    for index in range(3):
        magazine = box(0.22, 0.008, 0.29, bevel=0.002).turned(y_deg=12 * index).moved(-4.38, 0.44 + 0.009 * index, 1.32)
        parts.add(f"magazine-{index}", "gloss", magazine, color=("navy", "cream", "teal")[index])
    shade = lathe([(0.17, 0.0), (0.12, 0.3), (0.117, 0.3), (0.166, 0.0), (0.17, 0.0)], sides=64)
    stand = join([cylinder(0.15, 0.02, sides=64), cylinder(0.014, 1.45, sides=24)])
    parts.add("floor-lamp-stand", "gold", stand.moved(-6.3, 0, -1.2))
    parts.add("floor-lamp-shade", "lamp", shade.moved(-6.3, 1.35, -1.2))
    _screen(parts, "lounge-poster", 1.1, 1.1, POSTER, (-HALF_WIDTH + 0.04, 1.75, -5.05), 90)


def _sofa(parts: Assembly, name: str, width: float, at: tuple[float, float], y_deg: float) -> None:
    """A sofa for three that faces +Z before it is turned."""
    x, z = at

    def put(part: str, surface: str, solid: Solid) -> None:
        parts.add(f"{name}-{part}", surface, solid.turned(y_deg=y_deg).moved(x, 0, z))

    put("base", "upholstery", box(width, 0.22, 0.82, bevel=0.04, segments=3).moved(y=0.22))
    put("back", "upholstery", box(width, 0.56, 0.2, bevel=0.08, segments=4).moved(0, 0.55, -0.33))
    for side, sign in (("left", -1), ("right", 1)):
        arm = box(0.18, 0.42, 0.84, bevel=0.07, segments=4).moved(sign * (width / 2 - 0.02), 0.4)
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
