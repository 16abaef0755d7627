"""The demo showroom is honest work: parts, triangles, and hotspots that are really there."""

from __future__ import annotations

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from edge_render.demo import build_demo
from edge_render.package import Package, open_package
from edge_render.picking import Picker
from edge_render.pose import Ray
from edge_render.scene import AlphaMode, Scene
from edge_render.scene_content import load_scene
from edge_render.walk_space import OccupancyGrid


@pytest.fixture(scope="module")
def package(demo_package: Path) -> Package:
    return open_package(demo_package)


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


def test_the_first_view_shows_three_products_and_the_counter(package: Package, scene: Scene) -> None:
    spec = package.showroom.scenes[package.showroom.entry_scene]
    picker = Picker(scene, spec.hotspots)
    entry = spec.entry_poses[0]
    eye = np.array(entry.position)
    yaw = math.radians(entry.yaw_deg)
    ahead = np.array((-math.sin(yaw), 0.0, -math.cos(yaw)))
    half_width_rad = math.atan(math.tan(spec.fov_y_rad / 2) * 16 / 9)

    def seen(target: tuple[float, float, float]) -> tuple[str | None, str | None]:
        """The hotspot and the node in that direction, if the picture reaches that far to the side."""
        to_target = np.array(target) - eye
        to_target /= np.linalg.norm(to_target)
        if math.acos(float(ahead @ to_target)) > half_width_rad:
            return None, None
        hit = picker.pick(Ray(entry.position, (float(to_target[0]), float(to_target[1]), float(to_target[2]))))
        return (None, None) if hit is None else (hit.hotspot, hit.node)

    products = [hotspot.id for hotspot in spec.hotspots if seen(hotspot.position)[0] == hotspot.id]
    assert len(products) >= 3
    assert (seen((0.0, 0.6, -3.2))[1] or "").startswith("counter-")


def test_light_is_baked_into_what_takes_light(scene: Scene) -> None:
    floor = next(scene.meshes[node.mesh] for node in scene.nodes if node.name == "floor")
    assert floor.colors is not None

    def light(x: float, z: float) -> float:
        assert floor.colors is not None
        near = np.argmin(np.hypot(floor.positions[:, 0] - x, floor.positions[:, 2] - z))
        return float(floor.colors[near, :3].mean())

    assert light(0.5, 1.5) > 2 * light(0.0, -3.5), "the open floor is lighter than that below the counter"
    lamp = next(scene.meshes[node.mesh] for node in scene.nodes if node.name == "downlight-0")
    assert lamp.colors is None, "what glows is not shaded"


def test_it_stays_small(package: Package) -> None:
    spec = package.showroom.scenes[package.showroom.entry_scene]
    assert (package.root / spec.model).stat().st_size < 15 * 1024 * 1024


def test_its_music_is_quiet_small_and_loops_without_a_seam(package: Package) -> None:
    path = package.audio_path(package.showroom.entry_scene)
    assert path is not None
    assert path.stat().st_size < 3 * 1024 * 1024
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32768
    assert 0.02 < np.sqrt((samples**2).mean()) < 0.12
    assert np.abs(samples).max() < 0.3, "nothing is clipped, nothing shouts"
    steps = np.abs(np.diff(samples, axis=0))
    assert (np.abs(samples[0] - samples[-1]) <= steps.max(axis=0)).all()
    seconds = np.sqrt((samples.reshape(24, -1, 2) ** 2).mean(axis=(1, 2)))
    assert seconds.max() < 2 * seconds.min(), "an even murmur, without holes"


def test_visitors_enter_where_they_can_stand(package: Package, scene: Scene) -> None:
    spec = package.showroom.scenes[package.showroom.entry_scene]
    grid = OccupancyGrid(scene, spec.walkable)
    for entry in spec.entry_poses:
        assert grid.is_free(entry.position[0], entry.position[2]), entry.name


def test_it_is_made_the_same_each_time(package: Package, tmp_path: Path) -> None:
    again = build_demo(tmp_path)
    for path in sorted(package.root.iterdir()):
        assert path.read_bytes() == (again.root / path.name).read_bytes(), path.name
