"""Writes glTF 2.0 files from arrays, part by part: for models that show one feature each."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from bench.gltf_file import COMPONENT_TYPES, TYPES, GlbFile, Tree


class ModelFile(GlbFile):
    """A file with one scene, whose arrays are as tight as they are given, with their bounds."""

    def extend(self, name: str, content: Tree) -> Tree:
        """An ``extensions`` entry, noted as used."""
        self.use(name)
        return {name: content}

    def accessor(self, values: ArrayLike, dtype: str = "float32", **more: Any) -> int:
        """Rows are elements; a flat array has scalars."""
        array = np.ascontiguousarray(values, dtype)
        rows = array.reshape(len(array), -1)
        bounds = {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        kind = {"componentType": COMPONENT_TYPES[array.dtype.name], "type": TYPES[rows.shape[1]], "count": len(rows)}
        return self.add("accessors", {"bufferView": self.view(array.tobytes()), **kind, **bounds, **more})

    def texture(self, pixels: NDArray[np.uint8], **sampler: int) -> int:
        """A PNG of (height, width, 3 or 4) pixels, with a sampler of its own."""
        stored = io.BytesIO()
        Image.fromarray(pixels).save(stored, "PNG")
        image = self.add("images", {"bufferView": self.view(stored.getvalue()), "mimeType": "image/png"})
        return self.add("textures", {"source": image, "sampler": self.add("samplers", dict(sampler))})

    def mesh(self, attributes: Tree, material: int | None = None, **more: Any) -> int:
        """A mesh of one primitive."""
        primitive = {"attributes": attributes, **more}
        if material is not None:
            primitive["material"] = material
        return self.add("meshes", {"primitives": [primitive]})

    def write(self, path: Path) -> None:
        """As .glb."""
        path.write_bytes(self.glb())
