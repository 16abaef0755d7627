"""glTF 1.0, which old tools wrote, as the JSON of glTF 2.0 (glTF 1.0 specification; KHR_binary_glTF and
KHR_materials_common in its registry).

Lists were objects with names then, and materials were values of shaders. Of those the usual ones are kept, as a
metallic-roughness material that looks alike; shaders themselves are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from edge_render.gltf.limits import DRAWN_PRIMITIVES_MAX
from edge_render.tone import linear_from_srgb

Tree = Mapping[str, Any]

_LISTS: Final = (
    "nodes", "meshes", "skins", "cameras", "materials", "textures", "samplers", "images", "accessors", "buffers",
)  # fmt: skip
_SEMANTICS: Final = {"TEXCOORD": "TEXCOORD_0", "COLOR": "COLOR_0", "JOINT": "JOINTS_0", "WEIGHT": "WEIGHTS_0"}
_PLACE: Final = ("name", "matrix", "translation", "rotation", "scale")
_CULL_FACE, _BLEND, _FLOAT = 2884, 3042, 5126
_OWN_BUFFERS: Final = ("binary_glTF", "KHR_binary_glTF")


def is_version_1(tree: Tree) -> bool:
    """Whether it says so, and has its lists as objects with names."""
    asset = tree.get("asset")
    version = asset.get("version") if isinstance(asset, Mapping) else None
    return str(version or "1.0").startswith("1.") and isinstance(tree.get("meshes"), Mapping)


def upgraded(tree: Tree) -> dict[str, Any]:
    """The same file as glTF 2.0. Raises ValueError where its structure is not that of glTF 1.0."""
    try:
        return _Upgrade(tree).result()
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"its structure is not that of glTF 1.0: {type(error).__name__}: {error}") from error


class _Upgrade:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._lists = {kind: dict(tree.get(kind, {})) for kind in _LISTS}
        # What is in the file itself is the first buffer now.
        self._lists["buffers"] = dict(
            sorted(self._lists["buffers"].items(), key=lambda item: item[0] not in _OWN_BUFFERS)
        )
        self._index = {kind: {name: at for at, name in enumerate(parts)} for kind, parts in self._lists.items()}
        self._views: list[dict[str, Any]] = []
        self._view_of: dict[tuple[str, int], int] = {}
        self._merged = 0
        self._joints = {
            str(node["jointName"]): self._index["nodes"][name]
            for name, node in self._lists["nodes"].items()
            if "jointName" in node
        }

    def result(self) -> dict[str, Any]:
        scenes = dict(self._tree.get("scenes", {}))
        lists: dict[str, list[dict[str, Any]]] = {
            "accessors": [self._accessor(part) for part in self._parts("accessors")],
            "images": [self._image(part) for part in self._parts("images")],
            "buffers": [self._buffer(name, part) for name, part in self._lists["buffers"].items()],
            "samplers": [_kept(part, "magFilter", "minFilter", "wrapS", "wrapT") for part in self._parts("samplers")],
            "textures": [self._texture(part) for part in self._parts("textures")],
            "materials": [self._material(part) for part in self._parts("materials")],
            "meshes": [self._mesh(part) for part in self._parts("meshes")],
            "skins": [self._skin(part) for part in self._parts("skins")],
            "cameras": [_kept(part, "name", "type", "perspective", "orthographic") for part in self._parts("cameras")],
            "animations": [self._animation(part) for part in dict(self._tree.get("animations", {})).values()],
            "scenes": [{"nodes": self._all("nodes", part.get("nodes", ()))} for part in scenes.values()],
        }
        lists["nodes"] = [self._node(part, lists["meshes"]) for part in self._parts("nodes")]
        lists["bufferViews"] = self._views
        result: dict[str, Any] = {name: items for name, items in lists.items() if items}
        if self._tree.get("scene") in scenes:
            result["scene"] = list(scenes).index(self._tree["scene"])
        return {"asset": {"version": "2.0"}, **result}

    def _parts(self, kind: str) -> list[Any]:
        return list(self._lists[kind].values())

    def _all(self, kind: str, names: Iterable[str]) -> list[int]:
        return [self._index[kind][name] for name in names]

    def _view(self, name: str, stride: int = 0) -> int:
        """Strides were those of accessors; now accessors of different ones need views of their own."""
        key = name, stride
        if key not in self._view_of:
            part = self._tree["bufferViews"][name]
            view = {
                "buffer": self._index["buffers"][part["buffer"]],
                "byteOffset": part.get("byteOffset", 0),
                "byteLength": part["byteLength"],
            }
            self._view_of[key] = len(self._views)
            self._views.append({**view, "byteStride": stride} if stride else view)
        return self._view_of[key]

    def _accessor(self, part: Tree) -> dict[str, Any]:
        view = self._view(part["bufferView"], part.get("byteStride", 0))
        return {"bufferView": view, **_kept(part, "byteOffset", "componentType", "count", "type", "min", "max")}

    def _image(self, part: Tree) -> dict[str, Any]:
        binary = part.get("extensions", {}).get("KHR_binary_glTF")
        if binary is None:
            return _kept(part, "name", "uri")
        return {"bufferView": self._view(binary["bufferView"]), **_kept(binary, "mimeType")}

    def _buffer(self, name: str, part: Tree) -> dict[str, Any]:
        return _kept(part, "byteLength") if name in _OWN_BUFFERS else _kept(part, "byteLength", "uri")

    def _texture(self, part: Tree) -> dict[str, Any]:
        texture = {"source": self._index["images"][part["source"]]}
        return {**texture, "sampler": self._index["samplers"][part["sampler"]]} if "sampler" in part else texture

    def _material(self, part: Tree) -> dict[str, Any]:
        common = part.get("extensions", {}).get("KHR_materials_common")
        technique = self._tree.get("techniques", {}).get(part.get("technique"), {})
        enabled = technique.get("states", {}).get("enable", [_CULL_FACE])
        values = dict((part if common is None else common).get("values", {}))
        material = {**_kept(part, "name"), "doubleSided": _CULL_FACE not in enabled or bool(values.get("doubleSided"))}
        color = self._color_or_texture("baseColor", values.get("diffuse", [1.0, 1.0, 1.0, 1.0]))
        transparency = float(values.get("transparency", 1.0))
        if "baseColorFactor" in color:
            color["baseColorFactor"][3] *= transparency
        elif transparency < 1.0:
            color["baseColorFactor"] = [1.0, 1.0, 1.0, transparency]
        if _BLEND in enabled or values.get("transparent") or transparency < 1.0:
            material["alphaMode"] = "BLEND"
        if common is not None and common.get("technique") == "CONSTANT":
            material["extensions"] = {"KHR_materials_unlit": {}}
        emission = self._color_or_texture("emissive", values.get("emission", [0.0, 0.0, 0.0, 1.0]))
        if "emissiveTexture" in emission:
            emission["emissiveFactor"] = [1.0, 1.0, 1.0]
        else:
            emission["emissiveFactor"] = emission["emissiveFactor"][:3]
        rough = {"metallicFactor": 0.0, "roughnessFactor": _roughness(values)}
        return {**material, **emission, "pbrMetallicRoughness": {**color, **rough}}

    def _color_or_texture(self, name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return {f"{name}Texture": {"index": self._index["textures"][value]}}
        # Colours were those of the screen.
        red, green, blue, alpha = (min(max(float(part), 0.0), 1.0) for part in value)
        return {f"{name}Factor": [*linear_from_srgb([red, green, blue]).tolist(), alpha]}

    def _mesh(self, part: Tree) -> dict[str, Any]:
        return {**_kept(part, "name"), "primitives": [self._primitive(item) for item in part.get("primitives", ())]}

    def _primitive(self, part: Tree) -> dict[str, Any]:
        attributes = {}
        for semantic, name in part["attributes"].items():
            is_float = self._tree["accessors"][name]["componentType"] == _FLOAT
            # Joints were floats, which 2.0 does not know; such a mesh is drawn at rest.
            if not (semantic == "JOINT" and is_float):
                attributes[_SEMANTICS.get(semantic, semantic)] = self._index["accessors"][name]
        if "JOINTS_0" not in attributes:
            attributes.pop("WEIGHTS_0", None)
        primitive: dict[str, Any] = {"attributes": attributes, "mode": part.get("mode", part.get("primitive", 4))}
        if "indices" in part:
            primitive["indices"] = self._index["accessors"][part["indices"]]
        if "material" in part:
            primitive["material"] = self._index["materials"][part["material"]]
        return primitive

    def _skin(self, part: Tree) -> dict[str, Any]:
        skin: dict[str, Any] = {"joints": [self._joints[name] for name in part["jointNames"]]}
        if "inverseBindMatrices" in part:
            skin["inverseBindMatrices"] = self._index["accessors"][part["inverseBindMatrices"]]
        return skin

    def _node(self, part: Tree, meshes: list[dict[str, Any]]) -> dict[str, Any]:
        """Of several meshes on a node one is made."""
        node = _kept(part, *_PLACE)
        if part.get("children"):
            node["children"] = self._all("nodes", part["children"])
        names = part.get("meshes") or part.get("instanceSkin", {}).get("meshes") or ()
        drawn = self._all("meshes", names)
        if len(drawn) > 1:
            self._merged += sum(len(meshes[mesh]["primitives"]) for mesh in drawn)
            if self._merged > DRAWN_PRIMITIVES_MAX:
                raise ValueError(f"its nodes show more than {DRAWN_PRIMITIVES_MAX} primitives")
            meshes.append({"primitives": [item for mesh in drawn for item in meshes[mesh]["primitives"]]})
            drawn = [len(meshes) - 1]
        if drawn:
            node["mesh"] = drawn[0]
        if "camera" in part:
            node["camera"] = self._index["cameras"][part["camera"]]
        skinned = drawn and all("JOINTS_0" in item["attributes"] for item in meshes[drawn[0]]["primitives"])
        if "skin" in part and skinned:
            node["skin"] = self._index["skins"][part["skin"]]
        return node

    def _animation(self, part: Tree) -> dict[str, Any]:
        number_of = {name: number for number, name in enumerate(part["samplers"])}
        accessors = self._index["accessors"]
        samplers = [
            {
                "input": accessors[part["parameters"][sampler["input"]]],
                "output": accessors[part["parameters"][sampler["output"]]],
                "interpolation": sampler.get("interpolation", "LINEAR"),
            }
            for sampler in part["samplers"].values()
        ]
        channels = [
            {
                "sampler": number_of[channel["sampler"]],
                "target": {"node": self._index["nodes"][channel["target"]["id"]], "path": channel["target"]["path"]},
            }
            for channel in part["channels"]
        ]
        return {**_kept(part, "name"), "samplers": samplers, "channels": channels}


def _kept(part: Tree, *names: str) -> dict[str, Any]:
    return {name: part[name] for name in names if name in part}


def _roughness(values: Tree) -> float:
    """Of a Blinn-Phong highlight: its width says how rough, and its strength how much of that shows."""
    specular = values.get("specular", [0.0, 0.0, 0.0, 1.0])
    strength = 1.0 if isinstance(specular, str) else min(1.0, sum(float(part) for part in specular[:3]) / 3.0)
    width = math.sqrt(2.0 / (max(0.0, float(values.get("shininess", 0.0))) + 2.0))
    return 1.0 + (width - 1.0) * strength
