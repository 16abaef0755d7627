"""The product wall: six plinths along the east wall, each with a small model of what the bank offers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge_render.demo.assembly import Assembly
from edge_render.demo.building import HALF_WIDTH
from edge_render.demo.pictures import CARD_RECTS, HALLMARK, PLAQUE_RECTS
from edge_render.demo.solid import Solid, arc, box, cylinder, join, lathe, panel, smooth_normals, sphere
from edge_render.demo.swept import pillow, prism, tube

PRODUCT_X = 5.7
PLINTH_HEIGHT = 0.95
GLOBE_TURN_DEG = 80.0
"""Turns Asia and Europe to the hall."""
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
            own.append(parts.add(f"{name}-{part}", surface, placed, color=color, own_uvs=surface in ("globe", "print")))
        nodes[name] = own
    return nodes


Part = tuple[str, str, str | None, Solid]
"""Name, surface, swatch, and the solid: it stands on y = 0 and faces +Z."""


def _plinth(parts: Assembly, name: str, z: float) -> list[str]:
    height = PLINTH_HEIGHT - 0.04
    body = box(0.5, height, 0.5, bevel=0.02, segments=3, cell=0.13).moved(PRODUCT_X, height / 2, z)
    panel_x = HALF_WIDTH - 0.04
    backdrop = box(0.06, 2.3, 1.16, bevel=0.02, segments=2, cell=0.16).moved(panel_x, 1.45, z)
    parts.add(f"{name}-backdrop", "oak", backdrop, swap_uvs=True)
    glow = join([box(0.02, 2.3, 0.02).moved(panel_x - 0.03, 1.45, z + dz) for dz in (-0.6, 0.6)])
    parts.add(f"{name}-glow", "lamp", glow)
    rim = join([box(0.5, 0.012, 0.012).moved(PRODUCT_X, height - 0.012, z + dz) for dz in (-0.246, 0.246)]
               + [box(0.012, 0.012, 0.5).moved(PRODUCT_X - 0.246, height - 0.012, z)])  # fmt: skip
    parts.add(f"{name}-rim", "lamp", rim)
    plate = panel(0.4, 0.12, PLAQUE_RECTS[PRODUCTS.index(name)]).turned(y_deg=-90).moved(PRODUCT_X - 0.254, 0.72, z)
    slab = box(0.54, 0.04, 0.54, 0.012, 3, cell=0.06).moved(PRODUCT_X, PLINTH_HEIGHT - 0.02, z)
    return [
        parts.add(f"{name}-plinth", "gloss", body, color="white"),
        parts.add(f"{name}-slab", "marble", slab),
        parts.add(f"{name}-plate", "print", plate, own_uvs=True),
    ]


def _gold() -> list[Part]:
    outline = [(-0.05, 0.0), (0.05, 0.0), (0.036, 0.045), (-0.036, 0.045)]
    bar = prism(outline, 0.22)
    mark = panel(0.15, 0.056, HALLMARK).turned(z_deg=90, x_deg=-90).moved(y=0.0462)
    places = [
        ((number - (count - 1) / 2) * 0.108, level * 0.046)
        for level, count in enumerate((3, 2, 1))
        for number in range(count)
    ]
    turned = 24.0
    return [
        ("base", "leather", None, box(0.4, 0.024, 0.36, 0.01, 3).moved(y=0.012).turned(y_deg=turned)),
        ("bars", "gold", None, join(bar.moved(x, 0.024 + y) for x, y in places).turned(y_deg=turned)),
        ("marks", "print", None, join(mark.moved(x, 0.024 + y) for x, y in places[3:]).turned(y_deg=turned)),
    ]


def _savings() -> list[Part]:
    middle, radius, tilt_deg = 0.32, 0.17, 23.0
    # The meridian runs from pole to pole outside the globe, and its lowest point stands on the foot.
    arch = [(-x, middle + y, 0.0) for x, y in arc(0.192, 90 - tilt_deg, 270 - tilt_deg, 48)]
    sine, cosine = math.sin(math.radians(tilt_deg)), math.cos(math.radians(tilt_deg))
    axis = tube([(-reach * sine, middle + reach * cosine, 0.0) for reach in np.linspace(-0.19, 0.19, 6)], 0.006, 12)
    foot = lathe([(0, 0), (0.13, 0), (0.14, 0.012), (0.05, 0.03), (0.022, 0.06), (0.018, 0.125), (0, 0.132)], sides=64)
    coins = [cylinder(0.035, 0.008, 0.002, 40).moved(0.15, level * 0.0085, 0.13) for level in range(9)]
    coins += [cylinder(0.035, 0.008, 0.002, 40).moved(0.09, level * 0.0085, 0.18) for level in range(5)]
    globe = sphere(radius, 48)
    # The sphere's coordinates are metres around the axis; the map wants one turn and one half turn.
    unrolled = Solid(
        globe.positions,
        globe.normals,
        globe.uvs / np.array((2 * math.pi * radius, math.pi * radius)),
        globe.triangles,
    )
    return [
        ("globe", "globe", None, unrolled.turned(y_deg=GLOBE_TURN_DEG).turned(z_deg=tilt_deg).moved(0, middle, 0)),
        ("meridian", "gold", None, join([tube(arch, 0.008, 16), axis])),
        ("foot", "walnut", None, foot),
        ("coins", "gold", None, join(coins)),
    ]


def _home() -> list[Part]:
    roof = prism([(-0.2, 0.0), (0.2, 0.0), (0.0, 0.15)], 0.3).moved(y=0.19)
    windows = [box(0.06, 0.06, 0.01).moved(x, y, 0.126) for x in (-0.1, 0.1) for y in (0.06, 0.145)]
    frames = [box(0.072, 0.072, 0.006, 0.001).moved(x, y, 0.126) for x in (-0.1, 0.1) for y in (0.06, 0.145)]
    path = box(0.07, 0.004, 0.1).moved(0, 0.0135, 0.18)
    hedge = [sphere(0.035, 24).moved(x, 0.03, 0.18) for x in (-0.17, -0.11, 0.11, 0.17)]
    return [
        ("garden", "palette", "leaf", box(0.46, 0.012, 0.46, 0.004, 2).moved(y=0.006)),
        ("walls", "palette", "cream", box(0.34, 0.19, 0.25, 0.004, 2).moved(y=0.107)),
        ("roof", "palette", "brick", roof),
        ("windows", "gloss", "sky", join(windows)),
        ("door", "walnut", None, box(0.06, 0.11, 0.012, 0.003, 2).moved(0, 0.068, 0.126)),
        ("frames", "palette", "white", join([*frames, path])),
        ("chimney", "palette", "brick", box(0.05, 0.12, 0.05, 0.003).moved(0.1, 0.3, -0.04)),
        ("hedge", "palette", "leaf", join(hedge)),
    ]


def _car() -> list[Part]:
    profile = [
        (-0.235, 0.05), (-0.2, 0.04), (0.2, 0.04), (0.235, 0.052), (0.242, 0.085), (0.225, 0.108), (0.12, 0.125),
        (-0.17, 0.128), (-0.232, 0.118), (-0.242, 0.085),
    ]  # fmt: skip
    cabin = [(-0.16, 0.12), (0.115, 0.118), (0.04, 0.186), (0.0, 0.195), (-0.09, 0.193), (-0.13, 0.175)]
    roof = [(-0.118, 0.178), (0.035, 0.186), (0.0, 0.199), (-0.088, 0.197)]
    wheel = cylinder(0.044, 0.036, 0.01, 48).turned(x_deg=90).moved(z=-0.018)
    hub = cylinder(0.026, 0.04, 0.006, 32).turned(x_deg=90).moved(z=-0.02)
    axles = [(x, 0.044, z) for x in (-0.145, 0.145) for z in (-0.09, 0.09)]
    lights = [sphere(0.017, 20).moved(0.226, 0.088, z) for z in (-0.062, 0.062)]
    bumpers = [box(0.03, 0.022, 0.19, 0.008, 3).moved(x, 0.056, 0) for x in (-0.236, 0.236)]
    pillars = [box(0.01, 0.07, 0.166, 0.003).moved(-0.03, 0.155, 0)]
    turn = -28.0

    def turned(solid: Solid) -> Solid:
        return solid.turned(y_deg=turn)

    return [
        ("body", "gloss", "coral", turned(pillow(profile, 0.19, 0.03))),
        ("cabin", "gloss", "ink", turned(pillow(cabin, 0.16, 0.02))),
        ("roof", "gloss", "coral", turned(join([pillow(roof, 0.152, 0.01), *pillars]))),
        ("wheels", "graphite", None, turned(join(wheel.moved(*at) for at in axles))),
        ("hubs", "chrome", None, turned(join(hub.moved(*at) for at in axles))),
        ("bumpers", "chrome", None, turned(join(bumpers))),
        ("lights", "lamp", None, turned(join(lights))),
    ]


def _cards() -> list[Part]:
    """Three cards that lean, one behind the other, in slots of a wooden stand."""
    card = box(0.27, 0.17, 0.005, bevel=0.0024, segments=2)
    lean_deg = -16.0
    parts: list[Part] = []
    steps = []
    for index, (x, rise, z) in enumerate(((-0.07, 0.07, -0.1), (0.0, 0.04, 0.0), (0.07, 0.01, 0.1))):
        face = panel(0.264, 0.164, CARD_RECTS[index]).moved(z=0.0031)
        middle = (x, rise + 0.094, z - 0.012)
        edge = ("amber", "silver", "navy")[index]
        parts.append((f"card-{index}", "gloss", edge, card.turned(x_deg=lean_deg).moved(*middle)))
        parts.append((f"face-{index}", "print", None, face.turned(x_deg=lean_deg).moved(*middle)))
        steps.append(box(0.42, rise + 0.03, 0.1, 0.006, 2).moved(0.0, (rise + 0.03) / 2, z + 0.0))
    return [("stand", "walnut", None, join(steps)), *parts]


def _umbrella() -> list[Part]:
    gores = 8
    dome = [(0.23 * math.cos(t), 0.34 + 0.14 * math.sin(t)) for t in np.linspace(0.0, math.pi / 2 - 0.03, 16)]
    canopy = lathe([*dome, *[(x * 0.97, y - 0.006) for x, y in reversed(dome)], dome[0]], sides=64)
    around = np.arctan2(canopy.positions[:, 0], canopy.positions[:, 2]) * gores / (2 * math.pi)
    outwards = np.hypot(canopy.positions[:, 0], canopy.positions[:, 2]) / 0.23
    # Between its ribs the cloth is drawn up at the rim and in.
    hollow = (1.0 - np.abs(2.0 * (around % 1.0) - 1.0)) ** 0.8
    positions = canopy.positions.copy()
    positions[:, 1] += 0.035 * hollow * outwards**3
    positions[:, [0, 2]] *= (1.0 - 0.05 * hollow * outwards**2)[:, None]
    gored = Solid(positions, smooth_normals(positions, canopy.triangles), canopy.uvs, canopy.triangles)
    gore = np.floor(around[canopy.triangles].mean(axis=1) + 1e-6).astype(int) % 2
    crook = [(0.0, y, 0.0) for y in np.linspace(0.5, 0.055, 14)]
    crook += [(0.035 - x, 0.055 - y, 0.0) for x, y in arc(0.035, 10, 170, 12)]

    def person(x: float, z: float, size: float) -> Solid:
        robe = [(0, 0), (0.03, 0), (0.032, 0.008), (0.024, 0.05), (0.015, 0.085), (0.008, 0.094), (0, 0.096)]
        body = lathe([(radius * size, y * size) for radius, y in robe], sides=40, crease_deg=60)
        return join([body, sphere(0.019 * size, 28).moved(y=0.108 * size)]).moved(x, 0.012, z)

    family = [person(-0.07, 0.06, 1.35), person(0.085, 0.06, 1.2), person(0.02, 0.1, 0.8)]
    disc = [(0.2, 0.0), *((0.196 * part, 0.012) for part in (1.0, 0.75, 0.5, 0.25, 0.0))]
    return [
        ("canopy", "gloss", "teal", _triangles_of(gored, gore == 0)),
        ("gores", "gloss", "cream", _triangles_of(gored, gore == 1)),
        ("stick", "walnut", None, tube(crook, 0.008, 16)),
        ("family", "gloss", "coral", join(family)),
        ("base", "palette", "sand", lathe(disc, sides=64)),
    ]


def _triangles_of(solid: Solid, chosen: NDArray[np.bool_]) -> Solid:
    used, triangles = np.unique(solid.triangles[chosen], return_inverse=True)
    return Solid(solid.positions[used], solid.normals[used], solid.uvs[used], triangles.reshape(-1, 3))
