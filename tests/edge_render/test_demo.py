"""The demo showroom is honest work: parts, triangles, and hotspots that are really there."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_render.demo import build_demo
from edge_render.package import Package
from edge_render.picking import Picker
from edge_render.pose import Ray
from edge_render.scene import AlphaMode, Scene
from edge_render.scene_content import load_scene
from edge_render.walk_space import OccupancyGrid


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return build_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def scene(package: Package) -> Scene:
    return load_scene(package, package.showroom.entry_scene)


def test_it_has_many_parts_of_few_materials(scene: Scene) -> None:
    assert len({node.name for node in scene.nodes}) >= 150
    assert scene.triangle_count() >= 100_000
    used = {scene.meshes[node.mesh].material for node in scene.nodes}
    assert len(used) <= 25
    assert {scene.materials[index].alpha_mode for index in used} == set(AlphaMode)
    assert any(scene.materials[index].double_sided for index in used)
    assert any(scene.materials[index].emissive_texture is not None for index in used)
    assert all(max(texture.pixels.shape[:2]) <= 1024 for texture in scene.textures)


def test_every_product_can_be_tapped_from_the_hall(package: Package, scene: Scene) -> None:
    spec = package.showroom.scenes[package.showroom.entry_scene]
    names = {node.name for node in scene.nodes}
    picker = Picker(scene, spec.hotspots)
    assert len(spec.hotspots) >= 5
    for hotspot in spec.hotspots:
        assert set(hotspot.nodes) <= names
        x, y, z = hotspot.position
        hit = picker.pick(Ray((x - 2.0, y, z), (1.0, 0.0, 0.0)))
        assert hit is not None
        assert hit.hotspot == hotspot.id


def test_visitors_enter_where_they_can_stand(package: Package, scene: Scene) -> None:
    spec = package.showroom.scenes[package.showroom.entry_scene]
    grid = OccupancyGrid(scene, spec.walkable)
    for entry in spec.entry_poses:
        assert grid.is_free(entry.position[0], entry.position[2]), entry.name


def test_it_is_made_the_same_each_time(package: Package, tmp_path: Path) -> None:
    again = build_demo(tmp_path)
    for path in sorted(package.root.iterdir()):
        assert path.read_bytes() == (again.root / path.name).read_bytes(), path.name
