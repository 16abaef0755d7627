"""A package says which animations of a model run, and which variant of its materials is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_render.package import ModelScene
from edge_render.scene import Scene
from edge_render.scene_choices import with_clips, with_variant
from tests.edge_render.gltf.gltf_files import GltfFile


def _spinning(tmp_path: Path) -> Scene:
    """Three nodes: "door" and "fan" move in clips of their own, "wall" stands."""
    file = GltfFile()
    mesh = file.mesh(file.triangle())
    for name in ("door", "fan", "wall"):
        file.node(mesh=mesh, name=name)
    times, turns = file.accessor([0, 1], min=[0], max=[1]), file.accessor([[0, 0, 0, 1], [0, 1, 0, 0]])
    for node, name in enumerate(("open", "spin")):
        file.add(
            "animations",
            {
                "name": name,
                "samplers": [{"input": times, "output": turns}],
                "channels": [{"sampler": 0, "target": {"node": node, "path": "rotation"}}],
            },
        )
    return file.load(tmp_path)


def _moving(scene: Scene) -> list[str]:
    return [node.name for node in scene.nodes if node.rig_node is not None]


def test_all_animations_that_do_not_disturb_each_other_run_by_default(tmp_path: Path) -> None:
    scene = with_clips(_spinning(tmp_path), None)
    assert scene.rig.playing == (0, 1)
    assert _moving(scene) == ["door", "fan"]


def test_named_animations_run_and_what_else_could_move_is_still(tmp_path: Path) -> None:
    scene = with_clips(_spinning(tmp_path), ["spin"])
    assert scene.rig.playing == (1,)
    assert _moving(scene) == ["fan"]


def test_without_animations_nothing_moves_and_there_is_no_rig(tmp_path: Path) -> None:
    scene = with_clips(_spinning(tmp_path), [])
    assert _moving(scene) == []
    assert scene.rig is None


def test_an_animation_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no animation 'jump', but 'open', 'spin'"):
        with_clips(_spinning(tmp_path), ["jump"])


def test_a_variant_dresses_the_nodes_that_it_is_for(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_materials_variants")
    file.tree["extensions"] = {"KHR_materials_variants": {"variants": [{"name": "oak"}, {"name": "steel"}]}}
    for name in ("plain", "oak", "steel"):
        file.add("materials", {"name": name})
    mappings = [{"material": 1, "variants": [0]}, {"material": 2, "variants": [1]}]
    variants = {"extensions": {"KHR_materials_variants": {"mappings": mappings}}}
    mesh = file.mesh(file.triangle(material=0, **variants))
    for name in ("desk", "shelf"):
        file.node(mesh=mesh, name=name)
    file.show(file.triangle(material=0), name="floor")
    scene = file.load(tmp_path)

    def dress(scene: Scene) -> list[str]:
        return [scene.materials[scene.meshes[node.mesh].material].name for node in scene.nodes]

    assert scene.variants == ("oak", "steel")
    assert dress(scene) == ["plain", "plain", "plain"]
    steel = with_variant(scene, "steel")
    assert dress(steel) == ["steel", "steel", "plain"]
    assert steel.nodes[0].mesh == steel.nodes[1].mesh, "what shares a mesh goes on sharing it"
    assert np.shares_memory(steel.meshes[steel.nodes[0].mesh].positions, scene.meshes[0].positions)
    with pytest.raises(ValueError, match="no variant 'gold', but 'oak', 'steel'"):
        with_variant(scene, "gold")


@pytest.mark.parametrize("model", ["a.glb", "a.gltf", "a.obj", "a.PLY", "a.stl", "a.3mf"])
def test_the_manifest_takes_these_model_files_and_choices(model: str) -> None:
    spec = ModelScene.model_validate(
        {
            "type": "model",
            "model": model,
            "animations": ["spin"],
            "variant": "oak",
            "entryPoses": [{"name": "door", "position": [0, 1.6, 0]}],
            "walkable": {"min": [-1, -1], "max": [1, 1]},
        }
    )
    assert (spec.animations, spec.variant) == (("spin",), "oak")
