"""Decodes the images of a glTF file, within limits: an image of a few bytes must not unpack to gigabytes."""

from __future__ import annotations

import hashlib
import io
import warnings

import numpy as np
from PIL import Image

from edge_render.errors import ModelError
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.limits import IMAGE_SIDE_MAX, IMAGES_TOTAL_MAX_PIXELS
from edge_render.scene import Texture, Wrap

_WRAPS = {33071: Wrap.CLAMP, 33648: Wrap.MIRROR, 10497: Wrap.REPEAT}
_NEAREST = 9728


class ImageDecoder:
    """Decodes each image once, and keeps count of the pixels of a whole file."""

    def __init__(self, checked: CheckedGltf) -> None:
        self._checked = checked
        self._pixels: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = {}
        self._total = 0

    def identity(self, index: int) -> tuple[bytes, int | None]:
        """Equal for textures that show the same: exporters repeat an image for each of its uses."""
        part = self._checked.gltf.textures[index]
        if part.source is None:
            return b"", part.sampler
        return hashlib.sha256(self._checked.image_bytes(part.source)).digest(), part.sampler

    def texture(self, index: int) -> Texture | None:
        """The texture with its sampler; None where the file gives it no image (glTF 2.0 allows that)."""
        part = self._checked.gltf.textures[index]
        if part.source is None:
            return None
        sampler = None if part.sampler is None else self._checked.gltf.samplers[part.sampler]
        return Texture(
            name=f"texture-{index}",
            pixels=self._decode(part.source),
            wrap_s=_WRAPS[sampler.wrap_s] if sampler else Wrap.REPEAT,
            wrap_t=_WRAPS[sampler.wrap_t] if sampler else Wrap.REPEAT,
            nearest=sampler is not None and sampler.mag_filter == _NEAREST,
        )

    def _decode(self, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        if index not in self._pixels:
            place = f"{self._checked.path.name}: images[{index}]"
            data = self._checked.image_bytes(index)
            try:
                with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
                    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                    self._count(place, image.width, image.height)
                    self._pixels[index] = np.asarray(image.convert("RGBA"))
            except ModelError:
                raise
            except Exception as error:
                # Pillow raises whatever its decoders run into (OSError, SyntaxError, struct.error, ...).
                raise ModelError(f"{place}: is no PNG or JPEG that can be decoded: {error}") from error
        return self._pixels[index]

    def _count(self, place: str, width: int, height: int) -> None:
        if max(width, height) > IMAGE_SIDE_MAX:
            raise ModelError(f"{place}: {width}x{height} pixels; a side may have {IMAGE_SIDE_MAX}")
        self._total += width * height
        if self._total > IMAGES_TOTAL_MAX_PIXELS:
            raise ModelError(f"{place}: all images together have more than {IMAGES_TOTAL_MAX_PIXELS} pixels")
