"""Small glTF files, written by hand, part by part."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from bench.gltf_file import COMPONENT_TYPES, TYPES, GlbFile
from edge_render.gltf.loader import ExaminedModel, examine_model, load_model
from edge_render.scene import Scene

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
"""Faces +Z."""


def png(pixels: ArrayLike, **options: Any) -> bytes:
    """Of (height, width, channels) from 0 to 255."""
    return encoded(Image.fromarray(np.asarray(pixels, np.uint8)), "PNG", **options)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


class GltfFile(GlbFile):
    """A file that may be as unusual as the standard allows, or wrong."""

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
            "componentType": COMPONENT_TYPES[like.dtype.name],
            "count": len(like),
            "type": TYPES[components],
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

    def animate(
        self,
        node: int,
        path: str,
        output: int,
        *,
        times_s: Sequence[float] = (0.0, 1.0),
        interpolation: str = "LINEAR",
        name: str | None = None,
    ) -> int:
        """A clip of one track, whose values are an accessor."""
        sampler = {
            "input": self.accessor(times_s, min=[min(times_s)], max=[max(times_s)]),
            "output": output,
            "interpolation": interpolation,
        }
        channel = {"sampler": 0, "target": {"node": node, "path": path}}
        more = {} if name is None else {"name": name}
        return self.add("animations", {"samplers": [sampler], "channels": [channel], **more})

    def write(self, folder: Path, name: str = "model.glb") -> Path:
        path = folder / name
        path.write_bytes(self.glb())
        return path

    def load(self, folder: Path) -> Scene:
        """Written into a folder, what it shows; raises ModelError."""
        return load_model(self.write(folder), name="test")

    def examine(self, folder: Path) -> ExaminedModel:
        """Written into a folder, all that is wrong with it."""
        return examine_model(self.write(folder), name="test")


def _stride(array: NDArray[Any]) -> dict[str, int]:
    row_bytes = array[0].nbytes
    return {"byteStride": row_bytes + -row_bytes % 4} if row_bytes % 4 and array.ndim > 1 else {}


def _padded(array: NDArray[Any]) -> bytes:
    if not _stride(array):
        return array.tobytes()
    rows = array.reshape(len(array), -1).view(np.uint8)
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).tobytes()
