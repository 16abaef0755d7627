"""Batches as vertex arrays. Attributes have the same numbers in all shaders, so that one array serves any program."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.geometry.batches import Batch
from edge_render.gl.calls import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, FLOAT, INT, UNSIGNED_INT
from edge_render.gl.context import GlContext
from edge_render.gl.upload import upload_array

_POSITION, _NORMAL, _UV, _TANGENT, _COLOR, _UV_1, _ROWS, _WEIGHTS, _ROWS_1, _WEIGHTS_1, _MORPH = range(11)


@dataclass(frozen=True, slots=True, eq=False)
class _Attribute:
    """``data``: (n, up to 4) of four-byte numbers, which the shader takes as they are."""

    location: int
    data: NDArray[Any] = field(repr=False)


class BatchBuffers:
    """One batch on the GPU: each attribute's values one after the other in one buffer, and the indices in another."""

    def __init__(self, context: GlContext, batch: Batch) -> None:
        """Takes nothing yet: see :meth:`upload`."""
        self._context = context
        self._attributes: list[_Attribute] = list(_attributes(batch))
        self._indices: NDArray[np.uint32] | None = batch.indices
        self._name = ctypes.c_uint(0)
        self._buffers: list[Any] = []
        self.gpu_bytes = sum(part.data.nbytes for part in self._attributes) + batch.indices.nbytes

    @property
    def vertex_array(self) -> int:
        """Its OpenGL name."""
        return self._name.value

    def upload(self) -> Iterator[int]:
        """Put it on the GPU in steps of a few milliseconds; yields the bytes of each."""
        context, calls = self._context.moderngl, self._context.calls
        indices, attributes = self._indices, self._attributes
        assert indices is not None, "it is uploaded once"
        vertices = context.buffer(reserve=sum(part.data.nbytes for part in attributes))
        self._buffers.append(vertices)
        elements = context.buffer(reserve=indices.nbytes)
        self._buffers.append(elements)
        calls.gen_vertex_arrays(1, ctypes.addressof(self._name))
        calls.bind_vertex_array(self.vertex_array)
        calls.bind_buffer(ARRAY_BUFFER, vertices.glo)
        offsets = []
        offset = 0
        for part in attributes:
            width, stride = part.data.shape[1], part.data.shape[1] * 4
            if part.data.dtype == np.float32:
                calls.vertex_attrib_pointer(part.location, width, FLOAT, 0, stride, offset)
            else:
                kind = INT if part.data.dtype == np.int32 else UNSIGNED_INT
                calls.vertex_attrib_i_pointer(part.location, width, kind, stride, offset)
            calls.enable_vertex_attrib_array(part.location)
            offsets.append(offset)
            offset += part.data.nbytes
        calls.bind_buffer(ELEMENT_ARRAY_BUFFER, elements.glo)
        calls.bind_vertex_array(0)
        for part, offset in zip(attributes, offsets, strict=True):
            yield from upload_array(calls, vertices.glo, offset, part.data)
        yield from upload_array(calls, elements.glo, 0, indices)
        # The GPU has it: what is only kept for that may go.
        self._attributes, self._indices = [], None

    def release(self) -> None:
        if self._name.value:
            self._context.calls.delete_vertex_arrays(1, ctypes.addressof(self._name))
            self._name.value = 0
        for buffer in self._buffers:
            buffer.release()
        self._buffers.clear()


def _attributes(batch: Batch) -> Iterator[_Attribute]:
    for location, data in (
        (_POSITION, batch.positions),
        (_NORMAL, batch.normals),
        (_UV, batch.uvs),
        (_UV_1, batch.uvs_1),
        (_TANGENT, batch.tangents),
        (_COLOR, batch.colors),
        (_MORPH, batch.morph),
    ):
        if data is not None:
            yield _Attribute(location, data)
    if batch.rows is not None:
        yield _Attribute(_ROWS, batch.rows[:, :4])
        if batch.rows.shape[1] > 4:
            yield _Attribute(_ROWS_1, batch.rows[:, 4:])
    if batch.weights is not None:
        yield _Attribute(_WEIGHTS, batch.weights[:, :4])
        if batch.weights.shape[1] > 4:
            yield _Attribute(_WEIGHTS_1, batch.weights[:, 4:])
