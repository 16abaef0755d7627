"""A video around the visitor as GlRenderer draws it: each decoded picture goes to the GPU once for all who look."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from edge_render.gl.calls import (
    BLEND,
    CLAMP_TO_EDGE,
    CULL_FACE,
    DEPTH_TEST,
    FRAMEBUFFER,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    RED,
    REPEAT,
    TEXTURE0,
    TEXTURE_2D,
    TEXTURE_MAX_LEVEL,
    TEXTURE_MIN_FILTER,
    TEXTURE_WRAP_S,
    TEXTURE_WRAP_T,
    TRIANGLES,
    UNPACK_ALIGNMENT,
    UNPACK_ROW_LENGTH,
    UNSIGNED_BYTE,
)
from edge_render.gl.drawable import GlParts, Sampling
from edge_render.gl.targets import Target
from edge_render.look_around import EYE
from edge_render.pose import Pose
from edge_render.renderer import View
from edge_render.video.picture import Coding, Matrix, Plane, VideoPicture, left_eye
from edge_render.video.sphere import VideoSphere

LEVELS_MAX: Final = 4
"""Mipmap levels below the full one. Nobody sees a video sixteen times smaller than it is."""
SHARPER_LEVELS: Final = 0.5
"""Up to 1.4 texels a pixel, bilinear filtering of the full size does not alias, and most views need no mipmaps."""
SOFTWARE_LEVELS: Final = 1.0
"""Beyond that software drawing makes mipmaps too: of each 4K picture they take it 40 ms, more than drawing a view does,
so that some aliasing is the smaller evil."""
_SAMPLERS: Final = ("luma", "blue", "red")

_DARK: Final = VideoPicture(
    0,
    np.full((2, 2), 40, np.uint8),
    np.full((1, 1), 128, np.uint8),
    np.full((1, 1), 128, np.uint8),
    Coding(Matrix.BT709, full=False),
    0,
)
"""What is seen before the first picture."""


class VideoSphereDrawable:
    """Keeps the contract of Drawable in edge_render/gl/drawable.py."""

    def __init__(self, parts: GlParts, sphere: VideoSphere, on_change: Callable[[], None]) -> None:
        self._parts, self._sphere, self._on_change = parts, sphere, on_change
        self._planes: _Planes | None = None
        self._program: Any = None
        self._no_vertices: Any = None
        self._end_watch: Callable[[], None] | None = None

    @property
    def gpu_bytes(self) -> int:
        """See Drawable.gpu_bytes. What it will take is known with the first picture."""
        return 0 if self._planes is None else self._planes.gpu_bytes

    def upload(self) -> Iterator[float]:
        """See Drawable.upload."""
        self._program = self._parts.programs.get("fullscreen.vert", "video_sphere.frag")
        for unit, name in enumerate(_SAMPLERS):
            self._program[name].value = unit
        self._no_vertices = self._parts.context.moderngl.vertex_array(self._program, [])
        self._planes = _Planes(self._parts, self._sphere)
        self._end_watch = self._sphere.source.watch(self._on_change)
        yield 1.0

    def overview(self) -> Pose:
        """See Drawable.overview."""
        return Pose(EYE, (0.0, 0.0, 0.0, 1.0))

    def changing(self, view: View) -> bool:
        """See Drawable.changing. The source tells of its pictures."""
        return False

    def draw(self, view: View, target: Target, sampling: Sampling) -> None:
        """See Drawable.draw."""
        planes, program = self._planes, self._program
        assert planes is not None, "it is uploaded"
        calls = self._parts.context.calls
        planes.take(self._sphere.source.look() or _DARK)
        tangent = math.tan(view.fov_y_rad / 2.0)
        bias = -SHARPER_LEVELS - sampling.finer_levels
        finest = math.log2(2.0 * tangent / target.height * planes.texels_per_rad) + bias
        planes.bind(mipmaps=finest > (SOFTWARE_LEVELS if self._parts.context.software else 0.0))

        program["world_from_camera"].value = tuple(view.pose.rotation().T.reshape(-1))
        program["half_tangents"].value = (tangent * view.aspect, tangent)
        program["size_px"].value = (target.width, target.height)
        program["offset_px"].value = sampling.offset_px
        program["texels_per_rad"].value = planes.texels_per_rad
        program["level_bias"].value = bias
        program["to_rgb"].value = planes.to_rgb
        calls.bind_framebuffer(FRAMEBUFFER, target.drawn.glo)
        calls.viewport(0, 0, target.width, target.height)
        for state in (DEPTH_TEST, CULL_FACE, BLEND):
            calls.disable(state)
        calls.use_program(program.glo)
        calls.bind_vertex_array(self._no_vertices.glo)
        calls.draw_arrays(TRIANGLES, 0, 3)

    def release(self) -> None:
        """See Drawable.release."""
        if self._end_watch is not None:
            self._end_watch()
        for part in (self._planes, self._no_vertices):
            if part is not None:
                part.release()


class _Planes:
    """The textures of the newest picture that was drawn."""

    def __init__(self, parts: GlParts, sphere: VideoSphere) -> None:
        self._parts, self._sphere = parts, sphere
        self._textures: list[Any] = []
        self._number = -1
        self._mipmaps_of = -1
        """Number of the picture that the mipmaps were made of."""
        self.texels_per_rad = 1.0
        self.to_rgb: list[tuple[float, ...]] = []

    @property
    def gpu_bytes(self) -> int:
        """With mipmaps, which take a third more."""
        return sum(texture.width * texture.height * 4 // 3 for texture in self._textures)

    def take(self, picture: VideoPicture) -> None:
        """Put a picture on the GPU, if it is not there yet."""
        if picture.number == self._number:
            return
        planes = [left_eye(plane, self._sphere.layout) for plane in picture.planes]
        if [texture.size for texture in self._textures] != [(plane.shape[1], plane.shape[0]) for plane in planes]:
            self._make(planes)
        for texture, plane in zip(self._textures, planes, strict=True):
            self._write(texture, plane)
        height, width = planes[0].shape
        self.texels_per_rad = max(height / math.pi, width / (2.0 * math.pi))
        self.to_rgb = [tuple(row) for row in picture.coding.to_rgb().tolist()]
        self._number = picture.number

    def _make(self, planes: list[Plane]) -> None:
        self.release()
        calls = self._parts.context.calls
        for plane in planes:
            height, width = plane.shape
            texture = self._parts.context.moderngl.texture((width, height), 1)
            self._textures.append(texture)
            calls.active_texture(TEXTURE0)
            calls.bind_texture(TEXTURE_2D, texture.glo)
            calls.tex_parameter(TEXTURE_2D, TEXTURE_WRAP_S, REPEAT)
            calls.tex_parameter(TEXTURE_2D, TEXTURE_WRAP_T, CLAMP_TO_EDGE)
            calls.tex_parameter(TEXTURE_2D, TEXTURE_MAX_LEVEL, LEVELS_MAX)

    def _write(self, texture: Any, plane: Plane) -> None:
        """Straight from the decoder's memory: rows may be longer than the picture is wide."""
        calls = self._parts.context.calls
        height, width = plane.shape
        calls.active_texture(TEXTURE0)
        calls.bind_texture(TEXTURE_2D, texture.glo)
        calls.pixel_store(UNPACK_ALIGNMENT, 1)
        calls.pixel_store(UNPACK_ROW_LENGTH, plane.strides[0])
        calls.tex_sub_image_2d(TEXTURE_2D, 0, 0, 0, width, height, RED, UNSIGNED_BYTE, plane.ctypes.data)
        calls.pixel_store(UNPACK_ROW_LENGTH, 0)

    def bind(self, *, mipmaps: bool) -> None:
        """For drawing; mipmaps are made once for each picture that somebody sees minified."""
        calls = self._parts.context.calls
        make = mipmaps and self._mipmaps_of != self._number
        for unit, texture in enumerate(self._textures):
            calls.active_texture(TEXTURE0 + unit)
            calls.bind_texture(TEXTURE_2D, texture.glo)
            calls.tex_parameter(TEXTURE_2D, TEXTURE_MIN_FILTER, LINEAR_MIPMAP_LINEAR if mipmaps else LINEAR)
            if make:
                calls.generate_mipmap(TEXTURE_2D)
        if make:
            self._mipmaps_of = self._number

    def release(self) -> None:
        for texture in self._textures:
            texture.release()
        self._textures.clear()
