"""Simpler and simpler triangles for the same vertices, by edge collapse (M. Garland and P. Heckbert, "Surface
simplification using quadric error metrics", SIGGRAPH 1997), with fast_simplification; the one module that imports it.

Vertices stay where they are, so that levels need no memory but for their indices; each group of vertices that the
library joins is stood for by the one that is nearest to where it would put them. Open edges stay too: neighbours of any
level fit together, and so do the two sides of a seam of normals or texture coordinates.

Runs in a process apart: the library holds the interpreter lock for as long as it works, keeps its mesh in global
variables, and was not written for whatever a customer's file may hold.
"""

from __future__ import annotations

from typing import Any

import fast_simplification
import numpy as np
from numpy.typing import NDArray

LEVEL_SHARES = (0.4, 0.15, 0.05)
"""Of the triangles, which the levels after the first are to have."""
CHUNK_TRIANGLES_MIN = 128
"""Chunks of fewer are not worth it."""
_WORTH = 0.75
"""A level has at most this share of the triangles of the one before, or there is none."""
_AGGRESSION = 3.0
"""Of 0 to 10: how fast the library raises the error that it puts up with. With its default, 7, levels are off by up to
four times as much in the same time."""
_MEASURED_VERTICES = 500
_UNMEASURED_MARGIN = 1.2
"""On the error, for the vertices at which it is not measured."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def decode(data: NDArray[np.uint8], parameters: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Levels of chunks of a mesh: ``data`` holds positions (``vertices``, 3) float32, then triangles (``triangles``, 3)
    uint32, then the first triangle of each chunk (``chunks``,) uint32.

    Gives all levels' triangles one after the other, (k, 3) uint32; and for each chunk and each of LEVEL_SHARES, uint32,
    where it begins and how many it has; and its error, float32 metres, infinite where there is no such level.
    """
    vertices, count, chunks = (int(parameters[name]) for name in ("vertices", "triangles", "chunks"))
    positions = data[: vertices * 12].view(np.float32).reshape(-1, 3)
    triangles = data[vertices * 12 : (vertices + count) * 12].view(np.uint32).reshape(-1, 3)
    firsts = data[(vertices + count) * 12 :].view(np.uint32).astype(np.int64)
    shape = (chunks, len(LEVEL_SHARES))
    begins, counts = np.zeros(shape, np.uint32), np.zeros(shape, np.uint32)
    errors = np.full(shape, np.inf, np.float32)
    found: list[NDArray[np.uint32]] = [np.zeros((0, 3), np.uint32)]
    total = 0
    for chunk, (first, end) in enumerate(zip(firsts, np.append(firsts[1:], count), strict=True)):
        used, local = np.unique(triangles[first:end], return_inverse=True)
        for level, (simpler, error) in enumerate(simplify(positions[used], local.reshape(-1, 3))):
            found.append(used[simpler].astype(np.uint32))
            begins[chunk, level], counts[chunk, level], errors[chunk, level] = total, len(simpler), error
            total += len(simpler)
    return {}, [np.concatenate(found), begins, counts, errors]


def simplify(positions: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]]) -> list[tuple[Ints, float]]:
    """Levels of one mesh, each with its error in the unit of the positions; fewer than LEVEL_SHARES where the mesh
    yields no more, and none where it is too small."""
    levels: list[tuple[Ints, float]] = []
    points, corners = positions.astype(np.float64), triangles.astype(np.int32)
    before, error = len(corners), 0.0
    if before < CHUNK_TRIANGLES_MIN:
        return levels
    for share in LEVEL_SHARES:
        joined, _, collapses = fast_simplification.simplify(
            points,
            corners,
            target_count=int(len(corners) * share),
            return_collapses=True,
            preserve_border=True,
            agg=_AGGRESSION,
        )
        group = _groups(len(points), collapses)
        simpler = group[corners]
        a, b, c = simpler.T
        simpler = simpler[(a != b) & (b != c) & (c != a)]
        if not 0 < len(simpler) <= _WORTH * before:
            break
        kept = _nearest(points, group, np.unique(simpler), joined)
        error = max(error, _error(points, kept, kept[simpler]))
        levels.append((kept[simpler], error))
        before = len(simpler)
    return levels


def _groups(vertices: int, collapses: NDArray[Any]) -> Ints:
    """Which vertex each ends up in, by collapses (k, 2) of the second into the first."""
    group = np.arange(vertices)
    group[collapses[:, 1]] = collapses[:, 0]
    while True:
        following = group[group]
        if (following == group).all():
            return group
        group = following


def _nearest(points: Floats, group: Ints, left: Ints, joined: Floats) -> Ints:
    """For each vertex the one of its group that is nearest to where the library puts all of them; ``left`` names the
    groups that are left, in the order of the points that they are ``joined`` to."""
    if len(left) != len(joined):
        raise ValueError("fast_simplification leaves other vertices than its collapses tell")
    place = np.full(len(points), -1)
    place[left] = np.arange(len(left))
    place = place[group]
    apart = np.linalg.norm(points - joined[place], axis=1)
    order = np.lexsort((apart, group))
    first = order[np.concatenate([[True], group[order][1:] != group[order][:-1]])]
    nearest = np.arange(len(points))
    nearest[group[first]] = first
    kept: Ints = np.where(place < 0, group, nearest[group])
    return kept


def _error(points: Floats, kept: Ints, simpler: Ints) -> float:
    """How far vertices that are gone lie from the triangles around those that stand for them; or from all the planes
    of these, where that is less: on a plane a vertex may lie in a triangle further on."""
    gone = np.flatnonzero(kept != np.arange(len(kept)))
    gone = gone[:: max(1, -(-len(gone) // _MEASURED_VERTICES))]
    corner = simpler.reshape(-1)
    order = np.argsort(corner, kind="stable")
    begin = np.searchsorted(corner[order], kept[gone], side="left")
    around = np.searchsorted(corner[order], kept[gone], side="right") - begin
    errors = np.linalg.norm(points[gone] - points[kept[gone]], axis=1)
    some = np.flatnonzero(around)
    if len(some):
        start = np.cumsum(around[some]) - around[some]
        pair = np.repeat(begin[some] - start, around[some]) + np.arange(int(around[some].sum()))
        near = points[simpler[order[pair] // 3]]
        distances, above = _distances(points[np.repeat(gone[some], around[some])], near)
        errors[some] = np.minimum(np.minimum.reduceat(distances, start), np.maximum.reduceat(above, start))
    return float(errors.max(initial=0.0)) * _UNMEASURED_MARGIN


def _distances(points: Floats, triangles: Floats) -> tuple[Floats, Floats]:
    """Of points (n, 3) from triangles (n, 3, 3), and from their planes; a triangle without area has none."""
    a = triangles[:, 0]
    edge1, edge2, offset = triangles[:, 1] - a, triangles[:, 2] - a, points - a
    normal = np.cross(edge1, edge2)
    length2 = np.einsum("ij,ij->i", normal, normal)
    flat = length2 < 1e-30
    safe = np.where(flat, 1.0, length2)
    u = np.einsum("ij,ij->i", np.cross(offset, edge2), normal) / safe
    v = np.einsum("ij,ij->i", np.cross(edge1, offset), normal) / safe
    inside = ~flat & (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0)
    above = np.abs(np.einsum("ij,ij->i", offset, normal)) / np.sqrt(safe)
    edges = np.min([_from_edge(points, triangles[:, k], triangles[:, (k + 1) % 3]) for k in range(3)], axis=0)
    return np.where(inside, above, edges), np.where(flat, edges, above)


def _from_edge(points: Floats, begin: Floats, end: Floats) -> Floats:
    along = end - begin
    length2 = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", points - begin, along) / np.where(length2 < 1e-30, 1.0, length2)
    result: Floats = np.linalg.norm(points - begin - np.clip(share, 0.0, 1.0)[:, None] * along, axis=1)
    return result
