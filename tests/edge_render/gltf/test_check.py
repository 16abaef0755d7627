"""What is wrong with a glTF file is told: what refuses it, what is drawn all the same, and what is only odd."""

from __future__ import annotations

import copy
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.errors import ModelError
from edge_render.findings import Severity
from edge_render.gltf.limits import DRAWN_TRIANGLES_MAX, IMAGE_SIDE_MAX
from edge_render.gltf.loader import UNEXPECTED, ExaminedModel, examine_model, load_model
from tests.edge_render.gltf.gltf_files import GltfFile, png
from tests.edge_render.gltf.rich_model import rich_model

ERROR, DEFECT, WARNING = Severity.ERROR, Severity.DEFECT, Severity.WARNING

RICH = rich_model()


def examined(folder: Path, data: bytes, name: str) -> ExaminedModel:
    path = folder / name
    path.write_bytes(data)
    return examine_model(path, name="test")


def set_in(tree: Any, path: str, value: object) -> None:
    *parents, last = path.split(".")
    at = tree
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    at[int(last) if isinstance(at, list) else last] = value


def spoiled(path: str, value: object) -> GltfFile:
    """The rich model with one value put in place of another."""
    file = copy.deepcopy(RICH)
    set_in(file.tree, path, value)
    return file


def accessor_of(path: str) -> int:
    at: Any = RICH.tree
    for key in path.split("."):
        at = at[int(key)] if isinstance(at, list) else at[key]
    return int(at)


BODY = "meshes.0.primitives.0"


def test_nothing_is_wrong_with_a_file_that_has_some_of_everything(tmp_path: Path) -> None:
    model = RICH.examine(tmp_path)
    assert model.findings == ()
    assert model.scene is not None
    assert {node.name for node in model.scene.nodes} == {"body", "copies"}


@pytest.mark.parametrize(
    ("path", "value", "severity", "place", "code"),
    [
        ("asset.version", "3.0", ERROR, "asset.version", "UNKNOWN_ASSET_MAJOR_VERSION"),
        ("asset.version", "2.9", WARNING, "asset.version", "UNKNOWN_ASSET_MINOR_VERSION"),
        ("asset.minVersion", "2.1", DEFECT, "asset.minVersion", "ASSET_MIN_VERSION_GREATER_THAN_VERSION"),
        ("asset.surprise", 1, WARNING, "asset.surprise", "UNEXPECTED_PROPERTY"),
        ("extensionsUsed", ["ACME_curves"], WARNING, "extensionsUsed", "UNSUPPORTED_EXTENSION"),
        ("extensionsRequired", ["ACME_curves"], ERROR, "extensionsRequired", "UNSUPPORTED_EXTENSION"),
        ("scenes.0.nodes", [99], ERROR, "scenes[0].nodes", "UNRESOLVED_REFERENCE"),
        ("scenes.0.nodes", [0], DEFECT, "scenes[0].nodes", "SCENE_NON_ROOT_NODE"),
        ("scenes.0.nodes", "all", ERROR, "scenes[0].nodes", "TYPE_MISMATCH"),
        ("nodes.0.children", [0], ERROR, "nodes[2].children", "NODE_PARENT_OVERRIDE"),
        ("nodes.0.children", [2], ERROR, "nodes[0].children", "NODE_LOOP"),
        ("nodes.0.rotation", [0, 0, 0, 0], ERROR, "nodes[0].rotation", "ROTATION_NON_UNIT"),
        ("nodes.0.rotation", [0, 0, 0, 2], DEFECT, "nodes[0].rotation", "ROTATION_NON_UNIT"),
        ("nodes.0.matrix", [1] * 15, ERROR, "nodes[0].matrix", "ARRAY_LENGTH_NOT_IN_LIST"),
        ("nodes.0.matrix", [1] * 16, ERROR, "nodes[0].matrix", "NODE_MATRIX_NON_TRS"),
        ("nodes.0.translation", [1e400, 0, 0], ERROR, "", "INVALID_JSON"),
        ("nodes.3.weights", [1, 2], DEFECT, "nodes[3].weights", "NODE_WEIGHTS_INVALID"),
        ("nodes.2.skin", 0, DEFECT, "nodes[2].skin", "UNSATISFIED_DEPENDENCY"),
        ("nodes.4.skin", 0, DEFECT, "nodes[4].skin", "NODE_SKIN_WITH_NON_SKINNED_MESH"),
        ("skins.0.joints", [], ERROR, "skins[0].joints", "EMPTY_ENTITY"),
        ("skins.0.joints", [0, 1, 2], ERROR, "skins[0].inverseBindMatrices", "INVALID_IBM_ACCESSOR_COUNT"),
        ("skins.0.joints", [0], ERROR, f"{BODY}.attributes.JOINTS_0", "ACCESSOR_JOINTS_INDEX_OOB"),
        ("skins.0.inverseBindMatrices", 0, ERROR, "skins[0].inverseBindMatrices", "SKIN_IBM_INVALID_FORMAT"),
        ("animations.0.channels.0.sampler", 9, ERROR, "animations[0].channels[0].sampler", "UNRESOLVED_REFERENCE"),
        ("animations.0.channels.0.target.path", "pointer", WARNING, "animations[0].channels[0].target.path",
         "VALUE_NOT_IN_LIST"),
        ("animations.0.channels.0.target.path", "scale", ERROR, "animations[0].channels[0].sampler",
         "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT"),
        ("animations.0.channels.1.target.node", 0, ERROR, "animations[0].channels[1].target",
         "ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS"),
        ("animations.0.samplers.2.interpolation", "LINEAR", ERROR, "animations[0].channels[2].sampler",
         "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT"),
        ("animations.0.samplers.2.interpolation", "WAVY", DEFECT, "animations[0].samplers[2].interpolation",
         "VALUE_NOT_IN_LIST"),
        ("cameras.0.perspective.yfov", 0, ERROR, "cameras[0].perspective.yfov", "VALUE_NOT_IN_RANGE"),
        ("cameras.0.type", "orthographic", ERROR, "cameras[0].orthographic", "UNDEFINED_PROPERTY"),
        ("extensions.KHR_lights_punctual.lights.0.spot.innerConeAngle", 3, DEFECT,
         "extensions.KHR_lights_punctual.lights[0].spot", "KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES"),
        ("materials.0.pbrMetallicRoughness.metallicFactor", 1.5, DEFECT,
         "materials[0].pbrMetallicRoughness.metallicFactor", "VALUE_NOT_IN_RANGE"),
        ("materials.0.normalTexture", None, DEFECT, "materials[0].normalTexture", "TYPE_MISMATCH"),
        ("materials.0.normalTexture.texCoord", 1, DEFECT, f"{BODY}.material", "MESH_PRIMITIVE_TOO_FEW_TEXCOORDS"),
        ("materials.1.alphaMode", "MAYBE", DEFECT, "materials[1].alphaMode", "VALUE_NOT_IN_LIST"),
        ("materials.1.extensions", {"KHR_materials_unlit": {}}, DEFECT, "materials[1].extensions.KHR_materials_unlit",
         "UNDECLARED_EXTENSION"),
        ("textures.0.source", 9, ERROR, "textures[0].source", "UNRESOLVED_REFERENCE"),
        ("images.0.mimeType", "image/jpeg", DEFECT, "images[0].mimeType", "IMAGE_MIME_TYPE_INVALID"),
        ("images.0", {"uri": "gone.png"}, ERROR, "images[0].uri", "IO_ERROR"),
        ("images.0", {"uri": "../secret.png"}, ERROR, "images[0].uri", "URI_OUTSIDE_FOLDER"),
        ("images.0", {"uri": "/etc/passwd"}, ERROR, "images[0].uri", "INVALID_URI"),
        ("images.0", {"uri": "https://example.org/a.png"}, WARNING, "images[0].uri", "NON_RELATIVE_URI"),
        ("images.0", {"uri": "data:image/png;base64,AAAA"}, ERROR, "images[0]", "IMAGE_UNRECOGNIZED_FORMAT"),
        ("images.0", {}, ERROR, "images[0]", "ONE_OF_MISMATCH"),
        ("images", [], ERROR, "textures[0].source", "UNRESOLVED_REFERENCE"),
        (f"{BODY}.mode", 7, ERROR, f"{BODY}.mode", "VALUE_NOT_IN_RANGE"),
        (f"{BODY}.attributes", {}, WARNING, f"{BODY}.attributes", "MESH_PRIMITIVE_NO_POSITION"),
        (f"{BODY}.attributes.COLOUR", 0, DEFECT, f"{BODY}.attributes.COLOUR", "MESH_PRIMITIVE_INVALID_ATTRIBUTE"),
        (f"{BODY}.attributes.NORMAL", accessor_of(f"{BODY}.attributes.TEXCOORD_0"), ERROR, f"{BODY}.attributes.NORMAL",
         "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT"),
        (f"{BODY}.attributes.JOINTS_1", accessor_of(f"{BODY}.attributes.JOINTS_0"), DEFECT, f"{BODY}.attributes",
         "MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH"),
        (f"{BODY}.attributes.TEXCOORD_3", accessor_of(f"{BODY}.attributes.TEXCOORD_0"), DEFECT, f"{BODY}.attributes",
         "MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY"),
        (f"{BODY}.indices", accessor_of(f"{BODY}.attributes.POSITION"), ERROR, f"{BODY}.indices",
         "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT"),
        (f"{BODY}.targets.0.TANGENT", accessor_of(f"{BODY}.attributes.POSITION"), DEFECT, f"{BODY}.targets[0].TANGENT",
         "MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR"),
        (f"{BODY}.extensions.KHR_materials_variants.mappings.0.variants", [0, 4], ERROR,
         f"{BODY}.extensions.KHR_materials_variants.mappings[0].variants", "UNRESOLVED_REFERENCE"),
        ("meshes.0.weights", [1, 2, 3], DEFECT, "meshes[0].weights", "MESH_INVALID_WEIGHTS_COUNT"),
        ("accessors.0.count", 2_000_000_000, ERROR, "accessors[0]", "ACCESSOR_TOO_LONG"),
        ("accessors.0.count", True, ERROR, "accessors[0].count", "TYPE_MISMATCH"),
        ("accessors.0.componentType", 5124, ERROR, "accessors[0]", "VALUE_NOT_IN_LIST"),
        ("accessors.0.byteOffset", 2, ERROR, "accessors[0]", "ACCESSOR_TOO_LONG"),
        ("bufferViews.0.byteLength", 10_000_000, ERROR, "bufferViews[0]", "BUFFER_VIEW_TOO_LONG"),
        ("bufferViews.0.buffer", 1, ERROR, "bufferViews[0].buffer", "UNRESOLVED_REFERENCE"),
        ("nodes.4.extensions.EXT_mesh_gpu_instancing.attributes.ROTATION", 0, ERROR,
         "nodes[4].extensions.EXT_mesh_gpu_instancing.attributes.ROTATION", "EXT_MESH_GPU_INSTANCING_INVALID_FORMAT"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(
    tmp_path: Path, path: str, value: object, severity: Severity, place: str, code: str
) -> None:
    model = spoiled(path, value).examine(tmp_path)
    wanted = place.replace(BODY, "meshes[0].primitives[0]")
    assert (severity, wanted, code) in [(found.severity, found.place, found.code) for found in model.findings]
    assert (model.scene is None) == any(found.severity is ERROR for found in model.findings)


def with_values(path: str, values: Any) -> GltfFile:
    """The rich model with other bytes behind an accessor."""
    file = copy.deepcopy(RICH)
    view = file.tree["bufferViews"][file.tree["accessors"][accessor_of(path)]["bufferView"]]
    data = np.asarray(values).tobytes()
    assert len(data) == view["byteLength"]
    file.overwrite(view["byteOffset"], data)
    return file


@pytest.mark.parametrize(
    ("path", "values", "severity", "code"),
    [
        (f"{BODY}.attributes.POSITION", np.full((3, 3), np.nan, np.float32), ERROR, "ACCESSOR_INVALID_FLOAT"),
        (f"{BODY}.attributes.POSITION", np.full((3, 3), -5, np.float32), DEFECT, "ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND"),
        (f"{BODY}.attributes.POSITION", np.zeros((3, 3), np.float32), DEFECT, "ACCESSOR_MAX_MISMATCH"),
        (f"{BODY}.attributes.NORMAL", np.zeros((3, 3), np.float32), DEFECT, "ACCESSOR_VECTOR3_NON_UNIT"),
        (f"{BODY}.attributes.WEIGHTS_0", np.full((3, 4), 1, np.float32), DEFECT, "ACCESSOR_WEIGHTS_NON_NORMALIZED"),
        (f"{BODY}.attributes.WEIGHTS_0", np.full((3, 4), -1, np.float32), DEFECT, "ACCESSOR_NEGATIVE_WEIGHTS"),
        ("animations.0.samplers.0.input", np.float32([1, 0]), ERROR, "ACCESSOR_ANIMATION_INPUT_NON_INCREASING"),
        ("animations.0.samplers.0.input", np.float32([1, 1]), DEFECT, "ACCESSOR_ANIMATION_INPUT_NON_INCREASING"),
        ("animations.0.samplers.0.input", np.float32([-1, 1]), DEFECT, "ACCESSOR_ANIMATION_INPUT_NEGATIVE"),
        ("animations.0.samplers.0.output", np.zeros((2, 4), np.float32), DEFECT,
         "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION"),
    ],
)  # fmt: skip
def test_what_the_bytes_say_is_checked_too(
    tmp_path: Path, path: str, values: Any, severity: Severity, code: str
) -> None:
    model = with_values(path, values).examine(tmp_path)
    assert (severity, code) in [(found.severity, found.code) for found in model.findings]


def test_indices_beyond_the_vertices_are_refused(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle(indices=file.accessor([0, 1, 3], dtype="uint8")))
    (found,) = file.examine(tmp_path).findings
    assert (found.code, found.place) == ("ACCESSOR_INDEX_OOB", "meshes[0].primitives[0].indices")
    assert found.message == "names vertex 3, but there are 3"


def test_what_nothing_shows_is_no_reason_to_refuse_the_rest(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle())
    file.image(b"no image at all")
    file.accessor([[np.nan, 0, 0]])
    file.tree["accessors"].append({"componentType": 1, "type": "TENSOR", "count": 3})
    file.tree["buffers"] = [{"byteLength": 4, "uri": "https://example.org/more.bin"}]
    model = file.examine(tmp_path)
    assert model.scene is not None
    assert {found.code for found in model.findings} == {
        "ACCESSOR_INVALID_FLOAT",
        "IMAGE_UNRECOGNIZED_FORMAT",
        "NON_RELATIVE_URI",
        "VALUE_NOT_IN_LIST",
    }


def test_all_errors_of_a_kind_are_told_at_once_and_the_first_is_raised(tmp_path: Path) -> None:
    file = GltfFile()
    file.show({**file.triangle(), "material": 3}, {**file.triangle(), "material": 4})
    with pytest.raises(ModelError, match=r"^model.glb: meshes\[0\].primitives\[0\].material: .* \(and 1 more\)$"):
        file.load(tmp_path)


def test_of_a_million_mistakes_the_first_few_are_told(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle())
    file.tree["meshes"][0]["primitives"] = [{**file.triangle(), "material": 7}] * 5000
    told = file.examine(tmp_path).findings
    assert len(told) == 21
    assert told[-1].message == "and 4980 more like this"


def test_a_key_that_is_said_twice_is_told(tmp_path: Path) -> None:
    text = '{"asset": {"version": "1.0", "version": "2.0"}}'
    assert examined(tmp_path, text.encode(), "model.gltf").findings[0].code == "DUPLICATE_KEY"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "INVALID_JSON"),
        (b"[]", "TYPE_MISMATCH"),
        (b'{"asset": {"version": "2.0"}, "scene": NaN}', "INVALID_JSON"),
        (b'{"asset": {"version": "2.0", "generator": "\\ud800"}}', "INVALID_JSON"),
        ('{"asset": {"version": "2.0"}}'.encode("utf-16"), "INVALID_JSON"),
        (b'{"asset": {"version": "2.0"}, "extras": ' + b"[" * 50_000, "JSON_TOO_COMPLEX"),
        (b'{"asset": {"version": "2.0"}, "nodes": [' + b"{}," * 300_000 + b"{}]}", "JSON_TOO_COMPLEX"),
        (b'{"asset": {"version": "2.0"}, "scene": ' + b"9" * 10_000 + b"}", "INVALID_JSON"),
    ],
)
def test_json_that_is_none_or_too_much_is_refused(tmp_path: Path, text: bytes, code: str) -> None:
    model = examined(tmp_path, text, "model.gltf")
    assert model.scene is None
    assert [found.code for found in model.findings] == [code]


def test_numbers_are_what_they_are_however_they_are_written(tmp_path: Path) -> None:
    text = b'{"asset": {"version": "2.0"}, "scene": 0e0, "scenes": [{"nodes": [1.0e0]}], "nodes": [{}, {}]}'
    assert [found.code for found in examined(tmp_path, text, "model.gltf").findings] == ["NOTHING_TO_DRAW"]


def test_pipes_and_links_out_of_the_folder_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(4))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    os.mkfifo(folder / "pipe.bin")
    buffers = [{"uri": "link.bin", "byteLength": 4}, {"uri": "pipe.bin", "byteLength": 4}]
    text = json.dumps({"asset": {"version": "2.0"}, "buffers": buffers}).encode()
    codes = [found.code for found in examined(folder, text, "model.gltf").findings]
    assert codes[:2] == ["URI_OUTSIDE_FOLDER", "IO_ERROR"]


@pytest.mark.parametrize("kind", ["accessor without bytes", "one mesh very often", "many instances", "huge image"])
def test_a_small_file_can_not_ask_for_much(tmp_path: Path, kind: str) -> None:
    file = GltfFile()
    triangle = file.triangle()
    if kind == "accessor without bytes":
        positions = {"componentType": 5126, "type": "VEC3", "count": 19_000_000, "min": [0] * 3, "max": [0] * 3}
        file.show({"attributes": {"POSITION": file.add("accessors", positions)}})
    elif kind == "one mesh very often":
        repeats = 3_000_000
        indices = file.accessor(np.zeros(repeats), dtype="uint8")
        mesh = file.mesh({**triangle, "indices": indices})
        for _ in range(DRAWN_TRIANGLES_MAX * 3 // repeats + 1):
            file.node(mesh=mesh)
    elif kind == "many instances":
        copies = file.add("accessors", {"componentType": 5126, "type": "VEC3", "count": 5_000_000})
        instancing = {"attributes": {"TRANSLATION": copies}}
        file.show(triangle, extensions={"EXT_mesh_gpu_instancing": instancing})
    else:
        data = bytearray(png(np.zeros((1, 1), np.uint8)))
        struct.pack_into(">II", data, 16, IMAGE_SIDE_MAX + 1, 4)
        file.image(bytes(data))
        file.tree["textures"] = [{"source": 0}]
        material = {"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}
        file.show({**triangle, "material": file.add("materials", material)})
    model = file.examine(tmp_path)
    assert model.scene is None
    wanted = "IMAGE_TOO_LARGE" if kind == "huge image" else "TOO_MUCH_DATA"
    assert wanted in {found.code for found in model.findings}


def test_a_deep_chain_of_nodes_is_no_trouble(tmp_path: Path) -> None:
    file = GltfFile()
    depth = 20_000
    for index in range(depth):
        file.node(shown=index == 0, children=[index + 1])
    file.node(shown=False, mesh=file.mesh(file.triangle()))
    assert file.examine(tmp_path).findings == ()


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found = [] if not path else [path]
    for key, value in items:
        found += _places(value, (*path, key))
    return found


PLACES = _places(RICH.tree)
HOSTILE = [0, 1, -1, 3, 255, 65535, 2**31, 2**53, 10**30, 0.5, 1e38, 1e300, True, None, "", "x", [], {}, [0], [0] * 16,
           [[]], "VEC3", "MAT4", 5121, 5125, 5126, "data:,", "data:application/octet-stream;base64,AAAA"]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from([*HOSTILE, "delete", "repeat"])), min_size=1, max_size=3
    )
)
def test_no_change_to_a_good_file_is_more_than_an_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[tuple[Any, ...], Any]]
) -> None:
    file = copy.deepcopy(RICH)
    for path, value in changes:
        _change(file.tree, path, value)
    model = examined(tmp_path_factory.getbasetemp(), file.glb(), "mutated.glb")
    assert [found for found in model.findings if found.code == UNEXPECTED] == []
    assert (model.scene is None) == any(found.severity is ERROR for found in model.findings)
    assert all(str(found).isprintable() for found in model.findings)


def _change(tree: Any, path: tuple[Any, ...], value: object) -> None:
    *parents, last = path
    at = tree
    for key in parents:
        try:
            at = at[key]
        except (KeyError, IndexError, TypeError):
            return
    try:
        if value == "delete":
            del at[last]
        elif value == "repeat" and isinstance(at, list):
            at.append(copy.deepcopy(at[last]))
        else:
            at[last] = copy.deepcopy(value)
    except (KeyError, IndexError, TypeError):
        return


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=30), st.integers(0, 10**6))
def test_no_bytes_are_more_than_an_error(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(RICH.glb())
    for at, value in flips:
        data[at % len(data)] = value
    model = examined(tmp_path_factory.getbasetemp(), bytes(data[: length or len(data)]), "flipped.glb")
    assert [found for found in model.findings if found.code == UNEXPECTED] == []


def test_a_model_without_anything_to_draw_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "empty.gltf"
    path.write_text('{"asset": {"version": "2.0"}}')
    assert load_model(path, name="test").nodes == ()
