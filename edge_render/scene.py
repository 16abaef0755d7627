"""What is drawn: meshes, nodes, materials, textures and light, as plain immutable values.

Geometry is in metres, right-handed, Y up. Colours are linear RGB unless a name says sRGB. The scene
knows nothing of GL or of files: a loader makes it, renderers and picking read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Vec3


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


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """An image with its sampler. ``pixels``: (height, width, 4) uint8 RGBA, first row is v = 0 (top)."""

    name: str
    pixels: NDArray[np.uint8] = field(repr=False)
    wrap_s: Wrap = Wrap.REPEAT
    wrap_t: Wrap = Wrap.REPEAT
    nearest: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """glTF 2.0 metallic-roughness material. Texture fields are indices into ``Scene.textures``."""

    name: str
    base_color_factor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    metallic_factor: float = 1.0
    roughness_factor: float = 1.0
    emissive_factor: Vec3 = (0.0, 0.0, 0.0)
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    base_color_texture: int | None = None
    metallic_roughness_texture: int | None = None
    normal_texture: int | None = None
    normal_scale: float = 1.0
    occlusion_texture: int | None = None
    occlusion_strength: float = 1.0
    emissive_texture: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """One primitive. ``positions``, ``normals``: (n, 3) float32; ``uvs``: (n, 2) float32, v = 0 is the
    first row of the texture; ``colors``: (n, 4) float32 linear or None; ``triangles``: (m, 3) uint32."""

    positions: NDArray[np.float32] = field(repr=False)
    normals: NDArray[np.float32] = field(repr=False)
    triangles: NDArray[np.uint32] = field(repr=False)
    material: int
    uvs: NDArray[np.float32] | None = field(default=None, repr=False)
    colors: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A placed primitive: ``matrix`` (4, 4) float64 takes mesh space to world space."""

    name: str
    mesh: int
    matrix: NDArray[np.float64] = field(repr=False)


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

    def triangle_count(self) -> int:
        """Triangles drawn, each placement of a mesh counted."""
        return sum(len(self.meshes[node.mesh].triangles) for node in self.nodes)
