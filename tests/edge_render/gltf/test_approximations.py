"""What is not shown as the file says is told when it is loaded, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge_render.gltf.gltf_files import GltfFile


def _told(file: GltfFile, folder: Path) -> dict[str, str]:
    """Places by code."""
    examined = file.examine(folder)
    assert examined.scene is not None
    return {finding.code: finding.place for finding in examined.findings}


def _uvs(file: GltfFile, count: int) -> dict[str, int]:
    return {f"TEXCOORD_{number}": file.accessor([[0, 0], [1, 0], [0, 1]]) for number in range(count)}


def test_a_third_set_of_texture_coordinates(tmp_path: Path) -> None:
    file = GltfFile()
    names = ("normalTexture", "occlusionTexture", "emissiveTexture")
    file.add("textures", {})
    file.add("materials", {name: {"index": 0, "texCoord": number} for number, name in enumerate(names)})
    file.show(file.triangle(material=0, attributes=_uvs(file, 3)))
    assert _told(file, tmp_path)["UV_SETS"] == "materials[0]"


@pytest.mark.parametrize(("factor", "told"), [(0.5, True), (0.0, False)])
def test_transmission(tmp_path: Path, factor: float, told: bool) -> None:
    file = GltfFile()
    file.use("KHR_materials_transmission")
    file.add("materials", {"extensions": {"KHR_materials_transmission": {"transmissionFactor": factor}}})
    file.show(file.triangle(material=0))
    assert ("TRANSMISSION" in _told(file, tmp_path)) is told


def test_twelve_joints_at_a_vertex(tmp_path: Path) -> None:
    file = GltfFile()
    sets = {f"JOINTS_{number}": file.accessor([[0, 0, 0, 0]] * 3, dtype="uint8") for number in range(3)}
    sets |= {f"WEIGHTS_{number}": file.accessor([[1 if number == 0 else 0, 0, 0, 0]] * 3) for number in range(3)}
    file.add("skins", {"joints": [file.node()]})
    file.show(file.triangle(attributes=sets), skin=0)
    assert _told(file, tmp_path)["JOINT_SETS"] == "meshes[0].primitives[0].attributes"


def test_texture_coordinates_that_would_morph(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle(attributes=_uvs(file, 1), targets=[_uvs(file, 1)]))
    assert _told(file, tmp_path)["MORPHED_ATTRIBUTES"] == "meshes[0].primitives[0].targets"


def test_a_variant_on_other_texture_coordinates(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_materials_variants")
    file.tree["extensions"] = {"KHR_materials_variants": {"variants": [{"name": "oak"}]}}
    file.add("textures", {})
    file.add("materials", {})
    file.add("materials", {"emissiveTexture": {"index": 0, "texCoord": 2}})
    mappings = {"KHR_materials_variants": {"mappings": [{"material": 1, "variants": [0]}]}}
    file.show(file.triangle(material=0, attributes=_uvs(file, 3), extensions=mappings))
    assert "VARIANT_UV_SETS" in _told(file, tmp_path)


def test_a_plain_model_has_nothing_to_tell(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle(attributes=_uvs(file, 2)))
    assert _told(file, tmp_path) == {}
