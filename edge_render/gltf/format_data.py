"""Bytes and what they mean: buffers, buffer views and accessors (glTF 2.0, sections 3.6 and 5.1 to 5.5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from edge_render.gltf.format_types import ByteLength, ByteOffset, Count, Finite, Index, Part

BYTE, UNSIGNED_BYTE, SHORT, UNSIGNED_SHORT, UNSIGNED_INT, FLOAT = 5120, 5121, 5122, 5123, 5125, 5126
COMPONENT_BYTES = {BYTE: 1, UNSIGNED_BYTE: 1, SHORT: 2, UNSIGNED_SHORT: 2, UNSIGNED_INT: 4, FLOAT: 4}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
MATRIX_ROWS = {"MAT2": 2, "MAT3": 3, "MAT4": 4}


class MeshoptBuffer(Part):
    """EXT_meshopt_compression on a buffer: ``fallback`` says that it may have no bytes."""

    fallback: bool = False


class BufferExtensions(Part):
    meshopt_ext: MeshoptBuffer | None = Field(None, alias="EXT_meshopt_compression")
    meshopt_khr: MeshoptBuffer | None = Field(None, alias="KHR_meshopt_compression")


class Buffer(Part):
    name: str | None = None
    byte_length: ByteLength
    uri: str | None = None
    extensions: BufferExtensions = BufferExtensions()

    @property
    def is_fallback(self) -> bool:
        """It is only for readers without meshopt, and may have no bytes."""
        meshopt = self.extensions.meshopt_ext or self.extensions.meshopt_khr
        return meshopt is not None and meshopt.fallback


class MeshoptView(Part):
    """EXT_meshopt_compression on a buffer view: where its coded bytes are, and how they are coded."""

    buffer: Index
    byte_offset: ByteOffset = 0
    byte_length: ByteLength
    byte_stride: Annotated[int, Field(ge=1, le=256)]
    count: Count
    mode: Literal["ATTRIBUTES", "TRIANGLES", "INDICES"]
    filter: Literal["NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL", "COLOR"] = "NONE"


class BufferViewExtensions(Part):
    meshopt_ext: MeshoptView | None = Field(None, alias="EXT_meshopt_compression")
    meshopt_khr: MeshoptView | None = Field(None, alias="KHR_meshopt_compression")


class BufferView(Part):
    name: str | None = None
    buffer: Index
    byte_offset: ByteOffset = 0
    byte_length: ByteLength
    byte_stride: Annotated[int, Field(ge=1, le=252)] | None = None
    target: int | None = None
    extensions: BufferViewExtensions = BufferViewExtensions()

    @property
    def meshopt(self) -> MeshoptView | None:
        """How its bytes are coded; None: they are as they are."""
        return self.extensions.meshopt_ext or self.extensions.meshopt_khr


class SparseIndices(Part):
    buffer_view: Index
    byte_offset: ByteOffset = 0
    component_type: Literal[5121, 5123, 5125]


class SparseValues(Part):
    buffer_view: Index
    byte_offset: ByteOffset = 0


class Sparse(Part):
    count: Count
    indices: SparseIndices
    values: SparseValues


class Accessor(Part):
    """``component_type`` and ``type`` may be unknown as long as nothing uses the accessor; the check sees to that."""

    name: str | None = None
    buffer_view: Index | None = None
    byte_offset: ByteOffset = 0
    component_type: int
    normalized: bool = False
    count: Count
    type: str
    min: Annotated[tuple[Finite, ...], Strict(False), Field(max_length=16)] | None = None
    max: Annotated[tuple[Finite, ...], Strict(False), Field(max_length=16)] | None = None
    sparse: Sparse | None = None

    @property
    def is_known(self) -> bool:
        return self.component_type in COMPONENT_BYTES and self.type in COMPONENTS

    @property
    def components(self) -> int:
        return COMPONENTS[self.type]

    @property
    def component_bytes(self) -> int:
        return COMPONENT_BYTES[self.component_type]

    @property
    def stride_bytes(self) -> int:
        """From one element to the next where nothing else is said: the columns of matrices begin at multiples of 4
        (section 3.6.2.4)."""
        rows = MATRIX_ROWS.get(self.type)
        if rows is None:
            return self.element_bytes
        return rows * -(-rows * self.component_bytes // 4) * 4

    @property
    def element_bytes(self) -> int:
        """Of one element, from its first byte to its last."""
        rows = MATRIX_ROWS.get(self.type)
        if rows is None:
            return self.component_bytes * self.components
        return (rows - 1) * -(-rows * self.component_bytes // 4) * 4 + rows * self.component_bytes
