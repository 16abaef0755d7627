"""Textures of the demo showroom that tile: stone, wood, cloth, metal, leaves. Made from seeded noise.

Each maker returns PIL images; colours are sRGB. Normal maps are OpenGL style (green is up).
Images marked as JPEG are stored as such in the .glb; the others as PNG.
"""

from __future__ import annotations

import io
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.spatial import cKDTree

from edge_render.demo.solid import Floats

Rgb = tuple[int, int, int]


class Maps(NamedTuple):
    """The images of one surface; ``orm`` holds occlusion, roughness and metallic in red, green and blue.

    ``occluded`` says that the red channel says something: who draws need not look it up elsewhere.
    """

    color: Image.Image | None = None
    normal: Image.Image | None = None
    orm: Image.Image | None = None
    occluded: bool = False


def noise(size: int, seed: int, slope: float = 1.0, stretch: float = 1.0) -> Floats:
    """Noise from 0 to 1, shape (size, size), that tiles. ``slope`` > 1 is softer; ``stretch`` > 1 draws
    it out along u."""
    rng = np.random.default_rng(seed)
    frequency = np.fft.fftfreq(size) * size
    radius = np.hypot(frequency[None, : size // 2 + 1] * stretch, frequency[:, None])
    radius[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) / radius**slope
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(size, size))
    low, high = np.quantile(field, [0.002, 0.998])
    return np.asarray(np.clip((field - low) / (high - low), 0.0, 1.0))


def mix(amount: Floats, *colors: Rgb) -> Floats:
    """Colours blended along a ramp, shape (h, w, 3), 0..255."""
    stops = np.linspace(0.0, 1.0, len(colors))
    channels = np.array(colors, dtype=float).T
    return np.stack([np.interp(amount, stops, channel) for channel in channels], axis=-1)


def to_image(pixels: Floats) -> Image.Image:
    """An image of 0..255 values."""
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def as_jpeg(image: Image.Image) -> Image.Image:
    """The same picture marked for storage as JPEG: noise in PNG would make the .glb several times larger."""
    data = io.BytesIO()
    image.save(data, format="JPEG", quality=95, subsampling=0)
    return Image.open(data)


def normal_map(height: Floats, strength: float) -> Image.Image:
    """The normal map of a height field that tiles; ``strength`` is height over pixel width."""
    dx = (np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)) * strength / 2
    dy = (np.roll(height, -1, axis=0) - np.roll(height, 1, axis=0)) * strength / 2
    normal = np.stack([-dx, dy, np.ones_like(height)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return to_image(normal * 127.5 + 127.5)


def orm_map(roughness: Floats, metallic: float = 0.0, occlusion: Floats | float = 1.0) -> Image.Image:
    """Occlusion, roughness and metallic in the channels of glTF."""
    channels = np.broadcast_arrays(np.asarray(occlusion), roughness, np.asarray(metallic))
    return to_image(np.stack(channels, axis=-1) * 255)


def terrazzo() -> Maps:
    """Polished terrazzo, 2.4 m a side: chips of stone in light cement, in slabs of 1.2 m."""
    size, rng = 1024, np.random.default_rng(11)
    v, u = np.mgrid[0:size, 0:size] / size
    points = np.stack([u.ravel(), v.ravel()], axis=1)
    color = mix(noise(size, 12, 1.4), (206, 200, 190), (224, 219, 210))
    rough = 0.34 + 0.08 * noise(size, 13, 1.0)
    stones = np.array([(168, 158, 146), (240, 237, 231), (122, 116, 112), (198, 172, 140), (150, 138, 124.0)])
    wobble = (noise(size, 14, 0.7) - 0.5).ravel() * 0.006
    for count, largest in ((5200, 0.0058), (900, 0.0115)):
        distance, nearest = cKDTree(rng.random((count, 2)), boxsize=np.ones(2)).query(points, distance_upper_bound=0.02)
        nearest = np.minimum(nearest, count - 1)
        inside = (distance + wobble < (rng.random(count) ** 1.6 * largest)[nearest]).reshape(size, size)
        chips = stones[rng.integers(0, len(stones), count)] + rng.normal(0, 8, (count, 1))
        color = np.where(inside[..., None], chips[nearest].reshape(size, size, 3), color)
        rough = np.where(inside, rough - 0.09, rough)
    joint = np.minimum(np.minimum(u % 0.5, 0.5 - u % 0.5), np.minimum(v % 0.5, 0.5 - v % 0.5)) < 0.0011
    color = np.where(joint[..., None], np.array((150, 140, 124.0)), color)
    # Polished flat: a normal map would show nothing, and the floor is half of every picture.
    return Maps(as_jpeg(to_image(color)), None, orm_map(np.where(joint, 0.6, rough)[::2, ::2]))


def wood(dark: Rgb, middle: Rgb, light: Rgb, seed: int, rough: float) -> Maps:
    """Wood with the grain along u, 1 m a side."""
    size = 512
    rows = (np.arange(size) / size)[:, None]
    warp = noise(size, seed, 2.0, 5.0)
    rings = 0.5 + 0.5 * np.sin(2 * math.pi * (rows * 7 + warp * 3.2))
    fibre = noise(size, seed + 1, 0.55, 26.0)
    pores = noise(size, seed + 2, 0.25, 40.0)
    amount = np.clip(0.36 * rings**1.4 + 0.34 * warp + 0.4 * fibre - 0.08, 0, 1)
    color = mix(amount, dark, middle, light) * (1.0 - 0.3 * np.clip(pores - 0.68, 0, 1)[..., None] / 0.32)
    height = fibre * 0.6 - np.clip(pores - 0.68, 0, 1) * 2.0
    return Maps(as_jpeg(to_image(color)), normal_map(height, 0.5), orm_map(rough + 0.16 * fibre))


def marble() -> Maps:
    """White marble with grey and gold veins, 1.6 m a side."""
    size = 1024
    cloud, fine = noise(size, 31, 1.5), noise(size, 32, 1.1)
    veins = np.exp(-np.abs(noise(size, 33, 1.75) - 0.5) * 46) * np.clip(cloud * 1.7 - 0.25, 0, 1)
    threads = np.exp(-np.abs(noise(size, 34, 1.45) - 0.47) * 70) * np.clip(fine * 1.4 - 0.3, 0, 1)
    color = mix(0.5 * cloud + 0.5 * fine, (222, 220, 217), (247, 245, 242))
    color -= veins[..., None] * np.array((96, 92, 84.0)) + threads[..., None] * np.array((40, 46, 58.0))
    return Maps(as_jpeg(to_image(color)), None, orm_map((0.2 + 0.14 * veins)[::4, ::4]))


def brushed_metal() -> Maps:
    """Brushed steel, the strokes along u, 0.5 m a side."""
    strokes = noise(512, 41, 0.3, 60.0)
    color = mix(strokes, (150, 152, 156), (206, 207, 209))
    return Maps(as_jpeg(to_image(color)), normal_map(strokes, 0.55), orm_map(0.3 + 0.2 * strokes, 0.75))


def weave() -> tuple[Floats, Floats]:
    """A woven cloth, 0.16 m a side: its height and its shade from 0 to 1."""
    size, threads = 512, 32
    v, u = np.mgrid[0:size, 0:size] * (threads / size)
    over = (np.floor(u) + np.floor(v)) % 2 == 0
    round_u, round_v = np.sin(math.pi * (u % 1)), np.sin(math.pi * (v % 1))
    height = np.where(over, round_u * (0.6 + 0.4 * round_v), round_v * (0.6 + 0.4 * round_u))
    fibre = noise(size, 51, 0.35)
    return height + 0.35 * fibre, np.clip(0.45 + 0.4 * height + 0.5 * (fibre - 0.5), 0, 1)


def fabric(dark: Rgb, light: Rgb) -> Maps:
    """Upholstery cloth, 0.16 m a side."""
    height, shade = weave()
    blotch = noise(512, 52, 1.4)
    occlusion = 0.72 + 0.28 * np.clip(height, 0, 1)
    return Maps(
        as_jpeg(to_image(mix(np.clip(0.8 * shade + 0.2 * blotch, 0, 1), dark, light))),
        normal_map(height, 2.2),
        orm_map(np.full((512, 512), 0.92), 0.0, occlusion),
        occluded=True,
    )


def leather(dark: Rgb, light: Rgb) -> Maps:
    """Grained leather, 0.25 m a side."""
    size, rng = 512, np.random.default_rng(61)
    v, u = np.mgrid[0:size, 0:size] / size
    points = np.stack([u.ravel(), v.ravel()], axis=1)
    distance = np.asarray(cKDTree(rng.random((2600, 2)), boxsize=np.ones(2)).query(points, k=2)[0])
    grain = np.clip((distance[:, 1] - distance[:, 0]) * 90, 0, 1).reshape(size, size)
    color = mix(0.55 * grain + 0.45 * noise(size, 62, 1.2), dark, light)
    return Maps(as_jpeg(to_image(color)), normal_map(grain, 1.4), orm_map(0.62 - 0.2 * grain))


def plaster() -> Maps:
    """Painted wall, 2 m a side."""
    size = 512
    relief = 0.6 * noise(size, 71, 0.8) + 0.4 * noise(size, 72, 1.4)
    return Maps(as_jpeg(to_image(mix(relief, (235, 231, 223), (241, 237, 230)))))


def facade() -> Maps:
    """Two storeys of two windows each, 6 m a side, in light render that vertex colours tint."""
    size = 512
    color = mix(noise(size, 75, 1.0), (216, 213, 208), (236, 233, 228))
    image = to_image(color)
    draw = ImageDraw.Draw(image)
    for left in (58, 314):
        for top in (50, 306):
            right, bottom = left + 140, top + 150
            draw.rectangle((left - 14, top - 14, right + 14, bottom + 14), fill=(246, 244, 240))
            for row in range(top, bottom):
                shade = (row - top) / 150
                pane = (int(108 - 50 * shade), int(136 - 56 * shade), int(164 - 60 * shade))
                draw.line((left, row, right, row), fill=pane)
            draw.rectangle((left, top, left + 26, bottom), fill=(196, 190, 180))
            for x in (left + 68, left + 138):
                draw.rectangle((x - 3, top, x + 3, bottom), fill=(240, 238, 234))
            draw.rectangle((left, top + 44, right, top + 50), fill=(240, 238, 234))
            draw.rectangle((left - 24, bottom + 14, right + 24, bottom + 26), fill=(200, 196, 190))
            draw.rectangle((left - 24, bottom + 26, right + 24, bottom + 32), fill=(150, 147, 142))
    for y in (0, 256):
        draw.rectangle((0, y, size, y + 8), fill=(228, 225, 220))
        draw.rectangle((0, y + 9, size, y + 11), fill=(170, 167, 162))
    return Maps(as_jpeg(image))


def paving() -> Maps:
    """Granite slabs, 2.4 m a side, in rows of 0.6 m that are offset by half."""
    size = 1024
    v, u = np.mgrid[0:size, 0:size] / size * 4
    row = np.floor(v)
    along = (u + 0.5 * (row % 2)) % 4
    slab = (row * 4 + np.floor(along)).astype(int)
    tone = np.random.default_rng(81).random(16)[slab]
    edge = np.minimum(np.minimum(along % 1, 1 - along % 1), np.minimum(v % 1, 1 - v % 1))
    joint = np.clip(1 - edge / 0.014, 0, 1)
    speckle = noise(size, 82, 0.35)
    color = mix(np.clip(0.45 * tone + 0.55 * speckle, 0, 1), (124, 121, 118), (186, 182, 177))
    color *= 1 - 0.55 * joint[..., None]
    height = 1 - joint + 0.16 * speckle
    return Maps(as_jpeg(to_image(color)), normal_map(height[::2, ::2], 1.6), None)


def rug() -> Maps:
    """One whole rug, 3.4 m by 2.6 m: a woven pattern of diamonds within borders."""
    size = 1024
    v, u = (np.mgrid[0:size, 0:size] + 0.5) / size
    x, y = u * 3.4, v * 2.6
    edge = np.minimum(np.minimum(x, 3.4 - x), np.minimum(y, 2.6 - y))
    diamond = np.abs((x - 1.7 + 17) % 0.34 - 0.17) + np.abs((y - 1.3 + 17) % 0.34 - 0.17)
    color = np.empty((size, size, 3))
    color[:] = (38, 66, 78)
    color[np.abs(diamond - 0.17) < 0.012] = (176, 150, 108)
    color[diamond < 0.05] = (206, 190, 160)
    color[(diamond > 0.075) & (diamond < 0.1)] = (70, 108, 116)
    color[edge < 0.3] = (214, 202, 180)
    zigzag = np.abs((np.where(np.minimum(x, 3.4 - x) < np.minimum(y, 2.6 - y), y, x) % 0.2) - 0.1)
    color[(edge < 0.24) & (np.abs(edge - 0.1 - zigzag) < 0.016)] = (150, 96, 62)
    color[(edge < 0.05) | ((edge > 0.27) & (edge < 0.3))] = (38, 66, 78)
    pile = noise(size, 91, 0.25)
    color *= (0.8 + 0.3 * pile + 0.1 * (noise(size, 92, 1.3) - 0.5))[..., None]
    rows = 0.5 + 0.5 * np.sin(y / 0.02 * 2 * math.pi)
    return Maps(as_jpeg(to_image(color)), normal_map((pile * 0.8 + rows * 0.5)[::2, ::2], 1.6), None)


def leaf() -> Image.Image:
    """A leaf with its tip at the top, its stalk at the bottom; alpha cuts it out."""
    width, height = 256, 512
    v, u = np.mgrid[0:height, 0:width]
    along = 1 - (v + 0.5) / height
    across = (u + 0.5) / width * 2 - 1
    half = 0.94 * np.sin(math.pi * np.clip(along, 0, 1) ** 0.78) ** 0.8
    ribs = np.abs(((along - np.abs(across) * 0.32) * 11) % 1 - 0.5)
    shade = 0.42 + 0.5 * (1 - np.abs(across) / (half + 0.05)) * 0.5 + 0.25 * (noise(512, 95, 1.2)[:, :256] - 0.5)
    shade += np.where(ribs < 0.06, 0.18, 0.0) + np.where(np.abs(across) < 0.035, 0.3, 0.0)
    color = mix(np.clip(shade, 0, 1), (22, 52, 24), (58, 108, 44), (142, 172, 92))
    alpha = np.where((np.abs(across) < half) | ((np.abs(across) < 0.03) & (along < 0.2)), 255.0, 0.0)
    soft = Image.fromarray(alpha.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    image = to_image(color)
    image.putalpha(soft)
    return image


CONTINENTS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((-166, 66), (-140, 70), (-95, 72), (-80, 66), (-62, 58), (-54, 48), (-70, 43), (-81, 30), (-90, 30), (-97, 24),
     (-87, 15), (-79, 9), (-97, 16), (-110, 24), (-124, 40), (-130, 54), (-150, 60)),
    ((-78, 8), (-62, 10), (-50, 0), (-35, -7), (-40, -20), (-55, -34), (-66, -46), (-70, -54), (-74, -44), (-71, -20),
     (-81, -5)),
    ((-16, 16), (-8, 33), (10, 37), (32, 31), (43, 12), (51, 11), (40, -8), (35, -22), (26, -34), (18, -33), (12, -16),
     (9, 4), (-8, 5)),
    ((-9, 38), (-2, 48), (6, 54), (10, 63), (24, 71), (60, 70), (100, 76), (140, 73), (178, 68), (160, 58), (140, 50),
     (128, 36), (121, 28), (108, 18), (104, 4), (98, 12), (90, 22), (80, 8), (73, 20), (58, 25), (52, 16), (44, 14),
     (35, 33), (27, 38), (15, 40), (0, 38)),
    ((114, -22), (122, -17), (131, -12), (137, -13), (142, -11), (146, -19), (153, -27), (149, -38), (138, -35),
     (128, -32), (115, -34)),
    ((-50, 62), (-20, 70), (-20, 80), (-50, 82), (-66, 76)),
    ((96, 4), (105, -6), (115, -8), (117, 4), (109, 2)), ((131, 32), (140, 36), (145, 44), (140, 41)),
    ((44, -24), (50, -16), (48, -24)), ((-5, 50), (1, 52), (-3, 58)), ((166, -46), (176, -38), (174, -41)),
)  # fmt: skip
"""Rough coasts, (longitude, latitude) in degrees, for the savings globe."""


def globe() -> Maps:
    """The earth in blue enamel and gold, equirectangular, with a metallic map to match."""
    size: NDArray[np.int64] = np.array((1024, 512))
    land = Image.new("L", (1024, 512), 0)
    lines = Image.new("L", (1024, 512), 0)
    for coast in CONTINENTS:
        points = [((lon + 180) / 360 * 1024, (90 - lat) / 180 * 512) for lon, lat in coast]
        ImageDraw.Draw(land).polygon(points, fill=255)
    for step in range(1, 12):
        ImageDraw.Draw(lines).line([(step * 1024 / 12, 0), (step * 1024 / 12, 512)], fill=255, width=2)
        if step < 6:
            ImageDraw.Draw(lines).line([(0, step * 512 / 6), (1024, step * 512 / 6)], fill=255, width=2)
    mask = np.asarray(land.filter(ImageFilter.GaussianBlur(1.5)), dtype=float)[..., None] / 255
    thin = np.asarray(lines, dtype=float)[..., None] / 255 * 0.5
    relief = np.asarray(noise(1024, 96, 1.1)[: size[1]])
    sea = mix(relief, (14, 44, 92), (26, 72, 128))
    gold = mix(relief, (196, 146, 62), (240, 204, 120))
    color = sea * (1 - thin) + np.array((200, 170, 110.0)) * thin
    color = color * (1 - mask) + gold * mask
    return Maps(as_jpeg(to_image(color)), None, orm_map(0.26 + 0.16 * mask[..., 0], 0.0))
