"""Models that others made come whole: what is known of each is what is found in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge_render.gltf.loader import load_model
from edge_render.scene import AlphaMode, Scene
from tests.shared_assets import shared_models

PATHS = {f"{path.parent.name}/{path.name}": path for path in shared_models("models")}


def _clips(scene: Scene) -> int:
    return 0 if scene.rig is None else len(scene.rig.clips)


def _sizes(scene: Scene) -> set[tuple[int, ...]]:
    return {texture.pixels.shape[:2] for texture in scene.textures}


KNOWN: dict[str, tuple[int, Callable[[Scene], bool]]] = {
    "models/AlphaBlendModeTest.glb": (
        61,
        lambda scene: {part.alpha_mode for part in scene.materials} == set(AlphaMode),
    ),
    "models/BoxInterleaved.glb": (12, lambda scene: np.ptp(scene.meshes[0].positions, axis=0).tolist() == [1, 1, 1]),
    "models/BoxMeshopt.glb": (12, lambda scene: len(np.unique(scene.meshes[0].normals, axis=0)) == 6),
    "models/BoxTextured.glb": (12, lambda scene: _sizes(scene) == {(256, 256)}),
    "models/CesiumMilkTruck.glb": (3624, lambda scene: _clips(scene) == 1 and len(scene.nodes) == 5),
    "models/Cesium_Air.glb": (5984, lambda scene: _clips(scene) == 2 and _sizes(scene) == {(1024, 1024)}),
    "models/Duck.glb": (4212, lambda scene: _sizes(scene) == {(512, 512)}),
    "models/agi_ktx2.glb": (18916, lambda scene: scene.materials[0].unlit and _sizes(scene) == {(1024, 1024)}),
    "models/chr_knight.glb": (1460, lambda scene: scene.meshes[0].colors is not None),
    "models/cubevc.glb": (
        48,
        lambda scene: scene.meshes[0].colors is not None and scene.meshes[0].tangents is not None,
    ),
    "garage/garage.gltf": (11358, lambda scene: len(scene.nodes) == 17),
    "home-theater/home-theater.gltf": (7915, lambda scene: len(scene.nodes) == 20),
    "models/pirate_meshopt.glb": (5010, lambda scene: scene.meshes[0].normals.any(axis=1).all()),
    "models/sparse_morph_cube.glb": (12, lambda scene: _clips(scene) == 1 and scene.meshes[0].morphs is not None),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_well_known_model_is_loaded_whole(name: str) -> None:
    if name not in PATHS:
        pytest.skip("the models lie beside the repository, in shared/assets/models, and are not there")
    triangles, has_its_features = KNOWN[name]
    scene = load_model(PATHS[name], name="test")
    assert scene.triangle_count() == triangles
    assert has_its_features(scene)


# Files whose other files are missing can't be loaded; they are Draco's, which test_geometry tests.
OTHERS = sorted(PATHS.keys() - KNOWN.keys() - {"models/BoxDraco.gltf", "models/DracoSparseMesh.gltf"})


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_model_that_lies_there_is_loaded(name: str) -> None:
    assert load_model(PATHS[name], name="test").nodes
