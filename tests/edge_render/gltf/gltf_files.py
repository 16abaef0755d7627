"""Small glTF files, written by hand, part by part."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from edge_render.gltf.loader import load_model
from edge_render.scene import Scene

_COMPONENT_TYPES = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
"""Faces +Z."""


def png(pixels: ArrayLike, **options: Any) -> bytes:
    """Of (height, width, channels) from 0 to 255."""
    return encoded(Image.fromarray(np.asarray(pixels, np.uint8)), "PNG", **options)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


class GltfFile:
    """A file with one scene. ``tree`` is its JSON, for all that has no method here."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}]}
        self._blob = bytearray()

    def add(self, kind: str, item: dict[str, Any]) -> int:
        """Append to a list of the file; returns the index."""
        items = self.tree.setdefault(kind, [])
        items.append(item)
        return len(items) - 1

    def use(self, extension: str, *, required: bool = False) -> None:
        for kind in ("extensionsUsed", "extensionsRequired")[: 2 if required else 1]:
            if extension not in self.tree.setdefault(kind, []):
                self.tree[kind].append(extension)

    def view(self, data: bytes, **more: Any) -> int:
        self._blob += b"\0" * (-len(self._blob) % 4)
        view = {"buffer": 0, "byteOffset": len(self._blob), "byteLength": len(data), **more}
        self._blob += data
        return self.add("bufferViews", view)

    def overwrite(self, offset: int, data: bytes) -> None:
        """Damage bytes that are there already."""
        self._blob[offset : offset + len(data)] = data

    def accessor(self, values: ArrayLike, *, dtype: str = "float32", **more: Any) -> int:
        """Elements are rows; a flat array has scalars. Rows begin at multiples of four bytes."""
        array = np.asarray(values, dtype)
        return self.accessor_of(self.view(_padded(array), **_stride(array)), array, **more)

    def accessor_of(self, view: int | None, like: NDArray[Any], **more: Any) -> int:
        """An accessor on a view that is there already, or on none."""
        components = 1 if like.ndim == 1 else like[0].size
        accessor = {
            "componentType": _COMPONENT_TYPES[like.dtype.name],
            "count": len(like),
            "type": _TYPES[components],
            **({} if view is None else {"bufferView": view}),
            **more,
        }
        return self.add("accessors", accessor)

    def positions(self, values: ArrayLike = TRIANGLE, **more: Any) -> int:
        """An accessor with the bounds that the standard wants of positions."""
        array = np.asarray(values, np.float32)
        return self.accessor(array, min=array.min(axis=0).tolist(), max=array.max(axis=0).tolist(), **more)

    def mesh(self, *primitives: dict[str, Any], **more: Any) -> int:
        return self.add("meshes", {"primitives": list(primitives), **more})

    def node(self, *, shown: bool = True, **node: Any) -> int:
        """A root of the scene unless it is said to be somebody's child."""
        index = self.add("nodes", node)
        if shown:
            self.tree["scenes"][0]["nodes"].append(index)
        return index

    def texture(self, data: bytes, mime_type: str = "image/png", **more: Any) -> int:
        return self.add("textures", {"source": self.image(data, mime_type), **more})

    def image(self, data: bytes, mime_type: str = "image/png") -> int:
        return self.add("images", {"bufferView": self.view(data), "mimeType": mime_type})

    def show(self, *primitives: dict[str, Any], **node: Any) -> int:
        """A node that draws a mesh of these primitives."""
        return self.node(mesh=self.mesh(*primitives), **node)

    def triangle(self, **primitive: Any) -> dict[str, Any]:
        """A primitive of one triangle with normals."""
        attributes = {"POSITION": self.positions(), "NORMAL": self.accessor([[0, 0, 1]] * 3)}
        return {"attributes": {**attributes, **primitive.pop("attributes", {})}, **primitive}

    def glb(self) -> bytes:
        self._blob += b"\0" * (-len(self._blob) % 4)
        tree = {**self.tree, "buffers": [{"byteLength": len(self._blob)}, *self.tree.get("buffers", [])]}
        if not self._blob:
            del tree["buffers"]
        text = json.dumps(tree).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        if self._blob:
            chunks += struct.pack("<II", len(self._blob), 0x004E4942) + self._blob
        return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks

    def load(self, folder: Path) -> Scene:
        path = folder / "model.glb"
        path.write_bytes(self.glb())
        return load_model(path, name="test")


def _stride(array: NDArray[Any]) -> dict[str, int]:
    row_bytes = array[0].nbytes
    return {"byteStride": row_bytes + -row_bytes % 4} if row_bytes % 4 and array.ndim > 1 else {}


def _padded(array: NDArray[Any]) -> bytes:
    if not _stride(array):
        return array.tobytes()
    rows = array.reshape(len(array), -1).view(np.uint8)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).tobytes()
