"""The matrices and weights of what moves, on the GPU: texture buffers that vertex shaders read.

OpenGL 3.3 has no storage buffers; a texture buffer is as large, and is read by index in the same way.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.animation import RigPose
from edge_render.errors import RendererError
from edge_render.geometry.movement import Movement
from edge_render.gl.calls import R32I, RGBA32F, TEXTURE0, TEXTURE_BUFFER
from edge_render.gl.context import GlContext
from edge_render.gl.programs import INSTANCE_UNIT, MORPH_DELTAS_UNIT, MORPH_WEIGHTS_UNIT, PALETTE_UNIT
from edge_render.gl.upload import upload_array

_TEXELS_A_ROW = 3


class TextureBuffer:
    """A buffer of texels of one format, bound to a texture unit of its own."""

    def __init__(self, context: GlContext, unit: int, texel_format: int, texel_bytes: int) -> None:
        self._calls, self._moderngl = context.calls, context.moderngl
        self._unit, self._format, self._texel_bytes = unit, texel_format, texel_bytes
        self._limit = int(context.moderngl.info["GL_MAX_TEXTURE_BUFFER_SIZE"])
        self._buffer: Any = None
        self._texture = ctypes.c_uint(0)

    @property
    def gpu_bytes(self) -> int:
        return 0 if self._buffer is None else int(self._buffer.size)

    def reserve(self, texels: int, what: str) -> None:
        """Have room for so many at least; what was in it is lost. Raises RendererError where the device has not."""
        if texels > self._limit:
            raise RendererError(f"{what}: {texels} texels; a texture buffer of this device has at most {self._limit}")
        if self._buffer is not None and self._buffer.size >= texels * self._texel_bytes:
            return
        self.release()
        self._buffer = self._moderngl.buffer(reserve=max(texels, 1) * self._texel_bytes)
        self._calls.gen_textures(1, ctypes.addressof(self._texture))
        self.bind()
        self._calls.tex_buffer(TEXTURE_BUFFER, self._format, self._buffer.glo)

    def write(self, data: NDArray[Any], first_texel: int = 0) -> None:
        for _ in self.upload(data, first_texel):
            pass

    def upload(self, data: NDArray[Any], first_texel: int = 0) -> Iterator[int]:
        """Write in steps of a few milliseconds; yields the bytes of each."""
        yield from upload_array(self._calls, self._buffer.glo, first_texel * self._texel_bytes, data)

    def bind(self) -> None:
        self._calls.active_texture(TEXTURE0 + self._unit)
        self._calls.bind_texture(TEXTURE_BUFFER, self._texture.value)

    def release(self) -> None:
        if self._buffer is not None:
            self._calls.delete_textures(1, ctypes.addressof(self._texture))
            self._buffer.release()
            self._buffer = None


class GpuPalette:
    """One scene's palette. All who look at the scene see it at the same time."""

    def __init__(self, context: GlContext, movement: Movement) -> None:
        """Takes nothing yet: see :meth:`upload`."""
        self._movement = movement
        self._matrices = TextureBuffer(context, PALETTE_UNIT, RGBA32F, 16)
        self._weights = TextureBuffer(context, MORPH_WEIGHTS_UNIT, RGBA32F, 16)
        self._deltas = TextureBuffer(context, MORPH_DELTAS_UNIT, RGBA32F, 16)
        self._instances = TextureBuffer(context, INSTANCE_UNIT, R32I, 4)

    @property
    def gpu_bytes(self) -> int:
        return sum(part.gpu_bytes for part in self._parts)

    def upload(self) -> Iterator[int]:
        """Put it on the GPU as it is at rest, in steps; yields the bytes of each."""
        movement = self._movement
        if movement.rows:
            self._matrices.reserve(movement.rows * _TEXELS_A_ROW, "the matrices of what moves")
            yield from self._matrices.upload(movement.palette(None))
        if len(movement.deltas):
            self._deltas.reserve(len(movement.deltas), "the morph targets")
            yield from self._deltas.upload(movement.deltas)

    def move(self, pose: RigPose) -> NDArray[np.float32]:
        """Have everything as it is in a pose; returns the palette, which the next call changes."""
        movement = self._movement
        palette = movement.palette(pose)
        first, end = movement.moving_rows
        if end > first:
            self._matrices.write(palette[first:end], first * _TEXELS_A_ROW)
        if movement.slots:
            weights = movement.morph_weights(pose)
            self._weights.reserve(weights.size // 4, "the morph weights")
            self._weights.write(weights)
        return palette

    def choose_instances(self, rows: NDArray[np.int32]) -> None:
        """Those of the next drawings, by the row of each."""
        self._instances.reserve(len(rows), "the instances in view")
        self._instances.write(rows)

    def bind(self) -> None:
        for part in self._parts:
            if part.gpu_bytes:
                part.bind()

    @property
    def _parts(self) -> tuple[TextureBuffer, ...]:
        return self._matrices, self._weights, self._deltas, self._instances

    def release(self) -> None:
        for part in self._parts:
            part.release()
