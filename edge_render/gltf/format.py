"""A glTF 2.0 file as strict types: what is not here, or in the modules beside it, never reaches the loader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edge_render.gltf.format_data import Accessor, Buffer, BufferView
from edge_render.gltf.format_materials import MaterialPart
from edge_render.gltf.format_meshes import Attributes, MeshPart
from edge_render.gltf.format_textures import ImagePart, Sampler, TexturePart
from edge_render.gltf.format_types import Array, Color3, Finite, Index, Matrix4, NotNegative, Part, Vector3, Vector4


class Asset(Part):
    version: Annotated[str, Field(pattern=r"^\d{1,9}\.\d{1,9}$")]
    min_version: Annotated[str, Field(pattern=r"^\d{1,9}\.\d{1,9}$")] | None = None
    generator: str | None = None
    copyright: str | None = None


class Instancing(Part):
    """EXT_mesh_gpu_instancing: accessors of TRANSLATION, ROTATION, SCALE and _OWN_NAMES."""

    attributes: Attributes


class NodeLight(Part):
    """KHR_lights_punctual on a node."""

    light: Index


class NodeExtensions(Part):
    instancing: Instancing | None = Field(None, alias="EXT_mesh_gpu_instancing")
    light: NodeLight | None = Field(None, alias="KHR_lights_punctual")


class NodePart(Part):
    name: str | None = None
    children: Array[Index] = ()
    mesh: Index | None = None
    camera: Index | None = None
    skin: Index | None = None
    weights: Array[Finite] = ()
    matrix: Matrix4 | None = None
    translation: Vector3 | None = None
    rotation: Vector4 | None = None
    scale: Vector3 | None = None
    extensions: NodeExtensions = NodeExtensions()


class ScenePart(Part):
    name: str | None = None
    nodes: Array[Index] = ()


class SkinPart(Part):
    name: str | None = None
    inverse_bind_matrices: Index | None = None
    skeleton: Index | None = None
    joints: Array[Index]


class ChannelTarget(Part):
    node: Index | None = None
    path: str
    """translation, rotation, scale or weights; extensions define others, which are left out."""


class Channel(Part):
    sampler: Index
    target: ChannelTarget


class AnimationSampler(Part):
    input: Index
    output: Index
    interpolation: Literal["LINEAR", "STEP", "CUBICSPLINE"] = "LINEAR"


class AnimationPart(Part):
    name: str | None = None
    channels: Array[Channel]
    samplers: Array[AnimationSampler]


class Perspective(Part):
    yfov: Finite
    znear: Finite
    zfar: Finite | None = None
    aspect_ratio: Finite | None = None


class Orthographic(Part):
    xmag: Finite
    ymag: Finite
    znear: Finite
    zfar: Finite


class CameraPart(Part):
    name: str | None = None
    type: Literal["perspective", "orthographic"]
    perspective: Perspective | None = None
    orthographic: Orthographic | None = None


class SpotPart(Part):
    """Angles in radians."""

    inner_cone_angle: NotNegative = 0.0
    outer_cone_angle: NotNegative = 0.7853981633974483


class LightPart(Part):
    """KHR_lights_punctual."""

    name: str | None = None
    type: Literal["directional", "point", "spot"]
    color: Color3 = (1.0, 1.0, 1.0)
    intensity: NotNegative = 1.0
    range: NotNegative | None = None
    spot: SpotPart | None = None


class Lights(Part):
    lights: Array[LightPart] = ()


class Variant(Part):
    name: str


class Variants(Part):
    """KHR_materials_variants."""

    variants: Array[Variant] = ()


class GltfExtensions(Part):
    lights: Lights | None = Field(None, alias="KHR_lights_punctual")
    variants: Variants | None = Field(None, alias="KHR_materials_variants")


class Gltf(Part):
    """A whole file."""

    asset: Asset
    extensions_used: Array[str] = ()
    extensions_required: Array[str] = ()
    scene: Index | None = None
    scenes: Array[ScenePart] = ()
    nodes: Array[NodePart] = ()
    meshes: Array[MeshPart] = ()
    skins: Array[SkinPart] = ()
    animations: Array[AnimationPart] = ()
    cameras: Array[CameraPart] = ()
    materials: Array[MaterialPart] = ()
    textures: Array[TexturePart] = ()
    samplers: Array[Sampler] = ()
    images: Array[ImagePart] = ()
    accessors: Array[Accessor] = ()
    buffer_views: Array[BufferView] = ()
    buffers: Array[Buffer] = ()
    extensions: GltfExtensions = GltfExtensions()

    def lights(self) -> tuple[LightPart, ...]:
        return self.extensions.lights.lights if self.extensions.lights is not None else ()

    def variants(self) -> tuple[Variant, ...]:
        return self.extensions.variants.variants if self.extensions.variants is not None else ()
