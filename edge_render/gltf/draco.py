"""KHR_draco_mesh_compression: all primitives of a file decoded at once, in processes apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.apart.pool import Decoded, Job, decode_apart
from edge_render.errors import ModelError
from edge_render.gltf.accessors import DTYPES
from edge_render.gltf.buffer_views import BufferViews
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format_data import Accessor
from edge_render.gltf.format_meshes import Primitive
from edge_render.gltf.limits import DECODED_MAX_BYTES

_WORKING_BYTES: Final = 64 * 1024 * 1024
_WORKING_PER_BYTE: Final = 8
"""Draco keeps corner tables and values before prediction beside what it gives in the end."""


@dataclass(frozen=True, slots=True)
class DracoGeometry:
    """``triangles``: (m, 3) uint32; ``attributes``: by semantic, (n, components) as their accessors say."""

    triangles: NDArray[np.uint32] = field(repr=False)
    attributes: dict[str, NDArray[Any]] = field(repr=False)


def decode_primitives(
    checked: CheckedGltf, views: BufferViews, primitives: Iterable[tuple[str, Primitive]]
) -> dict[str, DracoGeometry]:
    """The compressed ones of these primitives, by place. Raises ModelError, which names the place.

    What accessors say is checked before, but a stream may hold more, and any number of primitives may name it.
    """
    coded = {place: primitive for place, primitive in primitives if primitive.extensions.draco is not None}
    jobs = [_job(checked, views, primitive) for primitive in coded.values()]
    results = decode_apart(jobs, results_max_bytes=DECODED_MAX_BYTES)
    return {
        place: _geometry(checked, place, primitive, decoded)
        for (place, primitive), decoded in zip(coded.items(), results, strict=True)
    }


def _job(checked: CheckedGltf, views: BufferViews, primitive: Primitive) -> Job:
    part = primitive.extensions.draco
    assert part is not None, "only compressed primitives come here"
    accessors = [checked.gltf.accessors[primitive.attributes[name]] for name in part.attributes]
    if primitive.indices is not None:
        accessors.append(checked.gltf.accessors[primitive.indices])
    # Each component is decoded to four bytes, whatever it is stored as.
    result_bytes = sum(4 * accessor.count * accessor.components for accessor in accessors)
    data = views.content(part.buffer_view)
    return Job("draco", data, _WORKING_BYTES + _WORKING_PER_BYTE * (result_bytes + len(data)))


def _geometry(checked: CheckedGltf, place: str, primitive: Primitive, decoded: Decoded) -> DracoGeometry:
    place = f"{place}.extensions.KHR_draco_mesh_compression"
    if decoded.error is not None:
        raise ModelError(f"{place}: {decoded.error}")
    part = primitive.extensions.draco
    assert part is not None, "only compressed primitives come here"
    by_id = dict(zip(decoded.facts["ids"], decoded.arrays[1:], strict=True))
    attributes = {}
    for name, identifier in part.attributes.items():
        if identifier not in by_id:
            raise ModelError(f"{place}.attributes.{name}: no attribute has the id {identifier}")
        accessor = checked.gltf.accessors[primitive.attributes[name]]
        attributes[name] = _as_accessor(f"{place}.attributes.{name}", accessor, by_id[identifier])
    return DracoGeometry(decoded.arrays[0].reshape(-1, 3).astype(np.uint32, copy=False), attributes)


def _as_accessor(place: str, accessor: Accessor, values: NDArray[Any]) -> NDArray[Any]:
    if values.shape != (accessor.count, accessor.components):
        count, components = values.shape
        raise ModelError(
            f"{place}: decodes to {count} elements of {components}, but its accessor has"
            f" {accessor.count} of {accessor.components}"
        )
    dtype = DTYPES[accessor.component_type]
    return values if values.dtype == dtype else values.astype(dtype)
