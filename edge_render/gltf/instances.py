"""EXT_mesh_gpu_instancing: where a node's mesh is drawn how often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.format import Instancing
from edge_render.placement import composed


def instance_matrices(part: Instancing, accessors: AccessorReader, place: str) -> NDArray[np.float64] | None:
    """(k, 4, 4), each takes mesh space to the node's space; None where no attribute places any. Raises ModelError."""

    def read(name: str) -> NDArray[np.float64] | None:
        index = part.attributes.get(name)
        return None if index is None else accessors.floats(index).astype(np.float64)

    translations, rotations, scales = read("TRANSLATION"), read("ROTATION"), read("SCALE")
    counts = {len(values) for values in (translations, rotations, scales) if values is not None}
    if not counts:
        return None
    if len(counts) > 1:
        raise ModelError(f"{place}: its attributes have different counts: {', '.join(map(str, sorted(counts)))}")
    count = counts.pop()
    return composed(
        np.zeros((count, 3)) if translations is None else translations,
        np.tile((0.0, 0.0, 0.0, 1.0), (count, 1)) if rotations is None else rotations,
        np.ones((count, 3)) if scales is None else scales,
    )
