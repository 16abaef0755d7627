"""Writes glTF 2.0 files part by part: what the files of benches and of tests have in common."""

from __future__ import annotations

import json
import struct
from typing import Any, TypeAlias

COMPONENT_TYPES = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125, "float32": 5126}
"""By the name of a NumPy type."""
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
"""By the number of components."""

Tree: TypeAlias = dict[str, Any]


class GlbFile:
    """A file with one scene. ``tree`` is its JSON, for all that has no method here."""

    def __init__(self) -> None:
        self.tree: Tree = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}]}
        self._blob = bytearray()

    def add(self, kind: str, item: Tree) -> int:
        """Append to a list of the file; returns the index."""
        items: list[Tree] = self.tree.setdefault(kind, [])
        items.append(item)
        return len(items) - 1

    def use(self, extension: str, *, required: bool = False) -> None:
        """Note an extension as used."""
        for kind in ("extensionsUsed", "extensionsRequired")[: 2 if required else 1]:
            if extension not in self.tree.setdefault(kind, []):
                self.tree[kind].append(extension)

    def view(self, data: bytes, **more: Any) -> int:
        """A buffer view of bytes of its own, which begin at a multiple of four."""
        self._blob += b"\0" * (-len(self._blob) % 4)
        view = {"buffer": 0, "byteOffset": len(self._blob), "byteLength": len(data), **more}
        self._blob += data
        return self.add("bufferViews", view)

    def node(self, *, shown: bool = True, **node: Any) -> int:
        """A root of the scene unless it is said to be somebody's child."""
        index = self.add("nodes", node)
        if shown:
            self.tree["scenes"][0]["nodes"].append(index)
        return index

    def glb(self) -> bytes:
        """The file as .glb; buffers that ``tree`` lists come after its own."""
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
