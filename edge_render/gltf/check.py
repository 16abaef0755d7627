"""Reads the structure of a glTF 2.0 file and refuses what is broken, before any other code sees it.

Every reference is resolved, every range lies inside its buffer, the nodes are a forest, and other files lie
in the folder of the model. Errors are ModelError and name the file and the place.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from edge_render.errors import ModelError
from edge_render.gltf.extensions import SUPPORTED_EXTENSIONS
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_data import Accessor
from edge_render.gltf.limits import FILE_MAX_BYTES

_MAGIC, _JSON_CHUNK, _BIN_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942


@dataclass(frozen=True, slots=True)
class CheckedGltf:
    """A sound file: its structure, and the bytes of each buffer."""

    path: Path
    gltf: Gltf
    buffers: list[bytes] = field(repr=False)

    def view_bytes(self, index: int) -> bytes:
        """The bytes of a buffer view."""
        view = self.gltf.buffer_views[index]
        return self.buffers[view.buffer][view.byte_offset : view.byte_offset + view.byte_length]

    def image_bytes(self, index: int) -> bytes:
        """The coded bytes of an image. Raises ModelError where its file can't be read."""
        image = self.gltf.images[index]
        if image.buffer_view is not None:
            return self.view_bytes(image.buffer_view)
        assert image.uri is not None, "checked: an image has a uri or a buffer view"
        return read_uri(self.path, f"images[{index}].uri", image.uri)


def read_gltf(path: Path) -> CheckedGltf:
    """Read and check a .glb or .gltf file. Raises ModelError."""
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise ModelError(f"{path.name}: larger than {FILE_MAX_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name}: can't be read: {error.strerror}") from error
    text, blob = _split_glb(path, data) if data[:4] == b"glTF" or path.suffix.lower() == ".glb" else (data, None)
    try:
        tree: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.name}: its JSON can't be read: {error}") from error
    try:
        gltf = Gltf.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise ModelError(f"{path.name}: {_place(first['loc'])}: {first['msg']}") from error
    if not gltf.asset.version.startswith("2."):
        raise ModelError(f"{path.name}: asset.version: is {gltf.asset.version}; only version 2 is supported")
    unsupported = sorted(set(gltf.extensions_required) - SUPPORTED_EXTENSIONS)
    if unsupported:
        raise ModelError(f"{path.name}: extensionsRequired: {', '.join(unsupported)} is not supported")
    checked = CheckedGltf(path, gltf, _read_buffers(path, gltf, blob))
    _Checker(checked).check()
    return checked


def _place(location: tuple[int | str, ...]) -> str:
    """('accessors', 3, 'count') as accessors[3].count."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.lstrip(".") or "top level"


def _split_glb(path: Path, data: bytes) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk of a GLB container (glTF 2.0, section 4.4)."""
    if len(data) < 20:
        raise ModelError(f"{path.name}: only {len(data)} bytes, too few for a GLB header")
    magic, version, length = struct.unpack_from("<III", data)
    if magic != _MAGIC:
        raise ModelError(f"{path.name}: does not begin with glTF, so it is no GLB file")
    if version != 2:
        raise ModelError(f"{path.name}: GLB version {version}; only version 2 is supported")
    if length != len(data):
        raise ModelError(f"{path.name}: the header says {length} bytes, but the file has {len(data)}: is it truncated?")
    chunks: list[tuple[int, bytes]] = []
    at = 12
    while at < length:
        if length - at < 8:
            raise ModelError(f"{path.name}: chunk {len(chunks)}: its header is cut off")
        size, kind = struct.unpack_from("<II", data, at)
        if size > length - at - 8:
            raise ModelError(f"{path.name}: chunk {len(chunks)}: {size} bytes reach past the end of the file")
        chunks.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    if chunks[0][0] != _JSON_CHUNK:
        raise ModelError(f"{path.name}: the first chunk is not JSON")
    blob = next((content for kind, content in chunks[1:2] if kind == _BIN_CHUNK), None)
    return chunks[0][1], blob


def _read_buffers(path: Path, gltf: Gltf, blob: bytes | None) -> list[bytes]:
    buffers = []
    for index, buffer in enumerate(gltf.buffers):
        place = f"buffers[{index}]"
        if buffer.uri is not None:
            content = read_uri(path, f"{place}.uri", buffer.uri)
        elif index == 0 and blob is not None:
            content = blob
        else:
            raise ModelError(f"{path.name}: {place}: has neither a uri nor a binary chunk")
        if len(content) < buffer.byte_length:
            raise ModelError(
                f"{path.name}: {place}.byteLength: {buffer.byte_length}, but there are {len(content)} bytes"
            )
        buffers.append(content)
    return buffers


def read_uri(path: Path, place: str, uri: str) -> bytes:
    """The bytes behind a URI: inline data, or a file in the folder of the model. Nothing else is opened."""
    if uri.startswith("data:"):
        header, comma, payload = uri.partition(",")
        if not comma or not header.endswith(";base64"):
            raise ModelError(f"{path.name}: {place}: inline data must be base64")
        try:
            return base64.b64decode(payload, validate=True)
        except binascii.Error as error:
            raise ModelError(f"{path.name}: {place}: {error}") from error
    relative = unquote(uri)
    if ":" in relative or relative.startswith(("/", "\\")) or "\0" in relative:
        raise ModelError(f"{path.name}: {place}: '{uri[:80]}' is not a relative path")
    file = (path.parent / relative).resolve()
    if not file.is_relative_to(path.parent.resolve()):
        raise ModelError(f"{path.name}: {place}: '{uri[:80]}' leads out of the folder of the model")
    try:
        if file.stat().st_size > FILE_MAX_BYTES:
            raise ModelError(f"{path.name}: {place}: '{uri[:80]}' is larger than {FILE_MAX_BYTES} bytes")
        return file.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name}: {place}: '{uri[:80]}' can't be read: {error.strerror}") from error


class _Checker:
    """Cross references and ranges; each method checks one list of the file."""

    def __init__(self, checked: CheckedGltf) -> None:
        self._gltf = checked.gltf
        self._buffers = checked.buffers
        self._file = checked.path.name

    def check(self) -> None:
        self._check_views()
        self._check_accessors()
        self._check_materials()
        self._check_meshes()
        self._check_nodes()

    def _fail(self, place: str, reason: str) -> None:
        raise ModelError(f"{self._file}: {place}: {reason}")

    def _reference(self, place: str, index: int | None, items: Sequence[object], what: str) -> None:
        if index is not None and index >= len(items):
            self._fail(place, f"{index} is out of range ({len(items)} {what})")

    def _check_views(self) -> None:
        for index, view in enumerate(self._gltf.buffer_views):
            place = f"bufferViews[{index}]"
            self._reference(f"{place}.buffer", view.buffer, self._buffers, "buffers")
            size = len(self._buffers[view.buffer])
            if view.byte_offset + view.byte_length > size:
                self._fail(place, f"ends at byte {view.byte_offset + view.byte_length}, but the buffer has {size}")

    def _check_accessors(self) -> None:
        for index, accessor in enumerate(self._gltf.accessors):
            place = f"accessors[{index}]"
            if not accessor.is_known:
                self._fail(place, f"componentType {accessor.component_type} of type {accessor.type[:80]} is unknown")
            self._check_range(place, accessor, accessor.buffer_view, accessor.byte_offset, accessor.count)
            if (sparse := accessor.sparse) is not None:
                if sparse.count > accessor.count:
                    self._fail(
                        f"{place}.sparse.count", f"{sparse.count}, but the accessor has {accessor.count} elements"
                    )
                indices = Accessor(componentType=sparse.indices.component_type, count=sparse.count, type="SCALAR")
                at = f"{place}.sparse.indices"
                self._check_range(at, indices, sparse.indices.buffer_view, sparse.indices.byte_offset, sparse.count)
                at = f"{place}.sparse.values"
                self._check_range(at, accessor, sparse.values.buffer_view, sparse.values.byte_offset, sparse.count)

    def _check_range(self, place: str, accessor: Accessor, view_index: int | None, offset: int, count: int) -> None:
        if view_index is None:
            return
        self._reference(f"{place}.bufferView", view_index, self._gltf.buffer_views, "buffer views")
        view = self._gltf.buffer_views[view_index]
        stride = view.byte_stride or accessor.element_bytes
        if stride < accessor.element_bytes:
            self._fail(place, f"elements of {accessor.element_bytes} bytes do not fit a stride of {stride}")
        end = offset + (count - 1) * stride + accessor.element_bytes
        if end > view.byte_length:
            self._fail(place, f"ends at byte {end}, but its buffer view has {view.byte_length}")

    def _check_materials(self) -> None:
        for index, material in enumerate(self._gltf.materials):
            for role, info in material.textures().items():
                place = f"materials[{index}].{role}"
                self._reference(f"{place}.index", info.index, self._gltf.textures, "textures")
                if info.uv_set != 0:
                    self._fail(f"{place}.texCoord", "only the first set of texture coordinates is supported")
        for index, texture in enumerate(self._gltf.textures):
            self._reference(f"textures[{index}].source", texture.source, self._gltf.images, "images")
            self._reference(f"textures[{index}].sampler", texture.sampler, self._gltf.samplers, "samplers")
        for index, image in enumerate(self._gltf.images):
            self._reference(f"images[{index}].bufferView", image.buffer_view, self._gltf.buffer_views, "buffer views")
            if (image.uri is None) == (image.buffer_view is None):
                self._fail(f"images[{index}]", "needs either a uri or a bufferView")

    def _check_meshes(self) -> None:
        for mesh_index, mesh in enumerate(self._gltf.meshes):
            for index, primitive in enumerate(mesh.primitives):
                place = f"meshes[{mesh_index}].primitives[{index}]"
                self._reference(f"{place}.material", primitive.material, self._gltf.materials, "materials")
                self._reference(f"{place}.indices", primitive.indices, self._gltf.accessors, "accessors")
                if primitive.indices is not None:
                    kind = self._gltf.accessors[primitive.indices]
                    if kind.type != "SCALAR" or kind.component_type not in (5121, 5123, 5125):
                        self._fail(f"{place}.indices", "must be unsigned integers")
                self._check_attributes(f"{place}.attributes", primitive.attributes)

    def _check_attributes(self, place: str, attributes: dict[str, int]) -> None:
        if "POSITION" not in attributes:
            self._fail(place, "POSITION is missing")
        wanted = {"POSITION": ("VEC3",), "NORMAL": ("VEC3",), "TEXCOORD_0": ("VEC2",), "COLOR_0": ("VEC3", "VEC4")}
        for name, index in attributes.items():
            self._reference(f"{place}.{name}", index, self._gltf.accessors, "accessors")
            accessor = self._gltf.accessors[index]
            if name not in wanted:
                continue
            if accessor.type not in wanted[name]:
                self._fail(f"{place}.{name}", f"is {accessor.type}, must be {' or '.join(wanted[name])}")
            if name != "COLOR_0" and accessor.component_type != 5126:
                self._fail(f"{place}.{name}", "must be 32-bit floats")
            if accessor.count != self._gltf.accessors[attributes["POSITION"]].count:
                self._fail(f"{place}.{name}", "has another count than POSITION")

    def _check_nodes(self) -> None:
        nodes = self._gltf.nodes
        parents: dict[int, int] = {}
        for index, node in enumerate(nodes):
            self._reference(f"nodes[{index}].mesh", node.mesh, self._gltf.meshes, "meshes")
            for child in node.children:
                self._reference(f"nodes[{index}].children", child, nodes, "nodes")
                if child in parents:
                    self._fail(f"nodes[{index}].children", f"node {child} has the parent {parents[child]} already")
                parents[child] = index
        for index in range(len(nodes)):
            seen, at = {index}, index
            while at in parents:
                at = parents[at]
                if at in seen:
                    self._fail(f"nodes[{index}].children", "the nodes form a circle")
                seen.add(at)
        self._reference("scene", self._gltf.scene, self._gltf.scenes, "scenes")
        for index, scene in enumerate(self._gltf.scenes):
            for root in scene.nodes:
                self._reference(f"scenes[{index}].nodes", root, nodes, "nodes")
                if root in parents:
                    self._fail(f"scenes[{index}].nodes", f"node {root} is a child of node {parents[root]}")
