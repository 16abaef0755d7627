"""Materials of a scene on the GPU: which shader features one needs, its constants and its textures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from edge_render.gl.calls import (
    CULL_FACE,
    ONE,
    ONE_MINUS_SRC_ALPHA,
    SRC1_COLOR,
    TEXTURE0,
    TEXTURE_2D,
    UNIFORM_BUFFER,
)
from edge_render.gl.context import GlContext
from edge_render.gl.programs import (
    BASE_UNIT,
    COAT_NORMAL_UNIT,
    COAT_ROUGH_UNIT,
    COAT_UNIT,
    EMISSIVE_UNIT,
    LIGHT_MAP_UNIT,
    METAL_ROUGH_UNIT,
    NORMAL_UNIT,
    OCCLUSION_UNIT,
    SHEEN_COLOR_UNIT,
    SHEEN_ROUGH_UNIT,
    SPECULAR_COLOR_UNIT,
    SPECULAR_UNIT,
    SURFACE_BINDING,
    TRANSMISSION_UNIT,
)
from edge_render.gl.texture_units import UNITS_OF, given_up_for
from edge_render.gl.textures import GlTextures
from edge_render.render_quality import RenderQuality
from edge_render.scene import (
    AlphaMode,
    Clearcoat,
    Material,
    Scene,
    Sheen,
    Specular,
    TextureUse,
    Transmission,
    UvTransform,
)

log = structlog.get_logger(__name__)

_SURFACE_FLOATS = 4 * (7 + 26)
SURFACE_BYTES = 4 * _SURFACE_FLOATS
_PLAIN_IOR = 1.5


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
    """The ``#define`` names; HAS_UV, HAS_UV_1, HAS_TANGENT and HAS_COLOR tell which vertex attributes are read."""
    textures: tuple[tuple[int, int], ...]
    """OpenGL names by texture unit."""
    surface: int
    """Its place in the buffer of the Surface blocks."""

    def texture(self, unit: int) -> int | None:
        """The OpenGL name of the texture in a unit, where there is one."""
        return next((name for at, name in self.textures if at == unit), None)


@dataclass(frozen=True, slots=True)
class _Use:
    """A texture that a material uses: ``slot`` is its place in ``uv_rows`` of the shader."""

    slot: int
    name: str
    unit: int
    srgb: bool
    use: TextureUse | None
    needs_tangents: bool = False


def _uses(material: Material) -> Iterator[_Use]:
    coat = material.clearcoat or Clearcoat()
    specular = material.specular or Specular()
    sheen = material.sheen or Sheen()
    transmission = material.transmission or Transmission()
    yield _Use(0, "BASE", BASE_UNIT, True, material.base_color_texture)
    if material.unlit:
        return
    yield _Use(1, "METAL_ROUGH", METAL_ROUGH_UNIT, False, material.metallic_roughness_texture)
    yield _Use(2, "NORMAL", NORMAL_UNIT, False, material.normal_texture, needs_tangents=True)
    yield _Use(3, "OCCLUSION", OCCLUSION_UNIT, False, material.occlusion_texture)
    yield _Use(4, "EMISSIVE", EMISSIVE_UNIT, True, material.emissive_texture)
    yield _Use(5, "SPECULAR", SPECULAR_UNIT, False, specular.texture)
    yield _Use(6, "SPECULAR_COLOR", SPECULAR_COLOR_UNIT, True, specular.color_texture)
    if coat.factor > 0.0:
        yield _Use(7, "COAT", COAT_UNIT, False, coat.texture)
        yield _Use(8, "COAT_ROUGH", COAT_ROUGH_UNIT, False, coat.roughness_texture)
        yield _Use(9, "COAT_NORMAL", COAT_NORMAL_UNIT, False, coat.normal_texture, needs_tangents=True)
    if max(sheen.color_factor) > 0.0:
        yield _Use(10, "SHEEN_COLOR", SHEEN_COLOR_UNIT, True, sheen.color_texture)
        yield _Use(11, "SHEEN_ROUGH", SHEEN_ROUGH_UNIT, False, sheen.roughness_texture)
    if transmission.factor > 0.0:
        yield _Use(12, "TRANSMISSION", TRANSMISSION_UNIT, False, transmission.texture)


class GpuMaterials:
    """The materials of one scene. Made and used on the GL thread."""

    def __init__(
        self, context: GlContext, textures: GlTextures, scene: Scene, quality: RenderQuality, light: frozenset[str]
    ) -> None:
        """Uploads the constants of all materials; textures are uploaded by the first look that uses them. ``light``:
        the ``#define`` names of the sun, its shadows and what else dims light."""
        self._light = light
        self._context, self._textures, self._scene, self._quality = context, textures, scene, quality
        self._stride = surface_stride(context.moderngl.info["GL_UNIFORM_BUFFER_OFFSET_ALIGNMENT"])
        self._surfaces: Any = context.moderngl.buffer(self._surface_data().tobytes())
        self._looks: dict[tuple[int, VertexData], Look] = {}

    def look(self, index: int, vertices: VertexData) -> Look:
        """Material ``index`` of the scene on vertices of that kind; the same object each time. What is absent
        costs nothing."""
        key = (index, vertices)
        if key not in self._looks:
            material = self._scene.materials[index]
            features, textures = self._features(material, vertices)
            # Each lightmap has constants of its own for each material, behind those of the materials without one.
            of_lightmap = 0 if vertices.lightmap is None else 1 + vertices.lightmap
            surface = of_lightmap * len(self._scene.materials) + index
            self._looks[key] = Look(material, features, textures, surface)
        return self._looks[key]

    def bind(self, look: Look) -> None:
        """Make it what is drawn with next; the program, which also depends on the geometry, is the caller's."""
        calls = self._context.calls
        (calls.disable if look.material.double_sided else calls.enable)(CULL_FACE)
        if look.material.blended:
            calls.blend_func(ONE, SRC1_COLOR if "TINTS_BEHIND" in look.features else ONE_MINUS_SRC_ALPHA)
        for unit, texture in look.textures:
            calls.active_texture(TEXTURE0 + unit)
            calls.bind_texture(TEXTURE_2D, texture)
        calls.bind_buffer_range(
            UNIFORM_BUFFER, SURFACE_BINDING, self._surfaces.glo, look.surface * self._stride, SURFACE_BYTES
        )

    def release(self) -> None:
        self._surfaces.release()

    def _surface_data(self) -> NDArray[np.float32]:
        materials, lightmaps = self._scene.materials, self._scene.lightmaps
        rows = len(materials) * (1 + len(lightmaps))
        data = np.zeros((max(rows, 1), self._stride // 4), dtype=np.float32)
        for row, material in zip(data, materials, strict=False):
            row[:_SURFACE_FLOATS] = _surface(material, self._scene.exposure)
        for index, lightmap in enumerate(lightmaps, start=1):
            of_lightmap = data[index * len(materials) : (index + 1) * len(materials)]
            of_lightmap[:] = data[: len(materials)]
            of_lightmap[:, 24] = lightmap.intensity * self._scene.exposure
        return data

    def _features(self, material: Material, vertices: VertexData) -> tuple[frozenset[str], tuple[tuple[int, int], ...]]:
        features = set(_of_material(material))
        textures: list[tuple[int, int]] = []
        if vertices.unlit:
            features = (features | {"UNLIT"}) - {"TRANSMISSION"}
        if "TRANSMISSION" in features:
            features.add("SEES_BEHIND" if self._quality.rough_glass else "TINTS_BEHIND")
        for used in _uses(material):
            use = used.use
            if use is None or not (vertices.uvs_1 if use.uv_set else vertices.uvs):
                continue
            if used.needs_tangents:
                if not vertices.tangents:
                    continue
                features.add("HAS_TANGENT")
            if used.name == "OCCLUSION" and use == material.metallic_roughness_texture:
                # Both lie in channels of one image, as exporters like to pack them: sample it once.
                features.add("OCCLUSION_IN_METAL_ROUGH_MAP")
                continue
            at = "uv_1" if use.uv_set else "uv"
            features.add("HAS_UV_1" if use.uv_set else "HAS_UV")
            features.add(f"HAS_{used.name}_MAP")
            moved = use.transform is not None and use.transform != UvTransform()
            features.add(f"{used.name}_UV moved({at}, {used.slot})" if moved else f"{used.name}_UV {at}")
            textures.append((used.unit, self._textures.get(use.texture, srgb=used.srgb)))
        if vertices.lightmap is not None and vertices.uvs_1 and "UNLIT" not in features:
            features |= {"HAS_LIGHT_MAP", "HAS_UV_1"}
            lightmap = self._scene.lightmaps[vertices.lightmap]
            textures.append((LIGHT_MAP_UNIT, self._textures.get(lightmap.texture, srgb=True)))
        if vertices.colors:
            features.add("HAS_COLOR")
        if self._quality.shadow_taps > 1:
            features.add("SHADOW_TAPS_4")
        if "UNLIT" not in features:
            features |= self._light
        if self._scene.environment is not None:
            features.add("HAS_ENVIRONMENT")
        if self._scene.lights:
            features.add("LIGHTS")
        fragment_units = int(self._context.moderngl.info["GL_MAX_TEXTURE_IMAGE_UNITS"])
        given_up = given_up_for(frozenset(features), fragment_units)
        if given_up:
            log.warning("material_simplified", material=material.name, units=fragment_units, left_out=sorted(given_up))
        left_out_units = {UNITS_OF[name] for name in given_up if name in UNITS_OF}
        return frozenset(features) - given_up, tuple(entry for entry in textures if entry[0] not in left_out_units)


def surface_stride(alignment: int) -> int:
    """Bytes from one Surface block to the next, where a block may begin at multiples of ``alignment``: 16 bytes on
    llvmpipe, 256 on NVIDIA."""
    return -(-SURFACE_BYTES // alignment) * alignment


def _of_material(material: Material) -> Iterator[str]:
    if material.double_sided:
        yield "DOUBLE_SIDED"
    if material.alpha_mode is not AlphaMode.OPAQUE:
        yield "ALPHA_MASK" if material.alpha_mode is AlphaMode.MASK else "ALPHA_BLEND"
    if material.unlit:
        yield "UNLIT"
        return
    if material.ior != _PLAIN_IOR or material.specular is not None:
        yield "SPECULAR"
    if material.clearcoat is not None and material.clearcoat.factor > 0.0:
        yield "COAT"
    if material.sheen is not None and max(material.sheen.color_factor) > 0.0:
        yield "SHEEN"
    if material.transmits:
        yield "TRANSMISSION"


def _surface(material: Material, exposure: float) -> list[float]:
    """The Surface block of shaders/scene.frag, without a lightmap."""
    specular = material.specular or Specular()
    coat = material.clearcoat or Clearcoat()
    sheen = material.sheen or Sheen()
    transmission = material.transmission or Transmission()
    # KHR_materials_ior: an index of 0 is how files ask for a mirror at every angle.
    at_normal = 1.0 if material.ior == 0.0 else ((material.ior - 1.0) / (material.ior + 1.0)) ** 2
    values = [
        *material.base_color_factor,
        *np.multiply(material.emissive_factor, exposure),
        material.alpha_cutoff,
        material.metallic_factor,
        material.roughness_factor,
        material.normal_scale,
        material.occlusion_strength,
        *np.multiply(specular.color_factor, at_normal),
        specular.factor,
        coat.factor,
        coat.roughness_factor,
        coat.normal_scale,
        transmission.factor,
        *sheen.color_factor,
        sheen.roughness_factor,
        *(0.0, material.ior, 0.0, 0.0),
    ]
    rows = np.zeros((26, 4), np.float32)
    for used in _uses(material):
        if used.use is not None and used.use.transform is not None:
            rows[2 * used.slot : 2 * used.slot + 2, :3] = used.use.transform.rows
    return [float(value) for value in (*values, *rows.reshape(-1))]
