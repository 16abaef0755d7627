"""Simplified meshes: how far they are off, what stays, and when which is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_render.derived_cache import DerivedCache
from edge_render.geometry import batches, levels
from edge_render.geometry.batches import prepare_scene
from edge_render.geometry.draw_list import ChunkTable, Detail
from edge_render.geometry.levels import Detailed, simplified
from edge_render.geometry.simplifier import simplify
from edge_render.scene import Mesh, Node, Scene
from tests.edge_render.tiny_scenes import matte, placed


def hill(side: int, height: float = 0.1) -> Mesh:
    """A square of 1 m in the XZ plane of side x side vertices, with one hill."""
    x, z = np.meshgrid(np.linspace(0.0, 1.0, side), np.linspace(0.0, 1.0, side))
    y = height * np.sin(np.pi * x) * np.sin(np.pi * z)
    index = np.arange(side * side).reshape(side, side)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    triangles = np.concatenate([np.stack(three, -1).reshape(-1, 3) for three in ((a, b, c), (a, c, d))])
    positions = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    normals = np.tile(np.array([0, 1, 0], np.float32), (side * side, 1))
    return Mesh(positions, normals, triangles.astype(np.uint32), 0)


def test_levels_are_off_by_no_more_than_they_tell() -> None:
    mesh = hill(41)
    found = simplify(mesh.positions, mesh.triangles)
    assert [len(triangles) for triangles, _ in found] == sorted((len(part) for part, _ in found), reverse=True)
    assert len(found) >= 2
    for triangles, error_m in found:
        corners = mesh.positions[triangles].astype(np.float64)
        # Heights of the simpler surface at all the vertices, by the triangle of the plan that each lies in.
        for x, y, z in mesh.positions[::7].astype(np.float64):
            a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
            area = (b[:, 0] - a[:, 0]) * (c[:, 2] - a[:, 2]) - (c[:, 0] - a[:, 0]) * (b[:, 2] - a[:, 2])
            u = ((x - a[:, 0]) * (c[:, 2] - a[:, 2]) - (c[:, 0] - a[:, 0]) * (z - a[:, 2])) / area
            v = ((b[:, 0] - a[:, 0]) * (z - a[:, 2]) - (x - a[:, 0]) * (b[:, 2] - a[:, 2])) / area
            over = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1.0 + 1e-6)
            height = (a[:, 1] + u * (b[:, 1] - a[:, 1]) + v * (c[:, 1] - a[:, 1]))[over]
            # The distance is measured across the surface, which slopes by up to pi/10.
            assert np.abs(height - y).min() <= 1.1 * error_m + 1e-6


def test_open_edges_stay_so_that_neighbours_fit() -> None:
    mesh = hill(31)
    border = np.flatnonzero((np.isin(mesh.positions[:, 0], [0.0, 1.0])) | (np.isin(mesh.positions[:, 2], [0.0, 1.0])))
    for triangles, _ in simplify(mesh.positions, mesh.triangles):
        assert np.isin(border, triangles).all()


def test_chunks_are_simplified_each_for_itself() -> None:
    parts = [hill(21), hill(21, 0.0)]
    positions = np.concatenate([part.positions for part in parts])
    triangles = np.concatenate([part.triangles + np.uint32(441 * place) for place, part in enumerate(parts)])
    [(made, joined)] = simplified([Detailed(positions, triangles, np.array([0, 800]))])
    assert (joined[: len(triangles)] == triangles).all()
    assert made.count[:, 0].tolist() == [800, 800]
    for chunk in range(2):
        for level in range(1, made.count.shape[1]):
            first, count = made.first[chunk, level], made.count[chunk, level]
            assert (joined[first : first + count] // 441 == chunk).all()
    assert made.error_m[1, 1] == pytest.approx(0.0, abs=1e-6), "a plane loses nothing"


def test_levels_are_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = hill(21)
    detailed = Detailed(mesh.positions, mesh.triangles, np.array([0]))
    cache = DerivedCache(tmp_path)
    [(made, made_triangles)] = simplified([detailed], cache)

    def none_to_be_made(_jobs: object) -> None:
        raise AssertionError("they are kept")

    monkeypatch.setattr(levels, "decode_apart", none_to_be_made)
    [(kept, kept_triangles)] = simplified([detailed], cache)
    assert (kept_triangles == made_triangles).all()
    assert (kept.count == made.count).all()
    assert (kept.error_m == made.error_m).all()
    higher = Detailed(mesh.positions * np.float32(2.0), mesh.triangles, np.array([0]))
    with pytest.raises(AssertionError, match="kept"):
        simplified([higher], cache)


def test_the_further_away_the_fewer_triangles_and_never_a_pixel_off() -> None:
    scene = Scene("hill", (hill(41),), (Node("hill", 0, placed(-0.5, 0.0, -0.5)),), (matte(),), ())
    table = ChunkTable(prepare_scene(scene, levels_from=0))
    everything = np.diag([0.0, 0.0, 0.0, 1.0])
    everything[3, 3] = 1.0
    counts = []
    for distance in (0.6, 5.0, 50.0, 5000.0):
        draws = table.draw_list(everything, (0.0, 0.0, distance), None, Detail(600.0))
        counts.append(draws.triangles)
    assert counts[0] == 3200
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < 0.5 * counts[0]
    assert table.draw_list(everything, (0.0, 0.0, 5000.0), None, None).triangles == 3200


def test_small_scenes_are_left_as_they_are() -> None:
    scene = Scene("hill", (hill(41),), (Node("hill", 0, np.eye(4)),), (matte(),), ())
    assert scene.triangle_count() < batches.SIMPLIFIED_FROM_TRIANGLES
    assert prepare_scene(scene).batches[0].chunks.first.shape[1] == 1
