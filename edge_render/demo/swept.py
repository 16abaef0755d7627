"""Shapes of the demo showroom that follow a line: bars along a path, outlines made thick. Frames as in solid."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from edge_render.demo.solid import Floats, Solid, grid_triangles, join, smooth_normals, unit
from edge_render.pose import Vec3


def tube(path: list[Vec3], radius: float, sides: int = 10, *, closed: bool = False) -> Solid:
    """A round bar along a path; open ends get flat caps. The path must not turn back on itself."""
    points = np.array(path)
    if closed:
        points = np.concatenate([points, points[:1]])
    tangents = unit(np.gradient(points, axis=0))
    if closed:
        tangents[0] = tangents[-1] = unit((points[1] - points[-2])[None])[0]
    first = np.array((0.0, 1.0, 0.0)) if abs(tangents[0][1]) < 0.9 else np.array((1.0, 0.0, 0.0))
    sideways = []
    for tangent in tangents:
        first = first - tangent * (first @ tangent)
        first = first / np.linalg.norm(first)
        sideways.append(first)
    across = np.array(sideways)
    other = np.cross(tangents, across)
    turns = np.linspace(0, 2 * math.pi, sides + 1)
    rings = np.cos(turns)[None, :, None] * across[:, None] + np.sin(turns)[None, :, None] * other[:, None]
    positions = points[:, None] + rings * radius
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    uvs = np.stack(np.broadcast_arrays(turns[None, :] * radius, -lengths[:, None]), -1)
    shape = rings.shape[:2]
    body = Solid(positions.reshape(-1, 3), rings.reshape(-1, 3), uvs.reshape(-1, 2), grid_triangles(*shape))
    if closed:
        return body
    return join([body, *(_cap(positions[end], points[end], sign * tangents[end]) for end, sign in ((0, -1), (-1, 1)))])


def _cap(ring: Floats, centre: Floats, normal: Floats) -> Solid:
    count = len(ring) - 1
    positions = np.concatenate([ring[:count], centre[None]])
    index = np.arange(count)
    triangles = np.stack([index, (index + 1) % count, np.full(count, count)], axis=1)
    corners = positions[triangles[0]]
    if np.cross(corners[1] - corners[0], corners[2] - corners[0]) @ normal < 0:
        triangles = triangles[:, ::-1]
    return Solid(positions, np.tile(normal, (count + 1, 1)), np.zeros((count + 1, 2)), triangles)


def prism(outline: list[tuple[float, float]], depth: float) -> Solid:
    """A convex outline in XY, counter-clockwise, made ``depth`` thick along Z around z = 0, with sharp edges."""
    points = np.array(outline)
    count = len(points)
    flat = np.concatenate([points, np.zeros((count, 1))], axis=1)
    ahead = np.array((0.0, 0.0, depth / 2))
    front = _cap(np.concatenate([flat + ahead, flat[:1] + ahead]), flat.mean(axis=0) + ahead, np.array((0.0, 0.0, 1.0)))
    back = _cap(np.concatenate([flat - ahead, flat[:1] - ahead]), flat.mean(axis=0) - ahead, np.array((0.0, 0.0, -1.0)))
    caps = [replace(cap, uvs=cap.positions[:, :2] * np.array((1.0, -1.0))) for cap in (front, back)]
    sides = []
    for here, there in zip(flat, np.roll(flat, -1, axis=0), strict=True):
        edge = there - here
        normal = np.array((edge[1], -edge[0], 0.0)) / np.linalg.norm(edge)
        positions = np.array([here + ahead, here - ahead, there + ahead, there - ahead])
        uvs = np.array([(0.0, 0.0), (depth, 0.0), (0.0, -np.linalg.norm(edge)), (depth, -np.linalg.norm(edge))])
        sides.append(Solid(positions, np.tile(normal, (4, 1)), uvs, np.array([(0, 1, 3), (0, 3, 2)])))
    return join([*caps, *sides])


def pillow(outline: list[tuple[float, float]], depth: float, bevel: float, segments: int = 4) -> Solid:
    """A convex outline in XY, counter-clockwise, made ``depth`` thick along Z around z = 0, rounded all over."""
    points = np.array(outline)
    for _ in range(2):  # corners are cut twice (Chaikin): round enough for small things
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], axis=1).reshape(-1, 2)
    ahead, behind = np.roll(points, -1, axis=0) - points, points - np.roll(points, 1, axis=0)
    inwards = unit(np.stack([-(ahead + behind)[:, 1], (ahead + behind)[:, 0]], axis=1))
    turns = np.linspace(0, math.pi / 2, segments + 1)
    levels = [(depth / 2 - bevel * (1 - math.sin(t)), bevel * (1 - math.cos(t))) for t in turns]
    rings = [(-z, inset) for z, inset in reversed(levels)] + levels
    stack = np.stack([np.column_stack([points + inwards * inset, np.full(len(points), z)]) for z, inset in rings])
    stack = np.concatenate([stack, stack[:, :1]], axis=1)
    triangles = grid_triangles(*stack.shape[:2])
    flat = stack.reshape(-1, 3)
    sides = Solid(flat, smooth_normals(flat, triangles), flat[:, :2] * np.array((1.0, -1.0)), triangles)
    caps = [
        _cap(stack[end], stack[end].mean(axis=0), np.array((0.0, 0.0, sign))) for end, sign in ((0, -1.0), (-1, 1.0))
    ]
    return join([sides, *caps])
