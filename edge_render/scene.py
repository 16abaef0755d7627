"""What is drawn: meshes, nodes, materials, textures, light and movement, as plain immutable values.

Geometry is in metres, right-handed, Y up. Colours are linear RGB unless a name says sRGB. The scene
knows nothing of GL, and of files only which it was made of: a loader makes it, renderers and picking read it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Vec3
from edge_render.rig import Rig


class AlphaMode(StrEnum):
    """glTF 2.0, section 3.9.4."""

    OPAQUE = "OPAQUE"
    MASK = "MASK"
    BLEND = "BLEND"


class Wrap(StrEnum):
    """glTF 2.0 sampler wrap modes."""

    REPEAT = "repeat"
    CLAMP = "clamp"
    MIRROR = "mirror"


class MinFilter(StrEnum):
    """glTF 2.0 sampler minification filters."""

    NEAREST = "nearest"
    LINEAR = "linear"
    NEAREST_MIPMAP_NEAREST = "nearest-mipmap-nearest"
    LINEAR_MIPMAP_NEAREST = "linear-mipmap-nearest"
    NEAREST_MIPMAP_LINEAR = "nearest-mipmap-linear"
    LINEAR_MIPMAP_LINEAR = "linear-mipmap-linear"


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """An image with its sampler. ``pixels``: (height, width, 4) uint8 RGBA, first row is v = 0 (top)."""

    name: str
    pixels: NDArray[np.uint8] = field(repr=False)
    wrap_s: Wrap = Wrap.REPEAT
    wrap_t: Wrap = Wrap.REPEAT
    nearest: bool = False
    """Magnified without smoothing."""
    min_filter: MinFilter | None = None
    """None: as smooth as the device's quality allows."""


@dataclass(frozen=True, slots=True)
class UvTransform:
    """KHR_texture_transform: a texture coordinate is scaled, turned counter-clockwise (v downwards), then moved."""

    offset: tuple[float, float] = (0.0, 0.0)
    rotation_rad: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)

    @property
    def rows(self) -> NDArray[np.float64]:
        """Two rows to multiply (u, v, 1) by, shape (2, 3)."""
        cosine, sine = math.cos(self.rotation_rad), math.sin(self.rotation_rad)
        (scale_u, scale_v), (offset_u, offset_v) = self.scale, self.offset
        return np.array([[cosine * scale_u, sine * scale_v, offset_u], [-sine * scale_u, cosine * scale_v, offset_v]])


@dataclass(frozen=True, slots=True)
class TextureUse:
    """A texture as a material uses it: ``texture`` is an index into ``Scene.textures``."""

    texture: int
    uv_set: int = 0
    """0: ``Mesh.uvs``, 1: ``Mesh.uvs_1``."""
    transform: UvTransform | None = None


@dataclass(frozen=True, slots=True)
class Clearcoat:
    """KHR_materials_clearcoat."""

    factor: float = 0.0
    texture: TextureUse | None = None
    roughness_factor: float = 0.0
    roughness_texture: TextureUse | None = None
    normal_texture: TextureUse | None = None
    normal_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Sheen:
    """KHR_materials_sheen."""

    color_factor: Vec3 = (0.0, 0.0, 0.0)
    color_texture: TextureUse | None = None
    roughness_factor: float = 0.0
    roughness_texture: TextureUse | None = None


@dataclass(frozen=True, slots=True)
class Specular:
    """KHR_materials_specular."""

    factor: float = 1.0
    texture: TextureUse | None = None
    color_factor: Vec3 = (1.0, 1.0, 1.0)
    color_texture: TextureUse | None = None


@dataclass(frozen=True, slots=True)
class Transmission:
    """KHR_materials_transmission."""

    factor: float = 0.0
    texture: TextureUse | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """glTF 2.0 metallic-roughness material and its extensions; None where it does not have one."""

    name: str
    base_color_factor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic_factor: float = 1.0
    roughness_factor: float = 1.0
    emissive_factor: Vec3 = (0.0, 0.0, 0.0)
    """Times the emissive strength, so that it may be above 1."""
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    base_color_texture: TextureUse | None = None
    metallic_roughness_texture: TextureUse | None = None
    normal_texture: TextureUse | None = None
    normal_scale: float = 1.0
    occlusion_texture: TextureUse | None = None
    occlusion_strength: float = 1.0
    emissive_texture: TextureUse | None = None
    unlit: bool = False
    ior: float = 1.5
    specular: Specular | None = None
    clearcoat: Clearcoat | None = None
    sheen: Sheen | None = None
    transmission: Transmission | None = None

    @property
    def transmits(self) -> bool:
        """What is behind is seen through the material itself, as through glass."""
        return not self.unlit and self.transmission is not None and self.transmission.factor > 0.0

    @property
    def blended(self) -> bool:
        """It is drawn after what is behind it, which shows through."""
        return self.alpha_mode is AlphaMode.BLEND or self.transmits


@dataclass(frozen=True, slots=True, eq=False)
class MorphTargets:
    """What each target adds at weight 1: ``positions``, and where given ``normals`` and ``tangents``:
    (targets, n, 3) float32."""

    positions: NDArray[np.float32] = field(repr=False)
    normals: NDArray[np.float32] | None = field(default=None, repr=False)
    tangents: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One primitive. ``positions``, ``normals``: (n, 3) float32; ``uvs``: (n, 2) float32, v = 0 is the
    first row of the texture; ``colors``: (n, 4) float32 linear or None; ``triangles``: (m, 3) uint32.

    A primitive of lines or points has no triangles, but ``lines``, (m, 2) uint32, or ``points``, (m,) uint32.
    """

    positions: NDArray[np.float32] = field(repr=False)
    normals: NDArray[np.float32] = field(repr=False)
    triangles: NDArray[np.uint32] = field(repr=False)
    material: int
    uvs: NDArray[np.float32] | None = field(default=None, repr=False)
    colors: NDArray[np.float32] | None = field(default=None, repr=False)
    uvs_1: NDArray[np.float32] | None = field(default=None, repr=False)
    tangents: NDArray[np.float32] | None = field(default=None, repr=False)
    """(n, 4) float32 as the file gives them; None: to be made where a normal texture needs them."""
    lines: NDArray[np.uint32] | None = field(default=None, repr=False)
    points: NDArray[np.uint32] | None = field(default=None, repr=False)
    joints: NDArray[np.uint16] | None = field(default=None, repr=False)
    """(n, 4 or 8): indices into ``Skin.joints`` of the node's skin."""
    weights: NDArray[np.float32] | None = field(default=None, repr=False)
    """As ``joints``, of sum 1."""
    morphs: MorphTargets | None = field(default=None, repr=False)
    unlit: bool = False
    """Lines and points without normals are not shaded (glTF 2.0, section 3.7.2.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A placed primitive: ``matrix`` (4, 4) float64 takes mesh space to world space, at rest."""

    name: str
    mesh: int
    matrix: NDArray[np.float64] = field(repr=False)
    rig_node: int | None = None
    """Its index in ``Scene.rig``, which says where it is when; None: it never moves."""
    skin: int | None = None
    """Index into ``Rig.skins``: then the joints place it, not ``matrix`` (glTF 2.0, section 3.7.3.3)."""
    instances: NDArray[np.float64] | None = field(default=None, repr=False)
    """EXT_mesh_gpu_instancing: (k, 4, 4), each takes mesh space to the node's space; None: once."""
    variant_materials: tuple[int, ...] = ()
    """KHR_materials_variants: the material in each of ``Scene.variants``; empty: always that of the mesh."""


class LightKind(StrEnum):
    """KHR_lights_punctual."""

    DIRECTIONAL = "directional"
    POINT = "point"
    SPOT = "spot"


@dataclass(frozen=True, slots=True, eq=False)
class PunctualLight:
    """KHR_lights_punctual: shines along -Z of ``matrix`` (4, 4), at rest. ``intensity``: candela, or lux where
    directional."""

    kind: LightKind
    matrix: NDArray[np.float64] = field(repr=False)
    color: Vec3 = (1.0, 1.0, 1.0)
    intensity: float = 1.0
    range_m: float | None = None
    """None: it reaches everywhere."""
    inner_cone_rad: float = 0.0
    outer_cone_rad: float = 0.7853981633974483
    rig_node: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SceneCamera:
    """A camera of the file, which looks along -Z of ``matrix`` (4, 4), at rest. One of the two sizes is set."""

    name: str
    matrix: NDArray[np.float64] = field(repr=False)
    fov_y_rad: float | None = None
    orthographic_height_m: float | None = None
    rig_node: int | None = None


@dataclass(frozen=True, slots=True)
class Sun:
    """One directional light. ``direction`` is where its light travels to, length 1."""

    direction: Vec3
    color: Vec3 = (1.0, 0.96, 0.9)
    intensity: float = 3.0


@dataclass(frozen=True, slots=True)
class Ambient:
    """Hemispheric light: irradiance from above and from below, linear RGB."""

    sky: Vec3 = (0.9, 0.95, 1.0)
    ground: Vec3 = (0.45, 0.42, 0.4)
    intensity: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class EnvironmentLight:
    """Light from all around, prefiltered from an equirectangular picture; it takes the place of Ambient.

    ``irradiance``: a small cube (6, size, size, 3) float32 of the irradiance over pi. ``specular``: for each
    roughness, evenly from 0 to 1, a cube (6, size, size, 3) float16; sizes halve from one to the next. Faces are in
    OpenGL's order (+X -X +Y -Y +Z -Z).
    """

    irradiance: NDArray[np.float32] = field(repr=False)
    specular: tuple[NDArray[np.float16], ...] = field(repr=False)
    intensity: float = 1.0
    rotation_rad: float = 0.0
    """About +Y, positive to the left."""
    shown: bool = True
    """It is what is seen where nothing is drawn."""


@dataclass(frozen=True, slots=True)
class Lightmap:
    """Baked light of the nodes named: a texture, sRGB unless said, on the second set of texture coordinates."""

    texture: int
    nodes: frozenset[str]
    """Empty: all nodes that have a second set."""
    intensity: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that a renderer needs to draw one scene."""

    name: str
    meshes: tuple[Mesh, ...]
    nodes: tuple[Node, ...]
    materials: tuple[Material, ...]
    textures: tuple[Texture, ...]
    sun: Sun = Sun((0.3, -0.9, -0.3))
    ambient: Ambient = Ambient()
    exposure: float = 1.0
    background: Vec3 = (0.62, 0.75, 0.9)
    rig: Rig | None = None
    """None: nothing moves."""
    lights: tuple[PunctualLight, ...] = ()
    cameras: tuple[SceneCamera, ...] = ()
    variants: tuple[str, ...] = ()
    environment: EnvironmentLight | None = None
    lightmaps: tuple[Lightmap, ...] = ()
    ambient_occlusion: bool = False
    """Light from all around is dimmed where other surfaces are near, on devices that have the time for it."""
    sources: tuple[Path, ...] = ()
    """All files that it was made of; empty where that is not known."""

    def triangle_count(self) -> int:
        """Triangles drawn, each placement of a mesh counted."""
        return sum(
            len(self.meshes[node.mesh].triangles) * (1 if node.instances is None else len(node.instances))
            for node in self.nodes
        )
