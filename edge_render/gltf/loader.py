"""The door to trimesh: a glTF 2.0 file becomes a Scene.

`check` reads and checks the structure; only what it knows is handed on, under names of ours, so that
trimesh's nodes, meshes and materials can be told apart whatever the file calls them. Images, samplers and
material factors are taken from the checked structure, as trimesh drops some of them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import trimesh
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.check import CheckedGltf, read_gltf
from edge_render.gltf.format_materials import MaterialPart
from edge_render.gltf.format_textures import TextureInfo
from edge_render.gltf.images import ImageDecoder
from edge_render.scene import AlphaMode, Material, Mesh, Node, Scene, Texture, TextureUse

_TRIANGLE_MODES: Final = (4, 5)
_ATTRIBUTES: Final = ("POSITION", "NORMAL", "TEXCOORD_0", "COLOR_0")
_NODE_FIELDS: Final = {"children", "mesh", "matrix", "translation", "rotation", "scale"}
_NODE_NAME: Final = re.compile(r"^n(\d+)")
_COLOR_SCALES: Final = {"uint8": 255.0, "uint16": 65535.0}


def load_model(path: Path, *, name: str) -> Scene:
    """Load a .glb or .gltf file. Raises ModelError, which names the file and the place in it.

    Lights, environment and exposure are the Scene's defaults. Nodes keep their names of the file; a node
    of several primitives gives several nodes of the same name. Points, lines and fans are left out.
    """
    checked = read_gltf(path)
    materials, textures = _materials(checked)
    meshes, nodes = _geometry(checked)
    if not nodes:
        raise ModelError(f"{path.name}: its scene has no triangles to draw")
    return Scene(name=name, meshes=meshes, nodes=nodes, materials=materials, textures=textures)


def _materials(checked: CheckedGltf) -> tuple[tuple[Material, ...], tuple[Texture, ...]]:
    decoder = ImageDecoder(checked)
    textures: list[Texture] = []
    places: dict[tuple[bytes, int | None], int | None] = {}

    def place(info: TextureInfo | None) -> TextureUse | None:
        if info is None:
            return None
        key = decoder.identity(info.index)
        if key not in places:
            texture = decoder.texture(info.index)
            places[key] = None if texture is None else len(textures)
            if texture is not None:
                textures.append(texture)
        index = places[key]
        return None if index is None else TextureUse(index)

    def material(index: int, part: MaterialPart) -> Material:
        pbr = part.pbr_metallic_roughness
        return Material(
            name=part.name or f"material-{index}",
            base_color_factor=pbr.base_color_factor,
            metallic_factor=pbr.metallic_factor,
            roughness_factor=pbr.roughness_factor,
            emissive_factor=part.emissive_factor,
            alpha_mode=AlphaMode(part.alpha_mode),
            alpha_cutoff=part.alpha_cutoff,
            double_sided=part.double_sided,
            base_color_texture=place(pbr.base_color_texture),
            metallic_roughness_texture=place(pbr.metallic_roughness_texture),
            normal_texture=place(part.normal_texture),
            normal_scale=part.normal_texture.scale if part.normal_texture else 1.0,
            occlusion_texture=place(part.occlusion_texture),
            occlusion_strength=part.occlusion_texture.strength if part.occlusion_texture else 1.0,
            emissive_texture=place(part.emissive_texture),
        )

    # One more than in the file: what primitives without a material get (glTF 2.0, section 3.7.2.1).
    parts = [*checked.gltf.materials, MaterialPart(name="default")]
    return tuple(material(index, part) for index, part in enumerate(parts)), tuple(textures)


def _geometry(checked: CheckedGltf) -> tuple[tuple[Mesh, ...], tuple[Node, ...]]:
    try:
        loaded = trimesh.load_scene(
            trimesh.util.wrap_as_stream(json.dumps(_renamed(checked)).encode()),
            file_type="gltf",
            resolver=_Buffers(checked.buffers),
            process=False,
        )
        placements = [(name, *loaded.graph.get(name)) for name in loaded.graph.nodes_geometry]
    except Exception as error:
        # trimesh raises whatever its code runs into; the structure is checked, so this is data that it can't read.
        raise ModelError(f"{checked.path.name}: trimesh can't read it: {type(error).__name__}: {error}") from error
    meshes: list[Mesh] = []
    index_of: dict[str, int] = {}
    nodes: list[Node] = []
    for frame_name, matrix, geometry_name in placements:
        geometry = loaded.geometry[geometry_name]
        if not isinstance(geometry, trimesh.Trimesh) or len(geometry.faces) == 0:
            continue
        match = _NODE_NAME.match(frame_name)
        assert match is not None, "every node was given such a name"
        node = int(match.group(1))
        world = np.asarray(matrix, dtype=np.float64)
        if not np.isfinite(world).all():
            raise ModelError(f"{checked.path.name}: nodes[{node}]: its place is not finite")
        if geometry_name not in index_of:
            index_of[geometry_name] = len(meshes)
            meshes.append(_mesh(f"{checked.path.name}: nodes[{node}].mesh", geometry))
        nodes.append(Node(checked.gltf.nodes[node].name or f"node-{node}", index_of[geometry_name], world))
    return tuple(meshes), tuple(nodes)


def _renamed(checked: CheckedGltf) -> dict[str, Any]:
    """The structure for trimesh: indices as names, no images, a material for every primitive."""
    gltf = checked.gltf
    tree: dict[str, Any] = gltf.model_dump(
        by_alias=True, exclude_none=True, include={"asset", "scene", "scenes", "accessors", "buffer_views"}
    )
    tree["buffers"] = [{"byteLength": len(data), "uri": str(index)} for index, data in enumerate(checked.buffers)]
    tree["materials"] = [{"name": f"k{index}"} for index in range(len(gltf.materials) + 1)]
    tree["meshes"] = []
    for index, mesh in enumerate(gltf.meshes):
        primitives = [
            {
                **primitive.model_dump(by_alias=True, exclude_none=True, include={"indices", "mode"}),
                "attributes": {name: at for name, at in primitive.attributes.items() if name in _ATTRIBUTES},
                "material": len(gltf.materials) if primitive.material is None else primitive.material,
            }
            for primitive in mesh.primitives
            if primitive.mode in _TRIANGLE_MODES
        ]
        tree["meshes"].append({"name": f"m{index}", "primitives": primitives})
    tree["nodes"] = [
        {**node.model_dump(by_alias=True, exclude_none=True, include=_NODE_FIELDS), "name": f"n{index}"}
        for index, node in enumerate(gltf.nodes)
    ]
    if not tree["scenes"]:
        # A file without scenes is a library of nodes (section 3.5.1); show all of them.
        children = {child for node in gltf.nodes for child in node.children}
        tree["scenes"] = [{"nodes": [index for index in range(len(gltf.nodes)) if index not in children]}]
    return tree


class _Buffers(trimesh.resolvers.Resolver):  # type: ignore[misc] # trimesh has no types
    """Gives trimesh the buffers that were read and checked already."""

    def __init__(self, buffers: list[bytes]) -> None:
        self._buffers = buffers

    def get(self, key: str) -> bytes:
        return self._buffers[int(key)]

    def __getitem__(self, key: str) -> bytes:
        return self.get(key)

    def write(self, name: str, data: bytes) -> None:
        raise ModelError("loading a model writes nothing")

    def namespaced(self, namespace: str) -> _Buffers:
        return self

    def keys(self) -> list[str]:
        return [str(index) for index in range(len(self._buffers))]


def _mesh(place: str, geometry: trimesh.Trimesh) -> Mesh:
    positions = np.ascontiguousarray(geometry.vertices, dtype=np.float32)
    triangles = np.ascontiguousarray(geometry.faces, dtype=np.uint32)
    if not np.isfinite(positions).all():
        raise ModelError(f"{place}: POSITION has values that are no numbers")
    if int(triangles.max()) >= len(positions):
        raise ModelError(f"{place}: indices name vertex {int(triangles.max())}, but there are {len(positions)}")
    normals = np.nan_to_num(np.ascontiguousarray(geometry.vertex_normals, dtype=np.float32))
    visual = geometry.visual
    uvs = getattr(visual, "uv", None)
    material = int(visual.material.name[1:])
    return Mesh(positions, normals, triangles, material, _uvs(place, uvs), _colors(visual))


def _uvs(place: str, uvs: NDArray[np.float64] | None) -> NDArray[np.float32] | None:
    if uvs is None:
        return None
    # trimesh turns v upside down; turn it back.
    turned = np.stack([uvs[:, 0], 1.0 - uvs[:, 1]], axis=1).astype(np.float32)
    if not np.isfinite(turned).all():
        raise ModelError(f"{place}: TEXCOORD_0 has values that are no numbers")
    return turned


def _colors(visual: Any) -> NDArray[np.float32] | None:
    stored = visual.vertex_attributes.get("color")
    if stored is None:
        return None
    colors = np.asarray(stored)
    linear = colors.astype(np.float32) / _COLOR_SCALES.get(colors.dtype.name, 1.0)
    if linear.shape[1] == 3:
        linear = np.concatenate([linear, np.ones((len(linear), 1), np.float32)], axis=1)
    return np.ascontiguousarray(np.clip(np.nan_to_num(linear), 0.0, 1.0))
