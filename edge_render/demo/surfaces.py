"""Materials of the demo showroom: glTF materials with textures that are generated here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from trimesh.visual.material import PBRMaterial

from edge_render.demo import pictures, textures
from edge_render.demo.textures import Maps, Rgb
from edge_render.tone import linear_from_srgb

SWATCHES: dict[str, Rgb] = {
    "white": (236, 234, 228),
    "ink": (34, 38, 44),
    "teal": (24, 92, 104),
    "coral": (204, 92, 72),
    "sand": (206, 186, 150),
    "sky": (104, 158, 196),
    "leaf": (78, 128, 70),
    "brick": (150, 82, 62),
    "stone": (168, 164, 156),
    "navy": (28, 48, 84),
    "amber": (222, 160, 60),
    "silver": (188, 192, 198),
    "earth": (70, 52, 40),
    "cream": (240, 226, 196),
    "plum": (104, 56, 92),
    "mist": (206, 216, 222),
}
_SWATCH_PX = 32


@dataclass(frozen=True, slots=True)
class Surface:
    """A material, and how many metres of a part one repeat of its texture covers.

    Light is baked into what ``takes_light``; glass and what glows by itself do not. ``darkest`` is the
    least that the bake leaves of it.
    """

    material: Any
    tile_m: float = 1.0
    takes_light: bool = True
    darkest: float = 0.06


def swatch(name: str) -> tuple[float, float]:
    """Where in the palette a colour lies."""
    return (list(SWATCHES).index(name) + 0.5) / len(SWATCHES), 0.5


def make_surfaces() -> dict[str, Surface]:
    """All materials by name."""
    wall, floor, metal = textures.plaster(), textures.terrazzo(), textures.brushed_metal()
    oak = textures.wood((146, 106, 68), (184, 142, 96), (212, 174, 128), 21, 0.5)
    walnut = textures.wood((62, 42, 31), (92, 64, 46), (126, 92, 66), 25, 0.42)
    return {
        "floor": _mapped("floor", floor, 2.4),
        "wall": _mapped("wall", wall, 2.0, roughness=0.9),
        "facade": _mapped("facade", textures.facade(), 1.0, roughness=0.8),
        "ceiling": _plain("ceiling", (244, 243, 240), 0.95),
        "oak": _mapped("oak", oak, 1.0),
        "walnut": _mapped("walnut", walnut, 1.0),
        "marble": _mapped("marble", textures.marble(), 1.6),
        "steel": _mapped("steel", metal, 0.5, metallic=1.0),
        "graphite": _plain("graphite", (46, 49, 54), 0.5, metallic=0.3),
        "upholstery": _mapped("upholstery", textures.fabric((24, 66, 76), (62, 118, 124)), 0.16),
        "leather": _mapped("leather", textures.leather((120, 72, 40), (176, 116, 70)), 0.25),
        "rug": _mapped("rug", textures.rug(), 1.0, roughness=0.95),
        "paving": _mapped("paving", textures.paving(), 2.4, roughness=0.85),
        "palette": _colored("palette", 0.55),
        "gloss": _colored("gloss", 0.28),
        "gold": _plain("gold", (255, 200, 104), 0.3, metallic=1.0, darkest=0.55),
        "chrome": _plain("chrome", (222, 224, 228), 0.16, metallic=1.0, darkest=0.5),
        "globe": _mapped("globe", textures.globe(), 1.0),
        "leaf": Surface(
            PBRMaterial(
                name="leaf", baseColorTexture=textures.leaf(), alphaMode="MASK", alphaCutoff=0.5, doubleSided=True,
                metallicFactor=0.0, roughnessFactor=0.8,
            ),
            darkest=0.34,
        ),
        "glass": Surface(
            PBRMaterial(
                name="glass", baseColorFactor=[0.86, 0.93, 0.94, 0.14], alphaMode="BLEND", doubleSided=True,
                metallicFactor=0.0, roughnessFactor=0.05,
            ),
            takes_light=False,
        ),
        "lamp": Surface(
            PBRMaterial(
                name="lamp", baseColorFactor=[1.0, 0.97, 0.9, 1.0], emissiveFactor=[1.0, 0.93, 0.8],
                metallicFactor=0.0, roughnessFactor=0.6,
            ),
            takes_light=False,
        ),
        "screen": Surface(
            PBRMaterial(
                name="screen", baseColorFactor=[0.02, 0.02, 0.02, 1.0], emissiveTexture=pictures.screens(),
                emissiveFactor=[0.85, 0.85, 0.85], metallicFactor=0.0, roughnessFactor=0.35,
            ),
            takes_light=False,
        ),
        "print": Surface(
            PBRMaterial(
                name="print", baseColorTexture=textures.as_jpeg(pictures.prints()), metallicFactor=0.0,
                roughnessFactor=0.4,
            )
        ),
    }  # fmt: skip


def _plain(name: str, color: Rgb, roughness: float, metallic: float = 0.0, darkest: float = 0.06) -> Surface:
    linear = linear_from_srgb(np.divide(color, 255)).tolist()
    return Surface(
        PBRMaterial(name=name, baseColorFactor=[*linear, 1.0], metallicFactor=metallic, roughnessFactor=roughness),
        darkest=darkest,
    )


def _colored(name: str, roughness: float) -> Surface:
    return Surface(PBRMaterial(name=name, baseColorTexture=_palette(), metallicFactor=0.0, roughnessFactor=roughness))


def _mapped(name: str, maps: Maps, tile_m: float, roughness: float = 1.0, metallic: float = 1.0) -> Surface:
    """Factors are multiplied with the maps; without a map for it, a surface is no metal."""
    has_orm = maps.orm is not None
    return Surface(
        PBRMaterial(
            name=name,
            baseColorTexture=maps.color,
            normalTexture=maps.normal,
            metallicRoughnessTexture=maps.orm,
            occlusionTexture=maps.orm if maps.occluded else None,
            metallicFactor=metallic if has_orm else 0.0,
            roughnessFactor=roughness,
        ),
        tile_m,
    )


def _palette() -> Image.Image:
    image = Image.new("RGB", (_SWATCH_PX * len(SWATCHES), _SWATCH_PX))
    for index, color in enumerate(SWATCHES.values()):
        image.paste(color, (index * _SWATCH_PX, 0, (index + 1) * _SWATCH_PX, _SWATCH_PX))
    return image
