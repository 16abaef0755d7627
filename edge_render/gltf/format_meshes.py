"""Meshes and their primitives (glTF 2.0, sections 3.7 and 5.23, 5.24)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edge_render.gltf.format_types import Array, Finite, Index, Part

POINTS, LINES, LINE_LOOP, LINE_STRIP, TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN = range(7)

Attributes = dict[str, Index]
"""Accessors by semantic: POSITION, NORMAL, TANGENT, TEXCOORD_n, COLOR_n, JOINTS_n, WEIGHTS_n and _OWN_NAMES."""


class DracoPart(Part):
    """KHR_draco_mesh_compression: ``attributes`` are ids in the coded data."""

    buffer_view: Index
    attributes: dict[str, Index]


class VariantMapping(Part):
    """KHR_materials_variants on a primitive."""

    material: Index
    variants: Array[Index]


class PrimitiveVariants(Part):
    mappings: Array[VariantMapping] = ()


class PrimitiveExtensions(Part):
    draco: DracoPart | None = Field(None, alias="KHR_draco_mesh_compression")
    variants: PrimitiveVariants | None = Field(None, alias="KHR_materials_variants")


class Primitive(Part):
    attributes: Attributes
    indices: Index | None = None
    material: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = TRIANGLES
    targets: Array[Attributes] = ()
    extensions: PrimitiveExtensions = PrimitiveExtensions()


class MeshPart(Part):
    name: str | None = None
    primitives: Array[Primitive]
    weights: Array[Finite] = ()
