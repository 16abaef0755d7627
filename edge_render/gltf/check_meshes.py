"""Meshes: attributes, indices and morph targets are of the formats that glTF gives them (glTF 2.0, section 3.7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from edge_render.findings import FindingLog, place_of, printable
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_data import (
    BYTE,
    FLOAT,
    SHORT,
    UNSIGNED_BYTE,
    UNSIGNED_INT,
    UNSIGNED_SHORT,
    Accessor,
)
from edge_render.gltf.format_meshes import (
    LINE_LOOP,
    LINE_STRIP,
    LINES,
    POINTS,
    TRIANGLE_FAN,
    TRIANGLE_STRIP,
    TRIANGLES,
    MeshPart,
    Primitive,
)
from edge_render.gltf.limits import MORPH_TARGETS_MAX, VARIANT_CHOICES_MAX

_Component = tuple[int, bool]
"""A component type, and whether it is normalised."""


def _components(*types: int, normalized: bool) -> frozenset[_Component]:
    return frozenset((kind, normalized) for kind in types)


_FLOAT: Final = _components(FLOAT, normalized=False)
_UNSIGNED: Final = _components(UNSIGNED_BYTE, UNSIGNED_SHORT, normalized=True)
_SIGNED: Final = _components(BYTE, SHORT, normalized=True)
_SMALL: Final = _components(BYTE, UNSIGNED_BYTE, SHORT, UNSIGNED_SHORT, normalized=False)


@dataclass(frozen=True, slots=True)
class _Format:
    """What an attribute may be; ``quantized`` is what KHR_mesh_quantization adds."""

    types: tuple[str, ...]
    components: frozenset[_Component]
    quantized: frozenset[_Component] = frozenset()


_ATTRIBUTES: Final = {
    "POSITION": _Format(("VEC3",), _FLOAT, _SMALL | _SIGNED | _UNSIGNED),
    "NORMAL": _Format(("VEC3",), _FLOAT, _SIGNED),
    "TANGENT": _Format(("VEC4",), _FLOAT, _SIGNED),
    "TEXCOORD": _Format(("VEC2",), _FLOAT | _UNSIGNED, _SMALL | _SIGNED),
    "COLOR": _Format(("VEC3", "VEC4"), _FLOAT | _UNSIGNED),
    "JOINTS": _Format(("VEC4",), _components(UNSIGNED_BYTE, UNSIGNED_SHORT, normalized=False)),
    "WEIGHTS": _Format(("VEC4",), _FLOAT | _UNSIGNED),
}
_TARGETS: Final = {
    "POSITION": _ATTRIBUTES["POSITION"],
    "NORMAL": _ATTRIBUTES["NORMAL"],
    "TANGENT": _Format(("VEC3",), _FLOAT, _SIGNED),
    "TEXCOORD": _Format(("VEC2",), _FLOAT | _UNSIGNED | _SIGNED, _SMALL),
    "COLOR": _Format(("VEC3", "VEC4"), _FLOAT | _UNSIGNED | _SIGNED),
}
_SINGLE: Final = ("POSITION", "NORMAL", "TANGENT")
_NAME: Final = re.compile(r"^(?:(POSITION|NORMAL|TANGENT)|(TEXCOORD|COLOR|JOINTS|WEIGHTS)_(0|[1-9]\d{0,8}))$")
_INDEX_TYPES: Final = (UNSIGNED_BYTE, UNSIGNED_SHORT, UNSIGNED_INT)
_QUANTIZATION: Final = "KHR_mesh_quantization"


def check_meshes(gltf: Gltf, log: FindingLog) -> None:
    """Log what is wrong with the meshes. Every reference must resolve."""
    checker = _MeshChecker(gltf, log)
    for index, mesh in enumerate(gltf.meshes):
        checker.check_mesh(f"meshes[{index}]", mesh)
    changed = sum(part.extensions.variants is not None for mesh in gltf.meshes for part in mesh.primitives)
    if changed * len(gltf.variants()) > VARIANT_CHOICES_MAX:
        message = f"{len(gltf.variants())} for {changed} primitives are more than can be chosen from"
        log.error("extensions.KHR_materials_variants.variants", message, "TOO_MUCH_DATA")


class _MeshChecker:
    def __init__(self, gltf: Gltf, log: FindingLog) -> None:
        self._gltf = gltf
        self._log = log
        self._quantized = _QUANTIZATION in gltf.extensions_used or _QUANTIZATION in gltf.extensions_required
        self._view_roles: dict[int, str] = {}
        self._view_readers: dict[int, int] = {}

    def check_mesh(self, place: str, mesh: MeshPart) -> None:
        targets = [len(primitive.targets) for primitive in mesh.primitives]
        for index, primitive in enumerate(mesh.primitives):
            at = f"{place}.primitives[{index}]"
            if targets[index] != targets[0]:
                message = f"{targets[index]} morph targets, but the first primitive has {targets[0]}"
                self._log.error(f"{at}.targets", message, "MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT")
            if targets[index] > MORPH_TARGETS_MAX:
                message = f"{targets[index]} morph targets are more than {MORPH_TARGETS_MAX}"
                self._log.error(f"{at}.targets", message, "TOO_MUCH_DATA")
            self._check_primitive(at, primitive)
        if mesh.weights and targets and len(mesh.weights) != targets[0]:
            message = f"{len(mesh.weights)} weights for {targets[0]} morph targets; what is missing is 0"
            self._log.defect(f"{place}.weights", message, "MESH_INVALID_WEIGHTS_COUNT")

    def _check_primitive(self, place: str, primitive: Primitive) -> None:
        attributes = primitive.attributes
        at = f"{place}.attributes"
        self._check_attributes(at, attributes, _ATTRIBUTES)
        self._check_numbering(at, attributes)
        if "POSITION" in attributes:
            self._check_counts(place, primitive)
        else:
            self._log.warning(at, "POSITION is missing, so nothing is drawn", "MESH_PRIMITIVE_NO_POSITION")
        if "TANGENT" in attributes and "NORMAL" not in attributes:
            message = "without NORMAL it says nothing; ignored"
            self._log.warning(f"{at}.TANGENT", message, "MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL")
        self._check_indices(place, primitive)
        for number, target in enumerate(primitive.targets):
            self._check_target(f"{place}.targets[{number}]", target, attributes)
        self._check_material(place, primitive)
        if (draco := primitive.extensions.draco) is not None:
            self._check_draco(place, primitive, draco.attributes)

    def _check_attributes(self, place: str, attributes: Mapping[str, int], formats: Mapping[str, _Format]) -> None:
        for name, index in attributes.items():
            at = f"{place}.{place_of([name])}"
            accessor = self._gltf.accessors[index]
            semantic = _semantic(name)
            if (wanted := formats.get(semantic or "")) is not None:
                self._check_format(at, accessor, wanted)
            elif not name.startswith("_") or len(name) < 2:
                self._log.defect(at, "there is no such attribute; ignored", "MESH_PRIMITIVE_INVALID_ATTRIBUTE")
            if accessor.component_type == UNSIGNED_INT and semantic is None:
                message = "attributes must not be UNSIGNED_INT; ignored"
                self._log.defect(at, message, "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT")
            if semantic == "POSITION" and (accessor.min is None or accessor.max is None):
                message = "must have min and max; they are computed"
                self._log.defect(at, message, "MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS")
            self._check_vertex_view(at, index, accessor)

    def _check_format(self, place: str, accessor: Accessor, wanted: _Format) -> None:
        component = (
            accessor.component_type,
            accessor.normalized
            and accessor.component_type
            not in (
                FLOAT,
                UNSIGNED_INT,
            ),
        )
        if accessor.type not in wanted.types or component not in wanted.components | wanted.quantized:
            message = f"is {_told(accessor)}, which it must not be ({' or '.join(wanted.types)})"
            self._log.error(place, message, "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT")
        elif component not in wanted.components and not self._quantized:
            message = f"is {_told(accessor)}, which needs {_QUANTIZATION} in extensionsRequired; drawn all the same"
            self._log.defect(place, message, "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT")

    def _check_vertex_view(self, place: str, index: int, accessor: Accessor) -> None:
        if accessor.buffer_view is None or not accessor.is_known:
            return
        self._check_role(place, accessor.buffer_view, "vertices")
        view = self._gltf.buffer_views[accessor.buffer_view]
        stride = view.byte_stride or accessor.element_bytes
        if accessor.byte_offset % 4 or stride % 4:
            message = "vertices must be aligned to 4 bytes; read as they are"
            self._log.defect(place, message, "MESH_PRIMITIVE_ACCESSOR_UNALIGNED")
        reader = self._view_readers.setdefault(accessor.buffer_view, index)
        if reader != index and view.byte_stride is None:
            message = "two accessors share its buffer view, which must have a byteStride then; read without gaps"
            self._log.defect(place, message, "MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE")

    def _check_role(self, place: str, view: int, role: str) -> None:
        if (known := self._view_roles.setdefault(view, role)) != role:
            message = f"bufferViews[{view}] holds {known} as well; read as both"
            self._log.defect(place, message, "BUFFER_VIEW_TARGET_OVERRIDE")

    def _check_numbering(self, place: str, attributes: Iterable[str]) -> None:
        numbers: dict[str, set[int]] = {}
        for name in attributes:
            if (semantic := _semantic(name)) is not None and semantic not in _SINGLE:
                numbers.setdefault(semantic, set()).add(int(name.rpartition("_")[2]))
        for semantic, used in numbers.items():
            if used != set(range(len(used))):
                message = f"{semantic}_n must be numbered from 0 without a gap"
                self._log.defect(place, message, "MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY")
        if (joints := numbers.get("JOINTS", set())) != (weights := numbers.get("WEIGHTS", set())):
            message = (
                f"{len(joints)} sets of JOINTS, but {len(weights)} of WEIGHTS; those without the other are ignored"
            )
            self._log.defect(place, message, "MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH")

    def _check_counts(self, place: str, primitive: Primitive) -> None:
        count = self._gltf.accessors[primitive.attributes["POSITION"]].count
        for name, index in primitive.attributes.items():
            if _semantic(name) is not None and (other := self._gltf.accessors[index].count) != count:
                message = f"{other} elements, but POSITION has {count}"
                self._log.error(f"{place}.attributes.{name}", message, "MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT")
        used = count if primitive.indices is None else self._gltf.accessors[primitive.indices].count
        if not _fits_mode(primitive.mode, used):
            message = f"{used} vertices are no whole number of what is drawn; the last are left out"
            self._log.warning(place, message, "MESH_PRIMITIVE_INCOMPATIBLE_MODE")

    def _check_indices(self, place: str, primitive: Primitive) -> None:
        if primitive.indices is None:
            return
        at = f"{place}.indices"
        accessor = self._gltf.accessors[primitive.indices]
        if accessor.type != "SCALAR" or accessor.component_type not in _INDEX_TYPES or accessor.normalized:
            message = f"is {_told(accessor)}; must be unsigned integers"
            self._log.error(at, message, "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT")
        if accessor.buffer_view is not None:
            self._check_role(at, accessor.buffer_view, "indices")
            if self._gltf.buffer_views[accessor.buffer_view].byte_stride is not None:
                message = "its buffer view must have no byteStride; read with it"
                self._log.defect(at, message, "MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE")

    def _check_target(self, place: str, target: Mapping[str, int], attributes: Mapping[str, int]) -> None:
        self._check_attributes(place, target, _TARGETS)
        for name, index in target.items():
            if name.startswith("_") or name not in attributes:
                if _semantic(name) is not None:
                    message = "the primitive has no such attribute; ignored"
                    self._log.defect(f"{place}.{name}", message, "MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR")
                continue
            count, base = self._gltf.accessors[index].count, self._gltf.accessors[attributes[name]].count
            if count != base:
                at = f"{place}.{place_of([name])}"
                code = "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT"
                self._log.error(at, f"{count} elements, but the primitive has {base}", code)

    def _check_material(self, place: str, primitive: Primitive) -> None:
        variants = primitive.extensions.variants
        mapped = [] if variants is None else [mapping.material for mapping in variants.mappings]
        materials = mapped if primitive.material is None else [primitive.material, *mapped]
        for material in dict.fromkeys(materials):
            for role, info in self._gltf.materials[material].textures().items():
                if f"TEXCOORD_{info.uv_set}" not in primitive.attributes:
                    message = f"materials[{material}].{role} needs TEXCOORD_{info.uv_set}; drawn as if it were all zero"
                    self._log.defect(f"{place}.material", message, "MESH_PRIMITIVE_TOO_FEW_TEXCOORDS")
        for variant, times in Counter(one for mapping in _mappings(primitive) for one in mapping).items():
            if times > 1:
                at = f"{place}.extensions.KHR_materials_variants"
                self._log.defect(
                    at, f"variant {variant} is mapped {times} times; the first counts", "DUPLICATE_ELEMENTS"
                )

    def _check_draco(self, place: str, primitive: Primitive, packed: Iterable[str]) -> None:
        at = f"{place}.extensions.KHR_draco_mesh_compression"
        if primitive.mode not in (TRIANGLES, TRIANGLE_STRIP):
            self._log.error(at, "only triangles can be packed", "KHR_DRACO_MESH_COMPRESSION_INVALID_MODE")
        for name in packed:
            if name not in primitive.attributes:
                message = f"attributes: the primitive has no {printable(name)}"
                self._log.error(at, message, "KHR_DRACO_MESH_COMPRESSION_UNKNOWN_ATTRIBUTE")


def _mappings(primitive: Primitive) -> list[tuple[int, ...]]:
    variants = primitive.extensions.variants
    return [] if variants is None else [tuple(dict.fromkeys(mapping.variants)) for mapping in variants.mappings]


def _semantic(name: str) -> str | None:
    """TEXCOORD of TEXCOORD_1; None for a name that glTF does not define."""
    match = _NAME.match(name)
    return None if match is None else match.group(1) or match.group(2)


def _told(accessor: Accessor) -> str:
    names = {BYTE: "BYTE", UNSIGNED_BYTE: "UNSIGNED_BYTE", SHORT: "SHORT", UNSIGNED_SHORT: "UNSIGNED_SHORT"}
    names |= {UNSIGNED_INT: "UNSIGNED_INT", FLOAT: "FLOAT"}
    component = names.get(accessor.component_type, str(accessor.component_type))
    return f"{printable(accessor.type)} of {component}{' normalized' if accessor.normalized else ''}"


def _fits_mode(mode: int, count: int) -> bool:
    """Section 3.7.2.1, table of topology types."""
    if mode == POINTS:
        return True
    if mode == LINES:
        return count % 2 == 0
    if mode in (LINE_LOOP, LINE_STRIP):
        return count >= 2
    if mode == TRIANGLES:
        return count % 3 == 0
    return mode in (TRIANGLE_STRIP, TRIANGLE_FAN) and count >= 3
