"""Materials of a scene on the GPU: which shader features one needs, its constants and its textures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.gl.calls import CULL_FACE, TEXTURE0, TEXTURE_2D, UNIFORM_BUFFER
from edge_render.gl.context import GlContext
from edge_render.gl.programs import (
    BASE_UNIT,
    EMISSIVE_UNIT,
    METAL_ROUGH_UNIT,
    NORMAL_UNIT,
    OCCLUSION_UNIT,
    SURFACE_BINDING,
)
from edge_render.gl.textures import GlTextures
from edge_render.render_quality import RenderQuality
from edge_render.scene import AlphaMode, Material, Scene

_SURFACE_FLOATS = 12


@dataclass(frozen=True, slots=True)
class VertexData:
    """What the vertices of a batch have beside positions and normals."""

    uvs: bool = False
    uvs_1: bool = False
    tangents: bool = False
    colors: bool = False
    unlit: bool = False
    """See Mesh.unlit."""
    lightmap: int | None = None
    """Index into ``Scene.lightmaps``; it needs ``uvs_1``."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A material on vertices of one kind: what the program is compiled with, and what is bound to draw it."""

    material: Material
    features: frozenset[str]
    """The ``#define`` names; those that begin with HAS_ also tell which vertex attributes are read."""
    textures: tuple[tuple[int, int], ...]
    """OpenGL names by texture unit."""
    surface_offset: int
    """Bytes into the buffer of the Surface blocks."""

    def texture(self, unit: int) -> int | None:
        """The OpenGL name of the texture in a unit, where there is one."""
        return next((name for at, name in self.textures if at == unit), None)


class GpuMaterials:
    """The materials of one scene. Made and used on the GL thread."""

    def __init__(self, context: GlContext, textures: GlTextures, scene: Scene, quality: RenderQuality) -> None:
        """Uploads the constants of all materials; textures are uploaded by the first look that uses them."""
        self._context, self._textures, self._scene, self._quality = context, textures, scene, quality
        alignment = max(_SURFACE_FLOATS * 4, context.moderngl.info["GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT"])
        self._stride = -(-_SURFACE_FLOATS * 4 // alignment) * alignment
        self._surfaces: Any = context.moderngl.buffer(self._surface_data().tobytes())
        self._looks: dict[tuple[int, VertexData], Look] = {}

    def look(self, index: int, vertices: VertexData) -> Look:
        """Material ``index`` of the scene on vertices of that kind; the same object each time. What is absent
        costs nothing."""
        key = (index, vertices)
        if key not in self._looks:
            material = self._scene.materials[index]
            features, textures = self._features(material, vertices)
            self._looks[key] = Look(material, features, textures, index * self._stride)
        return self._looks[key]

    def bind(self, look: Look) -> None:
        """Make it what is drawn with next; the program, which also depends on the geometry, is the caller's."""
        calls = self._context.calls
        (calls.disable if look.material.double_sided else calls.enable)(CULL_FACE)
        for unit, texture in look.textures:
            calls.active_texture(TEXTURE0 + unit)
            calls.bind_texture(TEXTURE_2D, texture)
        calls.bind_buffer_range(
            UNIFORM_BUFFER, SURFACE_BINDING, self._surfaces.glo, look.surface_offset, _SURFACE_FLOATS * 4
        )

    def release(self) -> None:
        self._surfaces.release()

    def _surface_data(self) -> NDArray[np.float32]:
        data = np.zeros((max(len(self._scene.materials), 1), self._stride // 4), dtype=np.float32)
        for row, material in zip(data, self._scene.materials, strict=False):
            emissive = np.multiply(material.emissive_factor, self._scene.exposure)
            factors = (
                material.metallic_factor,
                material.roughness_factor,
                material.normal_scale,
                material.occlusion_strength,
            )
            row[:_SURFACE_FLOATS] = (*material.base_color_factor, *emissive, material.alpha_cutoff, *factors)
        return data

    def _features(self, material: Material, vertices: VertexData) -> tuple[frozenset[str], tuple[tuple[int, int], ...]]:
        features: set[str] = set()
        textures: list[tuple[int, int]] = []
        if vertices.uvs:
            for use, feature, unit, srgb in (
                (material.base_color_texture, "HAS_BASE_MAP", BASE_UNIT, True),
                (material.metallic_roughness_texture, "HAS_METAL_ROUGH_MAP", METAL_ROUGH_UNIT, False),
                (material.normal_texture if vertices.tangents else None, "HAS_NORMAL_MAP", NORMAL_UNIT, False),
                (material.occlusion_texture, "HAS_OCCLUSION_MAP", OCCLUSION_UNIT, False),
                (material.emissive_texture, "HAS_EMISSIVE_MAP", EMISSIVE_UNIT, True),
            ):
                if use is None:
                    continue
                if feature == "HAS_OCCLUSION_MAP" and use == material.metallic_roughness_texture:
                    # Both lie in channels of one image, as exporters like to pack them: sample it once.
                    features.add("OCCLUSION_IN_METAL_ROUGH_MAP")
                    continue
                features.add(feature)
                textures.append((unit, self._textures.get(use.texture, srgb=srgb)))
            if textures:
                features.add("HAS_UV")
        if vertices.colors:
            features.add("HAS_COLOR")
        if material.double_sided:
            features.add("DOUBLE_SIDED")
        if material.alpha_mode is not AlphaMode.OPAQUE:
            features.add("ALPHA_MASK" if material.alpha_mode is AlphaMode.MASK else "ALPHA_BLEND")
        if self._quality.shadow_taps > 1:
            features.add("SHADOW_TAPS_4")
        return frozenset(features), tuple(textures)
