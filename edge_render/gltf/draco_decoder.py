"""Runs in a decoder process: the bytes of KHR_draco_mesh_compression as triangles and attributes, by DracoPy."""

from __future__ import annotations

from typing import Any

import DracoPy
import numpy as np
from numpy.typing import NDArray


def decode(data: NDArray[np.uint8], parameters: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Triangles (m, 3) uint32, then each attribute (n, components), whose ids are ``facts["ids"]``.

    Raises ValueError.
    """
    try:
        mesh = DracoPy.decode(data.tobytes())
    except (DracoPy.FileTypeException, TypeError) as error:
        raise ValueError(f"Draco can't decode it: {error}") from error
    if not isinstance(mesh, DracoPy.DracoMesh):
        raise ValueError("it is a Draco point cloud, not a mesh")  # noqa: TRY004 - the bytes are wrong, not a type
    triangles = np.asarray(mesh.faces, np.uint32)
    return {"ids": [int(part["unique_id"]) for part in mesh.attributes]}, [
        triangles,
        *(np.asarray(part["data"]) for part in mesh.attributes),
    ]
