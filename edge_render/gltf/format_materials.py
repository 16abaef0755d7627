"""Materials and their extensions (glTF 2.0, sections 3.9 and 5.19; the extensions' own pages in the registry)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, Strict

from edge_render.gltf.format_textures import TextureInfo
from edge_render.gltf.format_types import Color3, Color4, Empty, NotNegative, Part, Unit

NotNegativeColor = Annotated[tuple[NotNegative, NotNegative, NotNegative], Strict(False)]


class MetallicRoughness(Part):
    base_color_factor: Color4 = (1.0, 1.0, 1.0, 1.0)
    metallic_factor: Unit = 1.0
    roughness_factor: Unit = 1.0
    base_color_texture: TextureInfo | None = None
    metallic_roughness_texture: TextureInfo | None = None


class EmissiveStrength(Part):
    emissive_strength: NotNegative = 1.0


class Ior(Part):
    """0 stands for an infinite index of refraction."""

    ior: NotNegative = 1.5


class ClearcoatPart(Part):
    clearcoat_factor: Unit = 0.0
    clearcoat_texture: TextureInfo | None = None
    clearcoat_roughness_factor: Unit = 0.0
    clearcoat_roughness_texture: TextureInfo | None = None
    clearcoat_normal_texture: TextureInfo | None = None


class TransmissionPart(Part):
    transmission_factor: Unit = 0.0
    transmission_texture: TextureInfo | None = None


class SheenPart(Part):
    sheen_color_factor: Color3 = (0.0, 0.0, 0.0)
    sheen_color_texture: TextureInfo | None = None
    sheen_roughness_factor: Unit = 0.0
    sheen_roughness_texture: TextureInfo | None = None


class SpecularPart(Part):
    specular_factor: Unit = 1.0
    specular_texture: TextureInfo | None = None
    specular_color_factor: NotNegativeColor = (1.0, 1.0, 1.0)
    specular_color_texture: TextureInfo | None = None


class SpecularGlossiness(Part):
    """KHR_materials_pbrSpecularGlossiness, which is archived, but which many files still have."""

    diffuse_factor: Color4 = (1.0, 1.0, 1.0, 1.0)
    diffuse_texture: TextureInfo | None = None
    specular_factor: Color3 = (1.0, 1.0, 1.0)
    glossiness_factor: Unit = 1.0
    specular_glossiness_texture: TextureInfo | None = None


class MaterialExtensions(Part):
    specular_glossiness: SpecularGlossiness | None = Field(None, alias="KHR_materials_pbrSpecularGlossiness")
    unlit: Empty | None = Field(None, alias="KHR_materials_unlit")
    emissive_strength: EmissiveStrength | None = Field(None, alias="KHR_materials_emissive_strength")
    ior: Ior | None = Field(None, alias="KHR_materials_ior")
    clearcoat: ClearcoatPart | None = Field(None, alias="KHR_materials_clearcoat")
    transmission: TransmissionPart | None = Field(None, alias="KHR_materials_transmission")
    sheen: SheenPart | None = Field(None, alias="KHR_materials_sheen")
    specular: SpecularPart | None = Field(None, alias="KHR_materials_specular")


class MaterialPart(Part):
    name: str | None = None
    pbr_metallic_roughness: MetallicRoughness = MetallicRoughness()
    normal_texture: TextureInfo | None = None
    occlusion_texture: TextureInfo | None = None
    emissive_texture: TextureInfo | None = None
    emissive_factor: Color3 = (0.0, 0.0, 0.0)
    alpha_mode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"
    alpha_cutoff: NotNegative = 0.5
    double_sided: bool = False
    extensions: MaterialExtensions = MaterialExtensions()

    def textures(self) -> dict[str, TextureInfo]:
        """The textures that it uses, those of extensions as well, by their place in the material."""
        return dict(_textures(self, ""))


def _textures(part: Part, place: str) -> Iterator[tuple[str, TextureInfo]]:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, TextureInfo):
            yield f"{place}{field.alias}", value
        elif isinstance(value, Part):
            yield from _textures(value, f"{place}{field.alias}.")
