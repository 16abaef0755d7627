"""The product wall: six plinths along the east wall, each with a small model of what the bank offers."""

from __future__ import annotations

import math

import numpy as np

from edge_render.demo.assembly import Assembly
from edge_render.demo.building import HALF_WIDTH
from edge_render.demo.solid import Solid, arc, box, cylinder, join, lathe, prism, sphere, tube

PRODUCT_X = 5.7
PLINTH_HEIGHT = 0.95
PRODUCTS = ("gold", "savings", "home-loan", "car-loan", "cards", "insurance")


def product_z(index: int) -> float:
    """Where along the wall a product stands."""
    return -4.1 + index * 1.3


def build_products(parts: Assembly) -> dict[str, list[str]]:
    """Add the wall and the products; returns the names of the nodes that belong to each."""
    makers = (_gold, _savings, _home, _car, _cards, _umbrella)
    nodes = {}
    for index, (name, make) in enumerate(zip(PRODUCTS, makers, strict=True)):
        z = product_z(index)
        own = _plinth(parts, name, z)
        for part, surface, color, solid in make():
            placed = solid.turned(y_deg=-90).moved(PRODUCT_X, PLINTH_HEIGHT, z)
            own.append(parts.add(f"{name}-{part}", surface, placed, color=color, own_uvs=surface == "globe"))
        nodes[name] = own
    return nodes


Part = tuple[str, str, str | None, Solid]
"""Name, surface, swatch, and the solid: it stands on y = 0 and faces +Z."""


def _plinth(parts: Assembly, name: str, z: float) -> list[str]:
    body = box(0.5, PLINTH_HEIGHT - 0.04, 0.5, bevel=0.02, segments=4).moved(y=(PLINTH_HEIGHT - 0.04) / 2)
    panel_x = HALF_WIDTH - 0.04
    parts.add(f"{name}-backdrop", "oak", box(0.06, 2.3, 1.16, bevel=0.02, segments=3).moved(panel_x, 1.45, z))
    glow = join([box(0.02, 2.3, 0.02).moved(panel_x - 0.03, 1.45, z + dz) for dz in (-0.6, 0.6)])
    parts.add(f"{name}-glow", "lamp", glow)
    plate = box(0.02, 0.09, 0.3, bevel=0.004).moved(PRODUCT_X - 0.26, 0.72, z)
    return [
        parts.add(f"{name}-plinth", "gloss", body.moved(PRODUCT_X, 0, z), color="white"),
        parts.add(f"{name}-slab", "marble", box(0.54, 0.04, 0.54, 0.012, 4).moved(PRODUCT_X, PLINTH_HEIGHT - 0.02, z)),
        parts.add(f"{name}-plate", "gold", plate),
    ]


def _gold() -> list[Part]:
    outline = [(-0.06, 0.0), (0.06, 0.0), (0.043, 0.055), (-0.043, 0.055)]
    bar = prism(outline, 0.26).turned(y_deg=90)
    stack = [
        bar.moved(0, level * 0.058, z)
        for level, row in enumerate((3, 2, 1))
        for z in np.linspace(-0.065 * (row - 1), 0.065 * (row - 1), row)
    ]
    return [
        ("bars", "gold", None, join(stack)),
        ("base", "gloss", "navy", box(0.4, 0.02, 0.42, 0.006, 2).moved(y=-0.0)),
    ]


def _savings() -> list[Part]:
    turns = [
        (0.2 * math.cos(a), 0.3 + 0.2 * math.sin(a), 0.0) for a in np.linspace(-0.35 * math.pi, 0.65 * math.pi, 40)
    ]
    foot = lathe([(0, 0), (0.13, 0), (0.14, 0.012), (0.03, 0.03), (0.018, 0.1), (0, 0.1)], sides=64)
    coins = [cylinder(0.035, 0.008, 0.002, 40).moved(0.15, level * 0.0085, 0.13) for level in range(9)]
    coins += [cylinder(0.035, 0.008, 0.002, 40).moved(0.09, level * 0.0085, 0.18) for level in range(5)]
    globe = sphere(0.17, 48)
    # The sphere's coordinates are metres around the axis; the map wants one turn and one half turn.
    unrolled = Solid(
        globe.positions, globe.normals, globe.uvs / np.array((2 * math.pi * 0.17, math.pi * 0.17)), globe.triangles
    )
    return [
        ("globe", "globe", None, unrolled.turned(z_deg=-23).moved(0, 0.3, 0)),
        ("meridian", "gold", None, tube(turns, 0.008, 16)),
        ("foot", "walnut", None, foot),
        ("coins", "gold", None, join(coins)),
    ]


def _home() -> list[Part]:
    roof = prism([(-0.2, 0.0), (0.2, 0.0), (0.0, 0.15)], 0.3).moved(y=0.19)
    windows = [box(0.06, 0.06, 0.01).moved(x, y, 0.126) for x in (-0.1, 0.1) for y in (0.06, 0.14)]
    hedge = [sphere(0.035, 24).moved(x, 0.03, 0.18) for x in (-0.17, -0.11, 0.11, 0.17)]
    return [
        ("garden", "palette", "leaf", box(0.46, 0.012, 0.46, 0.004, 2).moved(y=0.006)),
        ("walls", "palette", "cream", box(0.34, 0.19, 0.25, 0.004, 2).moved(y=0.107)),
        ("roof", "palette", "brick", roof),
        ("windows", "gloss", "sky", join(windows)),
        ("door", "walnut", None, box(0.06, 0.11, 0.012, 0.003, 2).moved(0, 0.068, 0.126)),
        ("chimney", "palette", "brick", box(0.05, 0.12, 0.05, 0.003).moved(0.1, 0.3, -0.04)),
        ("hedge", "palette", "leaf", join(hedge)),
    ]


def _car() -> list[Part]:
    body = box(0.42, 0.08, 0.18, bevel=0.035, segments=4, cell=0.05).moved(y=0.075)
    cabin = box(0.22, 0.075, 0.16, bevel=0.034, segments=4, cell=0.05).moved(-0.02, 0.145)
    wheel = cylinder(0.042, 0.03, 0.008, 48).turned(x_deg=90)
    wheels = [wheel.moved(x, 0.042, z) for x in (-0.13, 0.13) for z in (-0.1, 0.07)]
    hubs = [
        cylinder(0.024, 0.034, 0.004, 32).turned(x_deg=90).moved(x, 0.042, z)
        for x in (-0.13, 0.13)
        for z in (-0.102, 0.068)
    ]
    lights = [sphere(0.014, 20).moved(0.205, 0.085, z) for z in (-0.06, 0.06)]
    return [
        ("body", "gloss", "coral", body.turned(y_deg=-25)),
        ("cabin", "gloss", "ink", cabin.turned(y_deg=-25)),
        ("wheels", "graphite", None, join(wheels).turned(y_deg=-25)),
        ("hubs", "chrome", None, join(hubs).turned(y_deg=-25)),
        ("lights", "lamp", None, join(lights).turned(y_deg=-25)),
    ]


def _cards() -> list[Part]:
    card = box(0.26, 0.164, 0.006, bevel=0.0029, segments=3)
    stand = join([box(0.36, 0.02, 0.2, 0.006, 3).moved(y=0.01), box(0.3, 0.05, 0.03, 0.006, 3).moved(0, 0.035, -0.04)])
    placed = [
        card.turned(x_deg=-14, z_deg=tilt).moved(x, 0.13 + y, z)
        for x, y, z, tilt in ((-0.05, 0.03, -0.05, 6), (0.02, 0.015, -0.02, -2), (0.08, 0.0, 0.01, -9))
    ]
    chip = (
        box(0.036, 0.028, 0.003, 0.001).moved(-0.08, 0.01, 0.0045).turned(x_deg=-14, z_deg=-9).moved(0.08, 0.13, 0.01)
    )
    return [
        ("stand", "walnut", None, stand),
        ("card-a", "gloss", "amber", placed[0]),
        ("card-b", "gloss", "silver", placed[1]),
        ("card-c", "gloss", "navy", placed[2]),
        ("chip", "gold", None, chip),
    ]


def _umbrella() -> list[Part]:
    dome = [(0.22 * math.cos(t), 0.34 + 0.13 * math.sin(t)) for t in np.linspace(0.05, math.pi / 2, 16)]
    canopy = lathe([*dome, *[(x * 0.97, y - 0.006) for x, y in reversed(dome)], dome[0]], sides=64)
    crook = [(0.0, y, 0.0) for y in np.linspace(0.47, 0.09, 12)]
    crook += [(0.035 - x, 0.09 - y, 0.0) for x, y in arc(0.035, 10, 170, 12)]
    family = [
        join(
            [
                lathe([(0, 0), (0.022, 0), (0.03, 0.05 * k), (0.012, 0.09 * k), (0, 0.1 * k)], sides=40),
                sphere(0.02 * k, 32).moved(y=0.12 * k),
            ]
        ).moved(x, 0.012, 0.05)
        for x, k in ((-0.08, 1.3), (0.08, 1.2), (0.14, 0.8))
    ]
    return [
        ("canopy", "gloss", "teal", canopy),
        ("stick", "walnut", None, tube(crook, 0.008, 16)),
        ("family", "gloss", "coral", join(family)),
        ("base", "palette", "sand", cylinder(0.2, 0.012, 0.004, 64)),
    ]
