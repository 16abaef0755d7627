"""Counter, self-service terminals, lounge and plants."""

from __future__ import annotations

import numpy as np

from edge_render.demo.assembly import Assembly
from edge_render.demo.bake import Lamp
from edge_render.demo.building import HALF_DEPTH
from edge_render.demo.pictures import (
    ARTWORK,
    BOARD,
    KEYPAD,
    TERMINAL,
    WELCOME,
    WORLD_TIME,
)
from edge_render.demo.props import add_leaflets, add_screen
from edge_render.demo.solid import Solid, box, cylinder, join, lathe, panel, sphere

VASE = [
    (0, 0), (0.05, 0), (0.085, 0.08), (0.06, 0.17), (0.028, 0.22), (0.036, 0.25), (0.03, 0.25), (0.02, 0.2), (0, 0.19),
]  # fmt: skip
"""Its profile: radius and height, metres."""


def build_furniture(parts: Assembly) -> None:
    """Add all of it."""
    _counter(parts)
    _back_wall(parts)
    _terminals(parts)
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
        add_leaflets(parts, f"desk-leaflets-{side}", 0 if x < 0 else 1, (x * 0.5, 1.125, z + 0.2))
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
    add_screen(parts, "rates-board", 1.6, 0.8, BOARD, (-4.9, 2.08, -HALF_DEPTH + 0.04), 0)
    add_screen(parts, "world-time", 1.5, 0.4, WORLD_TIME, (-4.9, 2.76, -HALF_DEPTH + 0.04), 0)
    frame = box(1.24, 0.66, 0.03, 0.008).moved(-4.9, 1.18, z + 0.005)
    parts.add("painting-frame", "gold", frame)
    picture = panel(1.18, 0.6, ARTWORK).moved(-4.9, 1.18, z + 0.0215)
    parts.add("painting", "print", picture, own_uvs=True)
    add_screen(parts, "welcome-sign", 1.9, 0.95, WELCOME, (4.75, 2.0, -HALF_DEPTH + 0.04), 0)


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
        add_leaflets(parts, f"credenza-leaflets-{index}", index, (x + 0.2 + 0.22 * index, 0.71, z + 0.05))


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
