"""The textures of a file: each image that is used is decoded once, several at a time, within limits."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge_render.apart.pool import Job, decode_apart
from edge_render.errors import ModelError
from edge_render.gltf import ktx2
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format_textures import Sampler
from edge_render.gltf.images import Pixels, decode_image, image_size
from edge_render.gltf.limits import IMAGE_SIDE_MAX, IMAGES_TOTAL_MAX_PIXELS
from edge_render.scene import MinFilter, Texture, Wrap

_WRAPS: Final = {33071: Wrap.CLAMP, 33648: Wrap.MIRROR, 10497: Wrap.REPEAT}
_NEAREST: Final = 9728
_MIN_FILTERS: Final = {
    9728: MinFilter.NEAREST,
    9729: MinFilter.LINEAR,
    9984: MinFilter.NEAREST_MIPMAP_NEAREST,
    9985: MinFilter.LINEAR_MIPMAP_NEAREST,
    9986: MinFilter.NEAREST_MIPMAP_LINEAR,
    9987: MinFilter.LINEAR_MIPMAP_LINEAR,
}
_THREADS_MAX: Final = 4
_KTX2_WORKING_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Coded:
    digest: bytes
    data: bytes
    width: int
    height: int
    is_ktx2: bool


class TextureReader:
    """Gives the textures of a checked file their places in ``Scene.textures``.

    A context manager: it decodes in the background, and leaves off where it is left early.
    """

    def __init__(self, checked: CheckedGltf) -> None:
        self._checked = checked
        self._images: dict[int, Pixels | ModelError] = {}
        self._by_digest: dict[bytes, Pixels | ModelError] = {}
        self._digests: dict[int, bytes] = {}
        self._counted: set[bytes] = set()
        self._pixels_left = IMAGES_TOTAL_MAX_PIXELS
        self._textures: list[Texture] = []
        self._places: dict[tuple[bytes, Sampler, float | None], int] = {}
        self._background = ThreadPoolExecutor(1, thread_name_prefix="textures")
        self._started: Future[None] | None = None
        self._left = threading.Event()

    def __enter__(self) -> TextureReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._left.set()
        self._background.shutdown()

    @property
    def textures(self) -> tuple[Texture, ...]:
        """All that :meth:`place` was asked for: exporters repeat an image for each of its uses, we do not."""
        return tuple(self._textures)

    def start(self, textures: Iterable[int]) -> None:
        """Begin to decode what these textures show, several images at a time. Errors wait for :meth:`place`."""
        parts = [self._checked.gltf.textures[index] for index in textures]
        images = list(dict.fromkeys(part.image for part in parts if part.image is not None))
        self._started = self._background.submit(self._decode, images)

    def place(self, index: int, *, glossiness: float | None = None) -> int | None:
        """The texture's index in ``textures``; None where the file gives it no image (section 3.8.2).

        With a ``glossiness`` factor it is the roughness (green) that this factor and its alpha stand for. Where an
        extension's image can't be decoded, the texture's own takes its place. Raises ModelError.
        """
        if self._started is not None:
            self._started.result()
        part = self._checked.gltf.textures[index]
        sources = list(part.sources().values())
        if not sources:
            return None
        image, pixels = self._first_that_decodes(sources)
        sampler = Sampler() if part.sampler is None else self._checked.gltf.samplers[part.sampler]
        key = self._digests[image], sampler, glossiness
        if key not in self._places:
            self._places[key] = len(self._textures)
            self._textures.append(
                Texture(
                    name=f"texture-{index}",
                    pixels=pixels if glossiness is None else _roughness(pixels, glossiness),
                    wrap_s=_WRAPS[sampler.wrap_s],
                    wrap_t=_WRAPS[sampler.wrap_t],
                    nearest=sampler.mag_filter == _NEAREST,
                    min_filter=None if sampler.min_filter is None else _MIN_FILTERS[sampler.min_filter],
                )
            )
        return self._places[key]

    def _first_that_decodes(self, sources: list[int]) -> tuple[int, Pixels]:
        failures = []
        for image in sources:
            self._decode([image])
            result = self._images[image]
            if not isinstance(result, ModelError):
                return image, result
            failures.append(result)
        raise failures[0]

    def _decode(self, images: Iterable[int]) -> None:
        coded: dict[int, _Coded] = {}
        for index in images:
            if index in self._images:
                continue
            try:
                coded[index] = self._opened(index)
            except ModelError as error:
                self._images[index] = error
        fresh = {part.digest: (index, part) for index, part in coded.items() if part.digest not in self._by_digest}
        with ThreadPoolExecutor(min(_THREADS_MAX, os.cpu_count() or 1), thread_name_prefix="images") as threads:
            pillow = {digest: item for digest, item in fresh.items() if not item[1].is_ktx2}
            self._by_digest.update(zip(pillow, threads.map(self._pillow, pillow.values()), strict=True))
        basis = {digest: item for digest, item in fresh.items() if item[1].is_ktx2}
        self._by_digest.update(zip(basis, self._transcoded(list(basis.values())), strict=True))
        for index, part in coded.items():
            self._images[index] = self._by_digest[part.digest]
            self._digests[index] = part.digest

    def _opened(self, index: int) -> _Coded:
        """The coded bytes, whose size in pixels is counted before anything is decoded."""
        place = f"{self._checked.path.name}: images[{index}]"
        data = self._checked.image_bytes(index)
        is_ktx2 = data.startswith(ktx2.MAGIC)
        try:
            if is_ktx2:
                header = ktx2.read_header(data)
                width, height = header.width, header.height
            else:
                width, height = image_size(data)
        except ValueError as error:
            raise ModelError(f"{place}: {error}") from error
        if max(width, height) > IMAGE_SIDE_MAX:
            raise ModelError(f"{place}: {width}x{height} pixels; a side may have {IMAGE_SIDE_MAX}")
        digest = hashlib.sha256(data).digest()
        if digest not in self._counted:
            self._counted.add(digest)
            self._pixels_left -= width * height
        if self._pixels_left < 0:
            raise ModelError(f"{place}: all images together have more than {IMAGES_TOTAL_MAX_PIXELS} pixels")
        return _Coded(digest, data, width, height, is_ktx2)

    def _pillow(self, item: tuple[int, _Coded]) -> Pixels | ModelError:
        index, coded = item
        if self._left.is_set():
            return ModelError(f"{self._checked.path.name}: images[{index}]: nobody wants it any more")
        try:
            return decode_image(coded.data)
        except ValueError as error:
            return ModelError(f"{self._checked.path.name}: images[{index}]: {error}")

    def _transcoded(self, items: list[tuple[int, _Coded]]) -> list[Pixels | ModelError]:
        jobs = [
            Job(
                "ktx2",
                np.frombuffer(coded.data, np.uint8),
                _KTX2_WORKING_BYTES + 12 * coded.width * coded.height + 2 * len(coded.data),
            )
            for _, coded in items
        ]
        results: list[Pixels | ModelError] = []
        for (index, coded), decoded in zip(items, decode_apart(jobs), strict=True):
            if decoded.error is not None or decoded.arrays[0].shape != (coded.height, coded.width, 4):
                place = f"{self._checked.path.name}: images[{index}]"
                results.append(ModelError(f"{place}: KTX2 can't be decoded: {decoded.error or 'its size is another'}"))
            else:
                results.append(decoded.arrays[0])
        return results


def _roughness(pixels: Pixels, glossiness: float) -> Pixels:
    rough = np.full_like(pixels, 255)
    rough[..., 1] = np.rint(255.0 - glossiness * pixels[..., 3].astype(np.float32)).astype(np.uint8)
    return rough
