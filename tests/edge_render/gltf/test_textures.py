"""Images of every kind that glTF and its extensions allow become textures; each is decoded once."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge_render.errors import ModelError
from edge_render.gltf.check import examine_gltf
from edge_render.gltf.ktx2 import read_header
from edge_render.scene import MinFilter, Texture, Wrap
from tests.edge_render.gltf.gltf_files import GltfFile, encoded, png

QUARTERS = np.zeros((8, 8, 4), np.uint8)
"""Red, green, blue, and half-transparent white."""
QUARTERS[..., 3] = 255
QUARTERS[:4, :4, 0] = QUARTERS[:4, 4:, 1] = QUARTERS[4:, :4, 2] = 255
QUARTERS[4:, 4:] = (255, 255, 255, 128)

# QUARTERS, as Basis Universal 2.1 packs it.
KTX2 = {
    "ETC1S": (
        "q0tUWCAyMLsNChoKAAAAAAEAAAAIAAAACAAAAAAAAAAAAAAAAQAAAAEAAAABAAAAaAAAADwAAACkAAAAJAAAAMgAAAAAAAAAjgAA"
        "AAAAAABWAQAAAAAAAAQAAAAAAAAAAAAAAAAAAAA8AAAAAAAAAAIAOACjAQIAAwMAAAgIAAAAAAAAAAA/AAAAAAAAAAAA/////0AA"
        "Pw8AAAAAAAAAAP////8fAAAAS1RYd3JpdGVyAEJhc2lzIFVuaXZlcnNhbCAyLjEwAAAFAAIALgAAAAkAAAAvAAAAAAAAAAAAAAAA"
        "AAAAAgAAAAIAAAACAAAAIMBEAAAAAAAA4gQIMBEAAAAAAIAsOCAATAAAAAAAACAgAFMAAAAAACBQFn0YG6yqqqpSVVVVBQDBRAAA"
        "AAAAAPLfJ0gBMAEgAAAAAIDIESBqwAAAACBoEI2eQAAwAQAAAAAAgAACmw7QDw=="
    ),
    "UASTC": (
        "q0tUWCAyMLsNChoKAAAAAAEAAAAIAAAACAAAAAAAAAAAAAAAAQAAAAEAAAAAAAAAaAAAACwAAACUAAAALAAAAAAAAAAAAAAAAAAA"
        "AAAAAADAAAAAAAAAAEAAAAAAAAAAQAAAAAAAAAAsAAAAAAAAAAIAKACmAQIAAwMAABAAAAAAAAAAAAB/AwAAAAAAAAAA/////x8A"
        "AABLVFh3cml0ZXIAQmFzaXMgVW5pdmVyc2FsIDIuMTAAAAQAAAB/fwAA9x8A4B96AAAAAAAAAAAAABfgH+AfAg8AAAAAAAAAAAAX"
        "AOD/HwLgAQAAAAAAAAAA9///HxB87wEAAAAAAAAAAA=="
    ),
    "UASTC with Zstandard": (
        "q0tUWCAyMLsNChoKAAAAAAEAAAAIAAAACAAAAAAAAAAAAAAAAQAAAAEAAAACAAAAaAAAACwAAACUAAAAJAAAAAAAAAAAAAAAAAAA"
        "AAAAAAC4AAAAAAAAAC8AAAAAAAAAQAAAAAAAAAAsAAAAAAAAAAIAKACmAQIAAwMAABAAAAAAAAAAAAB/AwAAAAAAAAAA/////x8A"
        "AABLVFh3cml0ZXIAQmFzaXMgVW5pdmVyc2FsIDIuMTAAACi1L/0gQDUBAOD3HwDgH3oAF+Af4B8CDwDg/x8C4AH3//8fEHzvBEAH"
        "oAAycxcg"
    ),
}


_BROKEN_KTX2 = base64.b64decode(KTX2["ETC1S"])[:200].ljust(346, b"\0")


def _show(file: GltfFile, *textures: int) -> GltfFile:
    uvs = {"TEXCOORD_0": file.accessor([[0, 0], [1, 0], [0, 1]])}
    for texture in textures:
        material = file.add("materials", {"pbrMetallicRoughness": {"baseColorTexture": {"index": texture}}})
        file.show(file.triangle(material=material, attributes=uvs))
    return file


def _texture(folder: Path, data: bytes, mime_type: str = "image/png", sampler: dict[str, Any] | None = None) -> Texture:
    file = GltfFile()
    more = {} if sampler is None else {"sampler": file.add("samplers", sampler)}
    return _show(file, file.texture(data, mime_type, **more)).load(folder).textures[0]


GREY = np.array([[0, 128, 255]], np.uint8)


@pytest.mark.parametrize(
    ("image", "rgba"),
    [
        (Image.fromarray(GREY), [[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255]]),
        (Image.fromarray(GREY.astype(np.uint16) * 257), [[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255]]),
        (
            Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE),
            [[0, 0, 0, 255], [255, 255, 255, 255], [255, 255, 255, 255]],
        ),
        (Image.fromarray(np.stack([GREY, GREY], axis=2), "LA"), [[0, 0, 0, 0], [128] * 4, [255] * 4]),
        (Image.fromarray(np.array([[[9, 8, 7]]], np.uint8)).quantize(2), [[9, 8, 7, 255]]),
    ],
    ids=["grey", "grey of 16 bits", "black and white", "grey with alpha", "palette"],
)
@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
def test_png_of_each_mode(tmp_path: Path, image: Image.Image, rgba: list[list[int]]) -> None:
    assert _texture(tmp_path, encoded(image, "PNG")).pixels[0].tolist() == rgba


def test_a_png_of_sixteen_bits_a_channel_keeps_the_highest_eight(tmp_path: Path) -> None:
    assert _texture(tmp_path, base64.b64decode(RGB16)).pixels[0, 0].tolist() == [0x12, 0x80, 0xFF, 255]


RGB16 = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABEAIAAADA54+dAAAAD0lEQVR4nGMQMmlg+P8fAAZ0AsVlKljjAAAAAElFTkSuQmCC"
"""One pixel: 0x1234, 0x8000, 0xFFFF."""


@pytest.mark.parametrize(
    ("kind", "mime_type", "options"),
    [
        ("WEBP", "image/webp", {"lossless": True}),
        ("AVIF", "image/avif", {"quality": 100, "subsampling": "4:4:4"}),
        ("PNG", "image/png", {}),
    ],
)
def test_lossless_kinds_come_back_as_they_were(
    tmp_path: Path, kind: str, mime_type: str, options: dict[str, Any]
) -> None:
    data = encoded(Image.fromarray(QUARTERS), kind, **options)
    file = GltfFile()
    extension = {"WEBP": "EXT_texture_webp", "AVIF": "EXT_texture_avif"}.get(kind)
    if extension is None:
        texture = file.texture(data, mime_type)
    else:
        file.use(extension, required=True)
        texture = file.add("textures", {"extensions": {extension: {"source": file.image(data, mime_type)}}})
    pixels = _show(file, texture).load(tmp_path).textures[0].pixels
    assert np.abs(pixels.astype(int) - QUARTERS).max() <= 8


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg_of_each_mode(tmp_path: Path, mode: str) -> None:
    grey = Image.new("RGB", (8, 8), (120, 120, 120)).convert(mode)
    pixels = _texture(tmp_path, encoded(grey, "JPEG", quality=95), "image/jpeg").pixels
    assert np.abs(pixels[0, 0].astype(int) - [120, 120, 120, 255]).max() <= 3


def test_the_orientation_in_a_jpeg_is_ignored(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.new("RGB", (16, 8), "red")
    assert _texture(tmp_path, encoded(picture, "JPEG", exif=exif), "image/jpeg").pixels.shape == (8, 16, 4)


@pytest.mark.parametrize("kind", KTX2)
def test_ktx2_of_each_kind_is_transcoded(tmp_path: Path, kind: str) -> None:
    file = GltfFile()
    file.use("KHR_texture_basisu", required=True)
    source = file.image(base64.b64decode(KTX2[kind]), "image/ktx2")
    texture = file.add("textures", {"extensions": {"KHR_texture_basisu": {"source": source}}})
    pixels = _show(file, texture).load(tmp_path).textures[0].pixels
    assert np.abs(pixels.astype(int) - QUARTERS).max() <= 4


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(KTX2)), st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255))), st.integers(0, 340)
)
def test_a_broken_ktx2_header_is_an_error_or_within_bounds(
    kind: str, flips: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(base64.b64decode(KTX2[kind]))
    for at, value in flips:
        data[at] = value
    try:
        header = read_header(bytes(data[:length]))
    except ValueError:
        return
    assert header.width > 0
    assert header.height > 0


def test_a_broken_ktx2_is_refused_with_its_place(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_texture_basisu", required=True)
    texture = file.add(
        "textures", {"extensions": {"KHR_texture_basisu": {"source": file.image(_BROKEN_KTX2, "image/ktx2")}}}
    )
    with pytest.raises(ModelError, match=r"images\[0\]: KTX2 can't be decoded"):
        _show(file, texture).load(tmp_path)


def test_where_an_extensions_image_is_broken_the_textures_own_is_shown(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_texture_basisu")
    source = file.image(_BROKEN_KTX2, "image/ktx2")
    texture = file.texture(png(QUARTERS), extensions={"KHR_texture_basisu": {"source": source}})
    assert _show(file, texture).load(tmp_path).textures[0].pixels.tolist() == QUARTERS.tolist()


def test_an_image_that_is_there_twice_is_one_texture(tmp_path: Path) -> None:
    file = GltfFile()
    scene = _show(file, file.texture(png(QUARTERS)), file.texture(png(QUARTERS))).load(tmp_path)
    assert len(scene.textures) == 1
    assert {material.base_color_texture.texture for material in scene.materials[:2]} == {0}


def test_the_same_image_with_another_sampler_is_another_texture_of_the_same_pixels(tmp_path: Path) -> None:
    file = GltfFile()
    sampler = file.add("samplers", {"wrapS": 33071})
    scene = _show(file, file.texture(png(QUARTERS)), file.texture(png(QUARTERS), sampler=sampler)).load(tmp_path)
    plain, clamped = scene.textures
    assert (plain.wrap_s, clamped.wrap_s) == (Wrap.REPEAT, Wrap.CLAMP)
    assert plain.pixels is clamped.pixels


def test_an_image_that_no_material_uses_is_not_decoded(tmp_path: Path) -> None:
    file = GltfFile()
    file.texture(png(QUARTERS))
    file.add("materials", {"emissiveTexture": {"index": 0}})
    file.show(file.triangle())
    assert file.load(tmp_path).textures == ()


def test_an_image_file_is_read_once_and_not_kept_where_nothing_shows_it(tmp_path: Path) -> None:
    file = GltfFile()
    shown, other = (file.add("images", {"uri": f"{name}.png"}) for name in ("shown", "other"))
    _show(file, file.add("textures", {"source": shown}))
    (tmp_path / "model.glb").write_bytes(file.glb())
    for name in ("shown", "other"):
        (tmp_path / f"{name}.png").write_bytes(png(QUARTERS))
    checked, _ = examine_gltf(tmp_path / "model.glb")
    (tmp_path / "shown.png").unlink()
    assert checked.image_bytes(shown) == png(QUARTERS)
    assert other not in checked.image_files


@pytest.mark.parametrize(
    ("number", "min_filter"),
    [(9728, MinFilter.NEAREST), (9729, MinFilter.LINEAR), (9984, MinFilter.NEAREST_MIPMAP_NEAREST),
     (9985, MinFilter.LINEAR_MIPMAP_NEAREST), (9986, MinFilter.NEAREST_MIPMAP_LINEAR),
     (9987, MinFilter.LINEAR_MIPMAP_LINEAR)],
)  # fmt: skip
def test_samplers(tmp_path: Path, number: int, min_filter: MinFilter) -> None:
    sampler = {"minFilter": number, "magFilter": 9728, "wrapS": 33648, "wrapT": 33071}
    texture = _texture(tmp_path, png(QUARTERS), sampler=sampler)
    assert (texture.min_filter, texture.nearest) == (min_filter, True)
    assert (texture.wrap_s, texture.wrap_t) == (Wrap.MIRROR, Wrap.CLAMP)


def test_without_a_sampler_a_texture_repeats_and_is_smooth(tmp_path: Path) -> None:
    texture = _texture(tmp_path, png(QUARTERS))
    assert (texture.wrap_s, texture.wrap_t, texture.nearest, texture.min_filter) == (
        Wrap.REPEAT,
        Wrap.REPEAT,
        False,
        None,
    )


def test_a_picture_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    huge = Image.new("1", (8193, 1))
    with pytest.raises(ModelError, match="8192"):
        _texture(tmp_path, encoded(huge, "PNG"))
