"""Writes glTF 2.0 files from arrays, part by part: for models that show one feature each."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

_COMPONENT_TYPES = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}
_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}

Tree = dict[str, Any]


class ModelFile:
    """A file with one scene, which all nodes are roots of that are not said to be children."""

    def __init__(self) -> None:
        self.tree: Tree = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}]}
        self._blob = bytearray()

    def add(self, kind: str, item: Tree) -> int:
        """Append to a list of the file; returns the index."""
        items: list[Tree] = self.tree.setdefault(kind, [])
        items.append(item)
        return len(items) - 1

    def extend(self, name: str, content: Tree) -> Tree:
        """An ``extensions`` entry, noted as used."""
        used: list[str] = self.tree.setdefault("extensionsUsed", [])
        if name not in used:
            used.append(name)
        return {name: content}

    def accessor(self, values: ArrayLike, dtype: str = "float32", **more: Any) -> int:
        """Rows are elements; a flat array has scalars."""
        array = np.ascontiguousarray(values, dtype)
        rows = array.reshape(len(array), -1)
        bounds = {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        kind = {"componentType": _COMPONENT_TYPES[array.dtype.name], "type": _TYPES[rows.shape[1]], "count": len(rows)}
        return self.add("accessors", {"bufferView": self._view(array.tobytes()), **kind, **bounds, **more})

    def _view(self, data: bytes) -> int:
        self._blob += b"\0" * (-len(self._blob) % 4)
        view = {"buffer": 0, "byteOffset": len(self._blob), "byteLength": len(data)}
        self._blob += data
        return self.add("bufferViews", view)

    def texture(self, pixels: NDArray[np.uint8], **sampler: int) -> int:
        """A PNG of (height, width, 3 or 4) pixels, with a sampler of its own."""
        stored = io.BytesIO()
        Image.fromarray(pixels).save(stored, "PNG")
        image = self.add("images", {"bufferView": self._view(stored.getvalue()), "mimeType": "image/png"})
        return self.add("textures", {"source": image, "sampler": self.add("samplers", dict(sampler))})

    def mesh(self, attributes: Tree, material: int | None = None, **more: Any) -> int:
        """A mesh of one primitive."""
        primitive = {"attributes": attributes, **more}
        if material is not None:
            primitive["material"] = material
        return self.add("meshes", {"primitives": [primitive]})

    def node(self, *, root: bool = True, **node: Any) -> int:
        index = self.add("nodes", node)
        if root:
            self.tree["scenes"][0]["nodes"].append(index)
        return index

    def write(self, path: Path) -> None:
        """As .glb."""
        self._blob += b"\0" * (-len(self._blob) % 4)
        text = json.dumps({**self.tree, "buffers": [{"byteLength": len(self._blob)}]}).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
        chunks += struct.pack("<II", len(self._blob), 0x004E4942) + bytes(self._blob)
        path.write_bytes(struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks)
