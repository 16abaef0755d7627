"""Pictures of the demo showroom that are not patterns: what screens show and what is printed.

Each of the two atlases is one image; the rectangles name its parts (see Rect: left, top, right, bottom).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from edge_render.demo.solid import Rect
from edge_render.demo.textures import Rgb, as_jpeg, mix, noise, to_image

ATLAS_PX = 1024

TERMINAL: Rect = (0.0, 0.0, 0.375, 0.5)
BOARD: Rect = (0.375, 0.0, 1.0, 0.5)
POSTER: Rect = (0.0, 0.5, 0.5, 1.0)
WORLD_TIME: Rect = (0.5, 0.5, 1.0, 0.75)
WELCOME: Rect = (0.5, 0.75, 1.0, 1.0)

CARD_RECTS: tuple[Rect, ...] = tuple((index / 3, 0.0, (index + 1) / 3, 0.2) for index in range(3))
CARD_COLORS: tuple[tuple[Rgb, Rgb], ...] = (
    ((92, 60, 18), (228, 176, 84)),
    ((120, 128, 138), (214, 218, 224)),
    ((10, 24, 54), (40, 92, 150)),
)
LEAFLETS: tuple[tuple[str, Rgb], ...] = (
    ("Your first home", (150, 82, 62)),
    ("Gold, gram by gram", (176, 130, 50)),
    ("Travel lightly", (24, 92, 104)),
)
PLAQUES = ("Gold savings", "12 currencies", "Home loan", "Car loan", "Credit cards", "Family insurance")
PLAQUE_RECTS: tuple[Rect, ...] = tuple(
    (index % 3 / 3, 0.2 + index // 3 * 0.1, (index % 3 + 1) / 3, 0.3 + index // 3 * 0.1) for index in range(6)
)
LEAFLET_RECTS: tuple[Rect, ...] = tuple((index * 0.25, 0.4, (index + 1) * 0.25, 0.7) for index in range(3))
KEYPAD: Rect = (0.75, 0.4, 1.0, 0.7)
ARTWORK: Rect = (0.0, 0.7, 0.6, 1.0)
HALLMARK: Rect = (0.6, 0.7, 1.0, 0.85)


def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def screens() -> Image.Image:
    """What glows."""
    image = Image.new("RGB", (ATLAS_PX, ATLAS_PX), (10, 22, 34))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 383, 511), fill=(236, 242, 245))
    draw.rectangle((0, 0, 383, 84), fill=(16, 88, 104))
    draw.text((24, 22), "Self-service", font=_font(34), fill="white")
    for index, label in enumerate(("Withdraw cash", "Pay in", "Transfers", "Open an account")):
        top = 110 + index * 96
        draw.rounded_rectangle((24, top, 359, top + 76), 14, fill=(255, 255, 255), outline=(176, 200, 208), width=3)
        draw.ellipse((40, top + 18, 80, top + 58), fill=(22, 118, 132))
        draw.text((100, top + 22), label, font=_font(28), fill=(28, 52, 64))
    _rates(draw)
    for row in range(512):
        shade = row / 512
        draw.line(
            (0, 512 + row, 511, 512 + row), fill=(int(18 + 60 * shade), int(74 + 70 * shade), int(96 + 60 * shade))
        )
    draw.ellipse((140, 590, 372, 822), fill=(250, 214, 140))
    draw.polygon([(0, 1024), (0, 860), (170, 740), (300, 850), (420, 780), (512, 860), (512, 1024)], fill=(18, 62, 70))
    draw.text((40, 912), "Plan what matters", font=_font(46), fill="white")
    _clocks(draw)
    draw.rectangle((512, 768, 1023, 1023), fill=(12, 70, 84))
    draw.text((566, 816), "Welcome", font=_font(96), fill=(246, 232, 200))
    draw.text((572, 930), "How can we help you today?", font=_font(32), fill="white")
    return image


def _rates(draw: Any) -> None:
    draw.text((412, 20), "Exchange rates", font=_font(40), fill=(236, 206, 140))
    rows = (
        ("USD", "7.082", "7.112"),
        ("EUR", "7.694", "7.751"),
        ("GBP", "9.015", "9.082"),
        ("100 JPY", "4.712", "4.747"),
        ("HKD", "0.908", "0.912"),
        ("SGD", "5.271", "5.309"),
    )
    for label, x in (("we buy", 640), ("we sell", 836)):
        draw.text((x, 74), label, font=_font(22), fill=(150, 170, 186))
    for index, (pair, buy, sell) in enumerate(rows):
        y = 110 + index * 64
        draw.line((412, y - 6, 996, y - 6), fill=(40, 66, 84), width=2)
        draw.text((412, y + 6), pair, font=_font(38), fill="white")
        draw.text((640, y + 6), buy, font=_font(38), fill=(150, 220, 190))
        draw.text((836, y + 6), sell, font=_font(38), fill=(240, 176, 150))


def _clocks(draw: Any) -> None:
    minute = 12
    for index, (city, hour) in enumerate((("Beijing", 10), ("London", 2), ("New York", 21))):
        x = 596 + index * 172
        draw.ellipse((x - 60, 536, x + 60, 656), fill=(240, 242, 244), outline=(200, 170, 110), width=5)
        for step in range(12):
            sine, cosine = math.sin(step * math.pi / 6), -math.cos(step * math.pi / 6)
            draw.line((x + 46 * sine, 596 + 46 * cosine, x + 52 * sine, 596 + 52 * cosine), fill=(90, 96, 104), width=3)
        for length, part, width in ((30, (hour + minute / 60) / 12, 6), (44, minute / 60, 4)):
            tip = np.array((math.sin(part * 2 * math.pi), -math.cos(part * 2 * math.pi))) * length
            draw.line((x, 596, x + tip[0], 596 + tip[1]), fill=(24, 40, 52), width=width)
        draw.text((x, 692), city, font=_font(28), fill="white", anchor="mm")


def prints() -> Image.Image:
    """What is printed: bank cards, plaques, leaflets, keys, a painting."""
    image = Image.new("RGB", (ATLAS_PX, ATLAS_PX), (240, 236, 226))
    for index, colors in enumerate(CARD_COLORS):
        _bank_card(image, CARD_RECTS[index], *colors, index)
    draw = ImageDraw.Draw(image)
    for label, rect in zip(PLAQUES, PLAQUE_RECTS, strict=True):
        left, top, right, bottom = _pixels(rect)
        draw.rectangle((left, top, right, bottom), fill=(196, 152, 78))
        draw.rectangle((left + 8, top + 8, right - 8, bottom - 8), outline=(92, 64, 24), width=2)
        draw.text(((left + right) / 2, (top + bottom) / 2), label, font=_font(38), fill=(56, 38, 14), anchor="mm")
    for (head, color), rect in zip(LEAFLETS, LEAFLET_RECTS, strict=True):
        left, top, right, bottom = _pixels(rect)
        draw.rectangle((left, top, right, top + 150), fill=color)
        draw.ellipse((left + 130, top + 30, left + 230, top + 130), fill=(248, 226, 170))
        draw.text((left + 18, top + 166), head, font=_font(25), fill=(30, 40, 48))
        for line in range(6):
            y = top + 212 + line * 14
            draw.line((left + 18, y, right - 24 - line % 3 * 30, y), fill=(150, 150, 146), width=4)
    _keypad(draw)
    _artwork(image)
    left, top, right, bottom = _pixels(HALLMARK)
    draw.rectangle((left, top, right, bottom), fill=(226, 172, 76))
    for line, (text, size) in enumerate((("FINE GOLD", 44), ("999.9", 52))):
        draw.text(((left + right) / 2, top + 46 + line * 60), text, font=_font(size), fill=(120, 78, 16), anchor="mm")
    return image


def _pixels(rect: Rect) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(value * ATLAS_PX) for value in rect)
    return left, top, right - 1, bottom - 1


def _bank_card(image: Image.Image, rect: Rect, dark: Rgb, light: Rgb, seed: int) -> None:
    left, top, right, bottom = _pixels(rect)
    width, height = right - left + 1, bottom - top + 1
    v, u = np.mgrid[0:height, 0:width]
    waves = 0.5 + 0.5 * np.sin(u / width * 5 + 2.2 * np.sin(v / height * 3 + seed) + seed)
    image.paste(to_image(mix(0.75 * waves + 0.25 * (1 - v / height), dark, light)), (left, top))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((left + 34, top + 66, left + 86, top + 106), 8, fill=(234, 196, 110), outline=(150, 112, 46))
    draw.line((left + 34, top + 86, left + 86, top + 86), fill=(150, 112, 46), width=2)
    draw.text((left + 32, top + 16), ("Voyage", "Everyday", "Family")[seed], font=_font(34), fill="white")
    draw.text((left + 34, top + 124), "6200  0000  0000  0000", font=_font(25), fill=(250, 246, 236))
    draw.text((left + 34, top + 162), "A. VISITOR", font=_font(21), fill=(250, 246, 236))
    draw.ellipse((right - 84, bottom - 62, right - 44, bottom - 22), fill=(214, 92, 66))
    draw.ellipse((right - 60, bottom - 62, right - 20, bottom - 22), fill=(240, 180, 76))


def _keypad(draw: Any) -> None:
    left, top, right, bottom = _pixels(KEYPAD)
    draw.rectangle((left, top, right, bottom), fill=(62, 66, 72))
    for index, label in enumerate("123×456<789✓ 0 "):
        column, row = index % 4, index // 4
        fill = {3: (204, 70, 60), 7: (226, 178, 60), 11: (70, 150, 84)}.get(index, (198, 202, 206))
        x, y = left + 10 + column * 60, top + 12 + row * 72
        draw.rounded_rectangle((x, y, x + 52, y + 62), 8, fill=fill)
        if label.isdigit():
            draw.text((x + 26, y + 31), label, font=_font(34), fill=(30, 34, 40), anchor="mm")


def _artwork(image: Image.Image) -> None:
    """Hills in mist, one behind the other."""
    left, top, right, bottom = _pixels(ARTWORK)
    width, height = right - left + 1, bottom - top + 1
    sky = np.linspace(0, 1, height)[:, None] * np.ones((1, width))
    picture = mix(sky, (236, 214, 180), (248, 236, 214), (222, 226, 220))
    v, u = np.mgrid[0:height, 0:width]
    picture[np.hypot(u - width * 0.68, v - height * 0.32) < height * 0.12] = (222, 120, 82)
    for layer, color in enumerate(((168, 188, 188), (116, 150, 152), (62, 106, 112), (24, 66, 76))):
        ridge = noise(1024, 300 + layer, 2.0)[128 * layer, :width] * 0.34 + 0.34 + 0.13 * layer
        picture[v / height > ridge[None, :]] = color
    image.paste(as_jpeg(to_image(picture)), (left, top))
