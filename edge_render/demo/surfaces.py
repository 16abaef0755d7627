"""Materials of the demo showroom: glTF materials with textures that are generated here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from trimesh.visual.material import PBRMaterial

from edge_render.demo import textures
from edge_render.demo.textures import Maps, Rgb

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
SCREEN_PX = 1024


@dataclass(frozen=True, slots=True)
class Surface:
    """A material, and how many metres of a part one repeat of its texture covers."""

    material: Any
    tile_m: float = 1.0


def swatch(name: str) -> tuple[float, float]:
    """Where in the palette a colour lies."""
    return (list(SWATCHES).index(name) + 0.5) / len(SWATCHES), 0.5


def make_surfaces() -> dict[str, Surface]:
    """All materials by name."""
    wall, floor, metal = textures.plaster(), textures.terrazzo(), textures.brushed_metal()
    oak = textures.wood((122, 82, 48), (170, 122, 76), (206, 162, 112), 21, 0.5)
    walnut = textures.wood((52, 32, 22), (86, 56, 38), (124, 84, 58), 25, 0.42)
    return {
        "floor": _mapped("floor", floor, 2.4),
        "wall": _mapped("wall", wall, 2.0, roughness=0.9),
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
        "gloss": _colored("gloss", 0.18),
        "gold": _plain("gold", (255, 196, 92), 0.24, metallic=1.0),
        "chrome": _plain("chrome", (222, 224, 228), 0.12, metallic=1.0),
        "globe": _mapped("globe", textures.globe(), 1.0),
        "leaf": Surface(
            PBRMaterial(
                name="leaf", baseColorTexture=textures.leaf(), alphaMode="MASK", alphaCutoff=0.5, doubleSided=True,
                metallicFactor=0.0, roughnessFactor=0.6,
            )
        ),
        "glass": Surface(
            PBRMaterial(
                name="glass", baseColorFactor=[0.86, 0.93, 0.94, 0.14], alphaMode="BLEND", doubleSided=True,
                metallicFactor=0.0, roughnessFactor=0.05,
            )
        ),
        "lamp": Surface(
            PBRMaterial(
                name="lamp", baseColorFactor=[1.0, 0.97, 0.9, 1.0], emissiveFactor=[1.0, 0.93, 0.8],
                metallicFactor=0.0, roughnessFactor=0.6,
            )
        ),
        "screen": _screen(),
    }  # fmt: skip


def _plain(name: str, color: Rgb, roughness: float, metallic: float = 0.0) -> Surface:
    linear = [float(((value / 255 + 0.055) / 1.055) ** 2.4) for value in color]
    return Surface(
        PBRMaterial(name=name, baseColorFactor=[*linear, 1.0], metallicFactor=metallic, roughnessFactor=roughness)
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
            occlusionTexture=maps.orm,
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


TERMINAL = (0.0, 0.0, 0.375, 0.5)
BOARD = (0.375, 0.0, 1.0, 0.5)
POSTER = (0.0, 0.5, 0.5, 1.0)
WORLD_TIME = (0.5, 0.5, 1.0, 0.75)
WELCOME = (0.5, 0.75, 1.0, 1.0)


def _screen() -> Surface:
    """One picture for all screens; the parts of it are the rectangles above."""
    image = Image.new("RGB", (SCREEN_PX, SCREEN_PX), (10, 22, 34))
    draw = ImageDraw.Draw(image)

    def font(size: int) -> Any:
        return ImageFont.load_default(size)

    draw.rectangle((0, 0, 383, 511), fill=(236, 242, 245))
    draw.rectangle((0, 0, 383, 84), fill=(16, 88, 104))
    draw.text((24, 22), "Self-service", font=font(34), fill="white")
    for index, label in enumerate(("Withdraw cash", "Pay in", "Transfers", "Open an account")):
        top = 110 + index * 96
        draw.rounded_rectangle((24, top, 359, top + 76), 14, fill=(255, 255, 255), outline=(176, 200, 208), width=3)
        draw.ellipse((40, top + 18, 80, top + 58), fill=(22, 118, 132))
        draw.text((100, top + 22), label, font=font(28), fill=(28, 52, 64))
    draw.text((412, 24), "Exchange rates", font=font(40), fill=(236, 206, 140))
    for index, (pair, buy, sell) in enumerate(
        (("USD", "7.082", "7.112"), ("EUR", "7.694", "7.751"), ("GBP", "9.015", "9.082"), ("JPY", "4.712", "4.747"),
         ("HKD", "0.908", "0.912"), ("SGD", "5.271", "5.309"))
    ):  # fmt: skip
        y = 104 + index * 64
        draw.line((412, y - 6, 996, y - 6), fill=(40, 66, 84), width=2)
        draw.text((412, y + 6), pair, font=font(38), fill="white")
        draw.text((640, y + 6), buy, font=font(38), fill=(150, 220, 190))
        draw.text((836, y + 6), sell, font=font(38), fill=(240, 176, 150))
    for row in range(512):
        shade = row / 512
        draw.line(
            (0, 512 + row, 511, 512 + row), fill=(int(18 + 60 * shade), int(74 + 70 * shade), int(96 + 60 * shade))
        )
    draw.ellipse((140, 590, 372, 822), fill=(250, 214, 140))
    draw.polygon([(0, 1024), (0, 860), (170, 740), (300, 850), (420, 780), (512, 860), (512, 1024)], fill=(18, 62, 70))
    draw.text((40, 912), "Plan what matters", font=font(46), fill="white")
    for index, (city, hour) in enumerate((("Beijing", 10), ("London", 2), ("New York", 21))):
        x = 596 + index * 172
        draw.ellipse((x - 60, 536, x + 60, 656), fill=(240, 242, 244), outline=(200, 170, 110), width=5)
        for length, angle, width in ((30, hour / 12, 6), (46, 0.2, 4)):
            tip = np.array((np.sin(angle * 2 * np.pi), -np.cos(angle * 2 * np.pi))) * length
            draw.line((x, 596, x + tip[0], 596 + tip[1]), fill=(24, 40, 52), width=width)
        draw.text((x - 54, 676), city, font=font(28), fill="white")
    draw.rectangle((512, 768, 1023, 1023), fill=(12, 70, 84))
    draw.text((566, 816), "Welcome", font=font(96), fill=(246, 232, 200))
    draw.text((572, 930), "How can we help you today?", font=font(32), fill="white")
    return Surface(
        PBRMaterial(
            name="screen", baseColorFactor=[0.02, 0.02, 0.02, 1.0], emissiveTexture=image,
            emissiveFactor=[0.85, 0.85, 0.85], metallicFactor=0.0, roughnessFactor=0.35,
        )
    )  # fmt: skip
