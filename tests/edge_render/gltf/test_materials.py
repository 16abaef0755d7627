"""Materials and all their extensions, and where their textures are looked up."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from edge_render.gltf.format_materials import MaterialPart
from edge_render.gltf.materials import UvSlots, uv_slots
from edge_render.scene import Clearcoat, Material, Sheen, Specular, TextureUse, Transmission, UvTransform
from tests.edge_render.gltf.gltf_files import GltfFile, png


def _material(folder: Path, part: dict[str, Any], *, textures: int = 0) -> Material:
    """That of a triangle; texture n is a picture of the colour n."""
    file = GltfFile()
    for extension in part.get("extensions", {}):
        file.use(extension, required=True)
    for index in range(textures):
        file.texture(png([[[index, 0, 0]]]))
    file.add("materials", part)
    sets = {f"TEXCOORD_{number}": file.accessor([[0, 0], [1, 0], [0, 1]]) for number in range(2)}
    file.show(file.triangle(material=0, attributes=sets))
    scene = file.load(folder)
    return scene.materials[scene.meshes[scene.nodes[0].mesh].material]


def _extended(folder: Path, name: str, part: dict[str, Any], *, textures: int = 0) -> Material:
    return _material(folder, {"extensions": {name: part}}, textures=textures)


def test_a_primitive_without_material_has_the_default_of_the_standard(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle())
    scene = file.load(tmp_path)
    assert scene.materials[scene.meshes[0].material] == Material("default")


def test_scales_and_strengths_of_core_textures(tmp_path: Path) -> None:
    part = {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicRoughnessTexture": {"index": 1}},
        "normalTexture": {"index": 2, "scale": 0.5},
        "occlusionTexture": {"index": 3, "strength": 0.25, "texCoord": 1},
        "emissiveTexture": {"index": 4},
    }
    material = _material(tmp_path, part, textures=5)
    uses = [
        material.base_color_texture,
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
    ]
    assert uses == [TextureUse(0), TextureUse(1), TextureUse(2), TextureUse(3, uv_set=1), TextureUse(4)]
    assert (material.normal_scale, material.occlusion_strength) == (0.5, 0.25)


def test_unlit(tmp_path: Path) -> None:
    assert _extended(tmp_path, "KHR_materials_unlit", {}).unlit


def test_emission_may_be_stronger_than_white(tmp_path: Path) -> None:
    extension = {"KHR_materials_emissive_strength": {"emissiveStrength": 8.0}}
    part = {"emissiveFactor": [1.0, 0.5, 0.0], "extensions": extension}
    assert _material(tmp_path, part).emissive_factor == (8.0, 4.0, 0.0)


def test_index_of_refraction(tmp_path: Path) -> None:
    assert _extended(tmp_path, "KHR_materials_ior", {"ior": 1.33}).ior == 1.33


def test_clearcoat(tmp_path: Path) -> None:
    part = {
        "clearcoatFactor": 1.0,
        "clearcoatTexture": {"index": 0},
        "clearcoatRoughnessFactor": 0.5,
        "clearcoatRoughnessTexture": {"index": 1},
        "clearcoatNormalTexture": {"index": 2, "scale": 0.75},
    }
    expected = Clearcoat(1.0, TextureUse(0), 0.5, TextureUse(1), TextureUse(2), 0.75)
    assert _extended(tmp_path, "KHR_materials_clearcoat", part, textures=3).clearcoat == expected


def test_sheen(tmp_path: Path) -> None:
    part = {
        "sheenColorFactor": [0.1, 0.2, 0.3],
        "sheenColorTexture": {"index": 0},
        "sheenRoughnessFactor": 0.4,
        "sheenRoughnessTexture": {"index": 1},
    }
    expected = Sheen((0.1, 0.2, 0.3), TextureUse(0), 0.4, TextureUse(1))
    assert _extended(tmp_path, "KHR_materials_sheen", part, textures=2).sheen == expected


def test_specular(tmp_path: Path) -> None:
    part = {
        "specularFactor": 0.5,
        "specularTexture": {"index": 0},
        "specularColorFactor": [2.0, 1.0, 0.5],
        "specularColorTexture": {"index": 1},
    }
    expected = Specular(0.5, TextureUse(0), (2.0, 1.0, 0.5), TextureUse(1))
    assert _extended(tmp_path, "KHR_materials_specular", part, textures=2).specular == expected


def test_specular_and_glossiness_become_a_dielectric_that_reflects_as_much(tmp_path: Path) -> None:
    part = {
        "diffuseFactor": [0.5, 0.25, 0.125, 1.0],
        "diffuseTexture": {"index": 0},
        "specularFactor": [0.9, 0.8, 0.7],
        "glossinessFactor": 0.75,
    }
    material = _extended(tmp_path, "KHR_materials_pbrSpecularGlossiness", part, textures=1)
    assert (material.base_color_factor, material.base_color_texture) == ((0.5, 0.25, 0.125, 1.0), TextureUse(0))
    assert (material.metallic_factor, material.roughness_factor) == (0.0, 0.25)
    assert (material.ior, material.specular) == (0.0, Specular(1.0, None, (0.9, 0.8, 0.7)))


def test_glossiness_in_alpha_becomes_roughness_in_green(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_materials_pbrSpecularGlossiness")
    info = {"index": file.texture(png([[[200, 100, 50, 255], [200, 100, 50, 0]]]))}
    part = {"specularGlossinessTexture": info, "glossinessFactor": 0.5}
    file.add("materials", {"extensions": {"KHR_materials_pbrSpecularGlossiness": part}})
    file.show(file.triangle(material=0, attributes={"TEXCOORD_0": file.accessor([[0, 0]] * 3)}))
    scene = file.load(tmp_path)
    material = scene.materials[0]
    assert scene.textures[material.metallic_roughness_texture.texture].pixels[0, :, 1].tolist() == [128, 255]
    assert scene.textures[material.specular.color_texture.texture].pixels[0, 0].tolist() == [200, 100, 50, 255]
    assert material.roughness_factor == 1.0


def test_transmission(tmp_path: Path) -> None:
    part = {"transmissionFactor": 0.9, "transmissionTexture": {"index": 0}}
    expected = Transmission(0.9, TextureUse(0))
    assert _extended(tmp_path, "KHR_materials_transmission", part, textures=1).transmission == expected


def test_a_texture_is_moved_turned_and_scaled_and_may_be_on_another_set(tmp_path: Path) -> None:
    transform = {"offset": [0.5, 0.25], "rotation": math.pi / 2, "scale": [2, 3], "texCoord": 1}
    info = {"index": 0, "texCoord": 0, "extensions": {"KHR_texture_transform": transform}}
    material = _material(tmp_path, {"emissiveTexture": info}, textures=1)
    expected = UvTransform((0.5, 0.25), math.pi / 2, (2.0, 3.0))
    assert material.emissive_texture == TextureUse(0, 1, expected)


def test_a_transform_that_does_nothing_is_none(tmp_path: Path) -> None:
    info = {"index": 0, "extensions": {"KHR_texture_transform": {"scale": [1, 1]}}}
    assert _material(tmp_path, {"emissiveTexture": info}, textures=1).emissive_texture == TextureUse(0)


@pytest.mark.parametrize(
    ("sets", "slots"),
    [
        ([], UvSlots(0, 1)),
        ([0], UvSlots(0, 1)),
        ([1], UvSlots(0, 1)),
        ([0, 1], UvSlots(0, 1)),
        ([3], UvSlots(3, 1)),
        ([0, 2], UvSlots(0, 2)),
        ([1, 2], UvSlots(2, 1)),
        ([2, 5], UvSlots(2, 5)),
        ([0, 1, 2], UvSlots(0, 1, (2,))),
        ([2, 3, 4], UvSlots(2, 3, (4,))),
    ],
)
def test_a_mesh_has_room_for_two_sets_of_texture_coordinates(sets: list[int], slots: UvSlots) -> None:
    names = ["normalTexture", "occlusionTexture", "emissiveTexture"]
    tree = {name: {"index": 0, "texCoord": uv_set} for name, uv_set in zip(names, sets, strict=False)}
    assert uv_slots(MaterialPart.model_validate(tree)) == slots
