"""The part of a glTF 2.0 file that we read, as strict types: what is not here never reaches the loader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Index = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1, le=20_000_000)]
Bytes = Annotated[int, Field(ge=0, le=2**32)]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
ShortText = Annotated[str, Field(max_length=1024)]

COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=False, alias_generator=to_camel, allow_inf_nan=False)


class Asset(_Part):
    version: Annotated[str, Field(pattern=r"^2\.\d+$")]


class Buffer(_Part):
    byte_length: Annotated[int, Field(ge=1, le=2**32)]
    uri: str | None = None


class BufferView(_Part):
    buffer: Index
    byte_offset: Bytes = 0
    byte_length: Annotated[int, Field(ge=1, le=2**32)]
    byte_stride: Annotated[int, Field(ge=4, le=252, multiple_of=4)] | None = None


class SparseIndices(_Part):
    buffer_view: Index
    byte_offset: Bytes = 0
    component_type: Literal[5121, 5123, 5125]


class SparseValues(_Part):
    buffer_view: Index
    byte_offset: Bytes = 0


class Sparse(_Part):
    count: Count
    indices: SparseIndices
    values: SparseValues


class Accessor(_Part):
    buffer_view: Index | None = None
    byte_offset: Bytes = 0
    component_type: Literal[5120, 5121, 5122, 5123, 5125, 5126]
    normalized: bool = False
    count: Count
    type: Literal["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"]
    sparse: Sparse | None = None

    @property
    def element_bytes(self) -> int:
        return COMPONENT_BYTES[self.component_type] * COMPONENTS[self.type]


class Attributes(_Part):
    model_config = ConfigDict(extra="ignore", alias_generator=None)

    POSITION: Index | None = None
    NORMAL: Index | None = None
    TEXCOORD_0: Index | None = None
    COLOR_0: Index | None = None


class Primitive(_Part):
    attributes: Attributes
    indices: Index | None = None
    material: Index | None = None
    mode: Annotated[int, Field(ge=0, le=6)] = 4


class MeshPart(_Part):
    primitives: list[Primitive] = Field(min_length=1)


class NodePart(_Part):
    name: ShortText | None = None
    children: list[Index] = []
    mesh: Index | None = None
    matrix: Annotated[list[float], Field(min_length=16, max_length=16)] | None = None
    translation: tuple[float, float, float] | None = None
    rotation: tuple[float, float, float, float] | None = None
    scale: tuple[float, float, float] | None = None


class ScenePart(_Part):
    nodes: list[Index] = []


class TextureInfo(_Part):
    index: Index
    tex_coord: Index = 0
    scale: float = 1.0
    strength: Unit = 1.0


class MetallicRoughness(_Part):
    base_color_factor: tuple[Unit, Unit, Unit, Unit] = (1.0, 1.0, 1.0, 1.0)
    metallic_factor: Unit = 1.0
    roughness_factor: Unit = 1.0
    base_color_texture: TextureInfo | None = None
    metallic_roughness_texture: TextureInfo | None = None


class MaterialPart(_Part):
    name: ShortText | None = None
    pbr_metallic_roughness: MetallicRoughness = MetallicRoughness()
    normal_texture: TextureInfo | None = None
    occlusion_texture: TextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    emissive_factor: tuple[Unit, Unit, Unit] = (0.0, 0.0, 0.0)
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: Annotated[float, Field(ge=0.0)] = 0.5
    double_sided: bool = False

    def textures(self) -> dict[str, TextureInfo | None]:
        """The texture of each role, by its name in the file."""
        return {
            "pbrMetallicRoughness.baseColorTexture": self.pbr_metallic_roughness.base_color_texture,
            "pbrMetallicRoughness.metallicRoughnessTexture": self.pbr_metallic_roughness.metallic_roughness_texture,
            "normalTexture": self.normal_texture,
            "occlusionTexture": self.occlusion_texture,
            "emissiveTexture": self.emissive_texture,
        }


class TexturePart(_Part):
    source: Index | None = None
    sampler: Index | None = None


class Sampler(_Part):
    mag_filter: Literal[9728, 9729] | None = None
    wrap_s: Literal[33071, 33648, 10497] = 10497
    wrap_t: Literal[33071, 33648, 10497] = 10497


class ImagePart(_Part):
    uri: str | None = None
    buffer_view: Index | None = None


class Gltf(_Part):
    """A whole file."""

    asset: Asset
    extensions_required: list[ShortText] = []
    scene: Index | None = None
    scenes: list[ScenePart] = []
    nodes: list[NodePart] = []
    meshes: list[MeshPart] = []
    materials: list[MaterialPart] = []
    textures: list[TexturePart] = []
    samplers: list[Sampler] = []
    images: list[ImagePart] = []
    accessors: list[Accessor] = []
    buffer_views: list[BufferView] = []
    buffers: list[Buffer] = []
