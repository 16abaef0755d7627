"""The materials of a file, with what its extensions add, and which texture coordinates they want where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format_materials import ClearcoatPart, MaterialPart, SheenPart, SpecularGlossiness, SpecularPart
from edge_render.gltf.format_textures import TextureInfo
from edge_render.gltf.textures import TextureReader
from edge_render.scene import (
    AlphaMode,
    Clearcoat,
    Material,
    Sheen,
    Specular,
    TextureUse,
    Transmission,
    UvTransform,
)


class Place(Protocol):
    """Where the texture of a material is; ``glossiness`` as for TextureReader.place."""

    def __call__(self, info: TextureInfo | None, *, glossiness: float | None = None) -> TextureUse | None: ...


@dataclass(frozen=True, slots=True)
class UvSlots:
    """Which TEXCOORD_n is ``Mesh.uvs`` and which is ``Mesh.uvs_1``; ``dropped`` are those that have no place."""

    first: int = 0
    second: int = 1
    dropped: tuple[int, ...] = ()

    def slot(self, uv_set: int) -> int | None:
        """0 or 1; None where a texture of that set can't be shown."""
        return 0 if uv_set == self.first else 1 if uv_set == self.second else None


def uv_slots(part: MaterialPart) -> UvSlots:
    """A mesh has two sets: 0 and 1 stay where they are if they are used, others take the place of what is not."""
    used = sorted({info.uv_set for info in part.textures().values()})
    others = [uv_set for uv_set in used if uv_set > 1]
    first = 0 if 0 in used or not others else others.pop(0)
    second = 1 if 1 in used or not others else others.pop(0)
    return UvSlots(first, second, tuple(others))


def textures_of(checked: CheckedGltf, materials: Collection[int]) -> list[int]:
    """The textures that these materials use, by index, in a fixed order."""
    parts = checked.gltf.materials
    return [
        info.index for index in sorted(materials) if index < len(parts) for info in parts[index].textures().values()
    ]


def read_materials(checked: CheckedGltf, used: Collection[int], textures: TextureReader) -> tuple[Material, ...]:
    """All materials, and one more: what primitives without a material get (section 3.7.2.1).

    Those that are not ``used`` have no textures. Raises ModelError.
    """
    parts = [*checked.gltf.materials, MaterialPart(name="default")]
    return tuple(
        _material(part, part.name or f"material-{index}", _placing(textures, part) if index in used else _nowhere)
        for index, part in enumerate(parts)
    )


def _nowhere(info: TextureInfo | None, *, glossiness: float | None = None) -> TextureUse | None:
    return None


def _placing(reader: TextureReader, part: MaterialPart) -> Place:
    slots = uv_slots(part)

    def place(info: TextureInfo | None, *, glossiness: float | None = None) -> TextureUse | None:
        if info is None or (slot := slots.slot(info.uv_set)) is None:
            return None
        index = reader.place(info.index, glossiness=glossiness)
        return None if index is None else TextureUse(index, slot, _transform(info))

    return place


def _transform(info: TextureInfo) -> UvTransform | None:
    given = info.extensions.transform
    if given is None:
        return None
    transform = UvTransform(given.offset, given.rotation, given.scale)
    return None if transform == UvTransform() else transform


def _material(part: MaterialPart, name: str, place: Place) -> Material:
    pbr, more = part.pbr_metallic_roughness, part.extensions
    strength = 1.0 if more.emissive_strength is None else more.emissive_strength.emissive_strength
    red, green, blue = part.emissive_factor
    transmission = more.transmission
    material = Material(
        name=name,
        base_color_factor=pbr.base_color_factor,
        metallic_factor=pbr.metallic_factor,
        roughness_factor=pbr.roughness_factor,
        emissive_factor=(red * strength, green * strength, blue * strength),
        alpha_mode=AlphaMode(part.alpha_mode),
        alpha_cutoff=part.alpha_cutoff,
        double_sided=part.double_sided,
        base_color_texture=place(pbr.base_color_texture),
        metallic_roughness_texture=place(pbr.metallic_roughness_texture),
        normal_texture=place(part.normal_texture),
        normal_scale=1.0 if part.normal_texture is None else part.normal_texture.scale,
        occlusion_texture=place(part.occlusion_texture),
        occlusion_strength=1.0 if part.occlusion_texture is None else part.occlusion_texture.strength,
        emissive_texture=place(part.emissive_texture),
        unlit=more.unlit is not None,
        ior=1.5 if more.ior is None else more.ior.ior,
        specular=None if more.specular is None else _specular(more.specular, place),
        clearcoat=None if more.clearcoat is None else _clearcoat(more.clearcoat, place),
        sheen=None if more.sheen is None else _sheen(more.sheen, place),
        transmission=None
        if transmission is None
        else Transmission(transmission.transmission_factor, place(transmission.transmission_texture)),
    )
    return material if more.specular_glossiness is None else _glossy(material, more.specular_glossiness, place)


def _glossy(material: Material, part: SpecularGlossiness, place: Place) -> Material:
    """KHR_materials_pbrSpecularGlossiness takes the place of metallic-roughness: no metal, but a dielectric whose
    reflection at every angle has the specular colour, which is what an index of refraction of 0 asks for."""
    detail = part.specular_glossiness_texture
    return replace(
        material,
        base_color_factor=part.diffuse_factor,
        base_color_texture=place(part.diffuse_texture),
        metallic_factor=0.0,
        roughness_factor=1.0 - part.glossiness_factor if detail is None else 1.0,
        metallic_roughness_texture=place(detail, glossiness=part.glossiness_factor),
        ior=0.0,
        specular=Specular(1.0, None, part.specular_factor, place(detail)),
    )


def _specular(part: SpecularPart, place: Place) -> Specular:
    return Specular(
        part.specular_factor,
        place(part.specular_texture),
        part.specular_color_factor,
        place(part.specular_color_texture),
    )


def _clearcoat(part: ClearcoatPart, place: Place) -> Clearcoat:
    normal = part.clearcoat_normal_texture
    return Clearcoat(
        part.clearcoat_factor,
        place(part.clearcoat_texture),
        part.clearcoat_roughness_factor,
        place(part.clearcoat_roughness_texture),
        place(normal),
        1.0 if normal is None else normal.scale,
    )


def _sheen(part: SheenPart, place: Place) -> Sheen:
    return Sheen(
        part.sheen_color_factor,
        place(part.sheen_color_texture),
        part.sheen_roughness_factor,
        place(part.sheen_roughness_texture),
    )
