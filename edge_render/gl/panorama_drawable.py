"""A panorama as GlRenderer draws it: the tiles that a view needs, each a rectangle of a cube around the eye.

A rectangle of a plane in perspective is exact, so that nothing is bent, and the GPU filters each tile by itself. Where
a tile has not come yet, its part of the nearest coarser one that is there is drawn; the coarsest always are. Whoever
looks where tiles are missing is drawn again until they have come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import RendererError
from edge_render.gl.calls import (
    BLEND,
    CULL_FACE,
    DEPTH_TEST,
    FRAMEBUFFER,
    TEXTURE0,
    TEXTURE_2D_ARRAY,
    TRIANGLE_STRIP,
)
from edge_render.gl.context import GlContext
from edge_render.gl.drawable import UPSIDE_DOWN, GlParts, Sampling
from edge_render.gl.programs import BASE_UNIT
from edge_render.gl.targets import Target
from edge_render.gl.tile_array import TileArray
from edge_render.gl.tile_pool import TilePool
from edge_render.look_around import EYE
from edge_render.panorama.content import Panorama
from edge_render.panorama.cube import AXES, directions
from edge_render.panorama.pyramid import BORDER_PX, TILE_PX, Coding, PyramidShape, TileKey
from edge_render.panorama.tile_loader import TileId
from edge_render.panorama.visible import TILES_MAX, Gaze, tiles_in_view
from edge_render.pose import Pose, perspective
from edge_render.renderer import View

TEXELS_PER_PX_MOVING = 0.8
TEXELS_PER_PX_STILL = 1.4
"""Fine enough for pictures that are moved by parts of a pixel and added up."""
_NEAR, _FAR = 0.05, 10.0
_OVERLAP_PX = 0.05
"""Neighbouring rectangles of different sizes have different corners on their common edge; without it there would be
holes of single pixels between them."""
_INSTANCE_FLOATS = 3 + 3 + 3 + 4 + 1
_LAYOUT = ("3f 3f 3f 4f 1f/i", "in_origin", "in_across", "in_along", "in_texels", "in_layer")


class PanoramaDrawable:
    """Keeps the contract of Drawable in edge_render/gl/drawable.py."""

    def __init__(self, parts: GlParts, pool: TilePool, panorama: Panorama) -> None:
        self._parts, self._pool, self._panorama = parts, pool, panorama
        self._shape = panorama.tiles.shape
        self._number = pool.add(self._shape.coding)
        pool.loader.add(self._number, panorama.tiles.texels)
        features = frozenset({"LIGHT"} if self._shape.coding is Coding.LIGHT else ())
        self._program: Any = parts.programs.get("panorama.vert", "panorama.frag", features)
        self._base: TileArray | None = None
        self._coarse: _Rectangles | None = None
        self._fine: _Rectangles | None = None
        self._missing: list[TileId] = []

    @property
    def gpu_bytes(self) -> int:
        """See Drawable.gpu_bytes: of the coarsest tiles; the others are in the pool that all panoramas share."""
        return TileArray.size_bytes(self._shape.base_edge_px, 6 * self._shape.eyes)

    def upload(self) -> Iterator[float]:
        """See Drawable.upload."""
        context, shape = self._parts.context, self._shape
        self._coarse, self._fine = _Rectangles(context, self._program), _Rectangles(context, self._program)
        if shape.levels > 1:
            self._pool.make_room(shape.coding)
        count = 6 * shape.eyes
        base = self._base = TileArray(context, self._parts.quality, shape.coding, shape.base_edge_px, count)
        for layer in range(count):
            key = TileKey(layer // 6, 0, layer % 6, 0, 0)
            try:
                base.upload(layer, self._panorama.tiles.texels(key))
            except ValueError as error:
                raise RendererError(f"panorama '{self._panorama.name}': {error}") from error
            yield (layer + 1) / count

    def overview(self) -> Pose:
        """See Drawable.overview."""
        return Pose.from_yaw_pitch(EYE, 0.0, 0.0)

    def changing(self, view: View) -> bool:
        """See Drawable.changing: tiles of the picture that was drawn last are still to come."""
        return any(self._pool.coming(tile) for tile in self._missing)

    def draw(self, view: View, target: Target, sampling: Sampling, eye: int = 0) -> None:
        """See Drawable.draw; ``eye``: 0 the left one, which flat screens are shown too, 1 the right one."""
        coarse, fine, base = self._coarse, self._fine, self._base
        assert coarse is not None and fine is not None and base is not None, "it is uploaded"  # noqa: PT018
        self._pool.take_in()
        still = view.still or sampling.finer_levels > 0.0
        density = TEXELS_PER_PX_STILL if still else TEXELS_PER_PX_MOVING
        gaze = Gaze(view.pose.rotation(), view.fov_y_rad, view.aspect, target.height, density)
        needed = tiles_in_view(self._shape, min(eye, self._shape.eyes - 1), gaze)
        shown = [(key, *self._best(key)) for key in needed]
        self._missing = [TileId(self._number, key) for key, source, _ in shown if source.level < key.level]
        self._pool.want(self._missing)

        calls, program = self._parts.context.calls, self._program
        program["clip_from_direction"].write(_clip_from_direction(view, target, sampling).tobytes())
        program["finer_levels"].value = sampling.finer_levels
        if self._shape.coding is Coding.LIGHT:
            program["exposure"].value = self._panorama.exposure
        calls.bind_framebuffer(FRAMEBUFFER, target.drawn.glo)
        calls.viewport(0, 0, target.width, target.height)
        for state in (DEPTH_TEST, CULL_FACE, BLEND):
            calls.disable(state)
        calls.use_program(program.glo)
        coarse.draw(base, _instances(self._shape, base.edge_px, [one for one in shown if one[1].level == 0]))
        array = self._pool.array(self._shape.coding)
        if array is not None:
            fine.draw(array, _instances(self._shape, array.edge_px, [one for one in shown if one[1].level > 0]))

    def _best(self, key: TileKey) -> tuple[TileKey, int]:
        """The finest tile on the GPU that shows what a tile does, and its layer."""
        while key.level > 0:
            layer = self._pool.layer(TileId(self._number, key))
            if layer is not None:
                return key, layer
            key = TileKey(key.eye, key.level - 1, key.face, key.y // 2, key.x // 2)
        return key, key.eye * 6 + key.face

    def release(self) -> None:
        """See Drawable.release."""
        self._pool.forget(self._number)
        for part in (self._coarse, self._fine, self._base):
            if part is not None:
                part.release()


class _Rectangles:
    """Instances of one rectangle, drawn with the tiles of one array."""

    def __init__(self, context: GlContext, program: Any) -> None:
        self._calls = context.calls
        self._buffer: Any = context.moderngl.buffer(reserve=TILES_MAX * _INSTANCE_FLOATS * 4, dynamic=True)
        self._vertices: Any = context.moderngl.vertex_array(program, [(self._buffer, *_LAYOUT)])

    def draw(self, array: TileArray, instances: NDArray[np.float32]) -> None:
        if len(instances) == 0:
            return
        self._buffer.orphan()
        self._buffer.write(instances.tobytes())
        self._calls.active_texture(TEXTURE0 + BASE_UNIT)
        self._calls.bind_texture(TEXTURE_2D_ARRAY, array.name)
        self._calls.bind_vertex_array(self._vertices.glo)
        self._calls.draw_arrays_instanced(TRIANGLE_STRIP, 0, 4, len(instances))

    def release(self) -> None:
        self._vertices.release()
        self._buffer.release()


def _clip_from_direction(view: View, target: Target, sampling: Sampling) -> NDArray[np.float32]:
    """For a shader: column after column."""
    matrix = np.eye(4)
    matrix[:3, :3] = view.pose.rotation().T
    matrix = UPSIDE_DOWN @ perspective(view.fov_y_rad, view.aspect, _NEAR, _FAR) @ matrix
    columns: NDArray[np.float32] = (sampling.shift(target.width, target.height) @ matrix).T.astype(np.float32)
    return columns


def _instances(shape: PyramidShape, edge_px: int, shown: Sequence[tuple[TileKey, TileKey, int]]) -> NDArray[np.float32]:
    """For each tile that is needed, the tile that is drawn for it and its layer: what the vertex shader takes (n, 14).
    ``edge_px``: of the layers."""
    if not shown:
        return np.zeros((0, _INSTANCE_FLOATS), np.float32)
    # Rows of level, y, x of what is needed, and of what is drawn; face and layer.
    keys = np.array([(k.level, k.y, k.x, s.level, s.y, s.x, k.face, layer) for k, s, layer in shown], np.int64)
    needed_face_px = (shape.base_px << keys[:, 0]).astype(np.float64)[:, None]
    overlap = _OVERLAP_PX / needed_face_px
    first = keys[:, 2:0:-1] * TILE_PX / needed_face_px - overlap  # x, y; as parts of the face
    last = np.minimum((keys[:, 2:0:-1] + 1) * TILE_PX / needed_face_px, 1.0) + overlap
    drawn_face_px = (shape.base_px << keys[:, 3]).astype(np.float64)[:, None]
    skipped_px = keys[:, 5:3:-1] * TILE_PX - BORDER_PX
    texels = [(corner * drawn_face_px - skipped_px) / edge_px for corner in (first, last)]
    axes = AXES[keys[:, 6]]
    corner, size = first * 2.0 - 1.0, (last - first) * 2.0
    origin = directions(keys[:, 6], corner[:, 0], corner[:, 1])
    across, along = axes[:, :, 0] * size[:, :1], axes[:, :, 1] * size[:, 1:]
    layer = keys[:, 7:].astype(np.float64)
    return np.concatenate([origin, across, along, *texels, layer], axis=1).astype(np.float32)
