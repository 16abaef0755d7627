"""glTF 1.0 is read as the glTF 2.0 that it is nearest to."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.errors import ModelError
from edge_render.gltf.loader import load_model
from edge_render.scene import AlphaMode, Scene
from tests.edge_render.gltf.gltf_files import TRIANGLE, png

PICTURE = png([[[255, 0, 0]]])


def _old_file() -> tuple[dict[str, Any], bytes]:
    """A propeller that turns, in the way of COLLADA2GLTF: two vertices of interleaved position and normal a row."""
    rows = np.concatenate([TRIANGLE, np.tile(np.array([0, 0, 1], np.float32), (3, 1))], axis=1)
    parts = {
        "rows": rows.tobytes(),
        "order": np.array([0, 1, 2, 0], np.uint16).tobytes(),
        "times": np.array([0, 1], np.float32).tobytes(),
        "turns": np.array([[0, 0, 0, 1], [0, 0, 1, 0]], np.float32).tobytes(),
        "picture": PICTURE + b"\0" * (-len(PICTURE) % 4),
    }
    views, blob = {}, b""
    for name, part in parts.items():
        views[name] = {"buffer": "binary_glTF", "byteOffset": len(blob), "byteLength": len(part)}
        blob += part

    def accessor(view: str, offset: int, stride: int, component: int, count: int, kind: str) -> dict[str, Any]:
        return {"bufferView": view, "byteOffset": offset, "byteStride": stride, "componentType": component,
                "count": count, "type": kind}  # fmt: skip

    tree = {
        "asset": {"version": "1.0"},
        "extensionsUsed": ["KHR_binary_glTF"],
        "scene": "all",
        "scenes": {"all": {"nodes": ["plane"]}},
        "nodes": {
            "plane": {"children": ["propeller"], "translation": [0, 5, 0]},
            "propeller": {"meshes": ["blade", "hub"], "name": "Propeller", "camera": "eye"},
        },
        "cameras": {"eye": {"type": "perspective", "perspective": {"yfov": 0.5, "znear": 0.1}}},
        "meshes": {
            "blade": {
                "primitives": [{"attributes": {"POSITION": "p", "NORMAL": "n"}, "indices": "i", "material": "red"}]
            },
            "hub": {
                "primitives": [{"attributes": {"POSITION": "p", "TEXCOORD": "n2"}, "material": "glass", "mode": 4}]
            },
        },
        "materials": {
            "red": {
                "technique": "solid",
                "values": {"diffuse": [1, 0, 0, 1], "shininess": 30, "specular": [1, 1, 1, 1]},
            },
            "glass": {
                "extensions": {
                    "KHR_materials_common": {
                        "technique": "LAMBERT",
                        "values": {"diffuse": "t", "transparency": 0.5, "transparent": True, "doubleSided": True},
                    }
                }
            },
        },
        "techniques": {"solid": {"states": {"enable": [2929]}}},
        "textures": {"t": {"source": "picture", "sampler": "s"}},
        "samplers": {"s": {"wrapS": 33071}},
        "images": {
            "picture": {
                "uri": "data:,",
                "extensions": {"KHR_binary_glTF": {"bufferView": "picture", "mimeType": "image/png"}},
            }
        },
        "animations": {
            "spin": {
                "channels": [{"sampler": "a", "target": {"id": "propeller", "path": "rotation"}}],
                "parameters": {"TIME": "time", "rotation": "turn"},
                "samplers": {"a": {"input": "TIME", "interpolation": "LINEAR", "output": "rotation"}},
            }
        },
        "accessors": {
            "p": {**accessor("rows", 0, 24, 5126, 3, "VEC3"), "min": [0, 0, 0], "max": [1, 1, 0]},
            "n": accessor("rows", 12, 24, 5126, 3, "VEC3"),
            "n2": accessor("rows", 0, 24, 5126, 3, "VEC2"),
            "i": accessor("order", 0, 0, 5123, 3, "SCALAR"),
            "time": {**accessor("times", 0, 0, 5126, 2, "SCALAR"), "min": [0], "max": [1]},
            "turn": accessor("turns", 0, 0, 5126, 2, "VEC4"),
        },
        "bufferViews": views,
        "buffers": {"binary_glTF": {"type": "arraybuffer", "byteLength": len(blob), "uri": "data:,"}},
    }
    return tree, blob


def _glb(tree: dict[str, Any], blob: bytes) -> bytes:
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    return b"glTF" + struct.pack("<IIII", 1, 20 + len(text) + len(blob), len(text), 0) + text + blob


def _load(folder: Path, data: bytes) -> Scene:
    path = folder / "old.glb"
    path.write_bytes(data)
    return load_model(path, name="test")


def test_an_old_file_is_drawn_placed_and_moved(tmp_path: Path) -> None:
    scene = _load(tmp_path, _glb(*_old_file()))
    assert [node.name for node in scene.nodes] == ["Propeller"] * 2, "of both meshes of the node"
    assert scene.nodes[0].matrix[1, 3] == 5.0
    blade = scene.meshes[scene.nodes[0].mesh]
    assert blade.positions.tolist() == TRIANGLE.tolist()
    assert blade.normals.tolist() == [[0, 0, 1]] * 3
    assert scene.rig.clips[0].tracks[0].values.tolist() == [[0, 0, 0, 1], [0, 0, 1, 0]]
    assert scene.nodes[0].rig_node == 1
    assert scene.cameras[0].fov_y_rad == 0.5


def test_values_of_old_materials_become_those_of_new_ones(tmp_path: Path) -> None:
    scene = _load(tmp_path, _glb(*_old_file()))
    red, glass = (scene.materials[scene.meshes[node.mesh].material] for node in scene.nodes)
    assert red.base_color_factor == (1.0, 0.0, 0.0, 1.0)
    assert (red.metallic_factor, red.roughness_factor) == (0.0, 0.25)
    assert red.double_sided, "its technique culls nothing"
    assert (glass.alpha_mode, glass.base_color_factor, glass.double_sided) == (AlphaMode.BLEND, (1, 1, 1, 0.5), True)
    texture = scene.textures[glass.base_color_texture.texture]
    assert (texture.pixels.tolist(), texture.wrap_s) == ([[[255, 0, 0, 255]]], "clamp")


def test_a_version_1_without_the_structure_of_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.gltf"
    path.write_text('{"asset": {"version": "1.0"}}')
    with pytest.raises(ModelError, match="only version 2 is supported"):
        load_model(path, name="test")


@pytest.mark.parametrize("missing", ["accessors", "bufferViews", "buffers", "images", "nodes", "textures"])
def test_names_of_what_is_not_there_are_refused(tmp_path: Path, missing: str) -> None:
    tree, blob = _old_file()
    del tree[missing]
    with pytest.raises(ModelError, match=r"old\.glb"):
        _load(tmp_path, _glb(tree, blob))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=10))
def test_flipped_bytes_give_a_scene_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(_glb(*_old_file()))
    for at, value in flips:
        data[at % len(data)] = value
    try:
        scene = _load(tmp_path_factory.mktemp("flip"), bytes(data))
    except ModelError:
        return
    assert all(np.isfinite(mesh.positions).all() for mesh in scene.meshes)
