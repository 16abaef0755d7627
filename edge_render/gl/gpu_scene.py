"""A scene on the GPU, and which parts of it one view draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.gl.batches import Batch, build_batches, scene_bounds
from edge_render.gl.calls import CULL_FACE, TRIANGLES, UNSIGNED_INT
from edge_render.gl.context import GlContext
from edge_render.gl.materials import GpuMaterials, Look, VertexData
from edge_render.gl.programs import GlPrograms
from edge_render.gl.textures import GlTextures
from edge_render.render_quality import RenderQuality
from edge_render.scene import AlphaMode, Scene

Matrix32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class GpuBatch:
    """One merged batch: its vertex array, its material and the program that draws it."""

    source: Batch
    look: Look
    vertex_array: Any
    buffers: tuple[Any, ...]
    program: int


@dataclass(frozen=True, slots=True, eq=False)
class DrawList:
    """The chunks to draw, in order: runs of (batch, first, how many) into ``counts`` and ``offsets``."""

    opaque: list[tuple[int, int, int]]
    blended: list[tuple[int, int, int]]
    counts: NDArray[np.int32]
    offsets: NDArray[np.int64]

    @property
    def triangles(self) -> int:
        return int(self.counts.sum()) // 3


class GpuScene:
    """What one loaded scene takes on the GPU. Made and used on the GL thread."""

    def __init__(self, context: GlContext, programs: GlPrograms, scene: Scene, quality: RenderQuality) -> None:
        """Takes the materials' constants; all else is taken by :meth:`upload`."""
        self.source = scene
        self.bounds = scene_bounds(scene)
        self.batches: list[GpuBatch] = []
        self._context = context
        self._textures = GlTextures(context, scene, quality)
        self._programs = programs
        self._materials = GpuMaterials(context, self._textures, scene, quality)

    def upload(self) -> Iterator[float]:
        """Put it on the GPU batch by batch; yields how much is done, from 0 to 1."""
        batches = build_batches(self.source)
        for done, batch in enumerate(batches, start=1):
            self.batches.append(self._upload(batch))
            yield done / len(batches)
        self._index_chunks()

    @property
    def gpu_bytes(self) -> int:
        """Vertices, indices and textures."""
        return self._textures.gpu_bytes + sum(int(buffer.size) for batch in self.batches for buffer in batch.buffers)

    def _index_chunks(self) -> None:
        """Lay the chunks of all batches side by side, so that one numpy pass culls and sorts them."""
        sources = [batch.source for batch in self.batches]
        self._chunk_batch = np.repeat(np.arange(len(sources)), [len(source.chunk_first) for source in sources])
        empty = [np.zeros((0, 3), np.float32)]
        low = np.concatenate([source.chunk_min for source in sources] or empty)
        high = np.concatenate([source.chunk_max for source in sources] or empty)
        self._chunk_center, self._chunk_extent = (low + high) * 0.5, (high - low) * 0.5
        none = [np.zeros(0, np.int64)]
        self._chunk_count = np.concatenate([source.chunk_count for source in sources] or none).astype(np.int32)
        self._chunk_offset = np.concatenate([source.chunk_first for source in sources] or none) * 4
        blended = np.array([batch.look.material.alpha_mode is AlphaMode.BLEND for batch in self.batches], dtype=bool)
        self._chunk_blended = blended[self._chunk_batch]

    def _upload(self, batch: Batch) -> GpuBatch:
        vertex_data = VertexData(
            uvs=batch.uvs is not None, tangents=batch.tangents is not None, colors=batch.colors is not None
        )
        look = self._materials.look(batch.material, vertex_data)
        features = look.features
        program = self._programs.get("scene.vert", "scene.frag", features)
        parts: list[tuple[str, str, NDArray[np.float32]]] = [
            ("3f", "in_position", batch.positions),
            ("3f", "in_normal", batch.normals),
        ]
        if "HAS_UV" in features and batch.uvs is not None:
            parts.append(("2f", "in_uv", batch.uvs))
        if "HAS_NORMAL_MAP" in features and batch.tangents is not None:
            parts.append(("4f", "in_tangent", batch.tangents))
        if "HAS_COLOR" in features and batch.colors is not None:
            parts.append(("4f", "in_color", batch.colors))
        vertices = np.concatenate([part[2] for part in parts], axis=1, dtype=np.float32)
        context = self._context.moderngl
        vertex_buffer = context.buffer(vertices.tobytes())
        index_buffer = context.buffer(batch.indices.tobytes())
        layout = " ".join(part[0] for part in parts)
        vertex_array = context.vertex_array(
            program, [(vertex_buffer, layout, *[part[1] for part in parts])], index_buffer=index_buffer
        )
        return GpuBatch(
            source=batch,
            look=look,
            vertex_array=vertex_array,
            buffers=(vertex_buffer, index_buffer),
            program=int(program.glo),
        )

    def draw_list(self, clip_from_world: NDArray[np.float64], eye: tuple[float, float, float]) -> DrawList:
        """Cull chunks outside the view and sort: opaque ones nearest first within their batch, blended ones
        farthest first across all batches."""
        planes = np.concatenate([clip_from_world[3] + clip_from_world[:3], clip_from_world[3] - clip_from_world[:3]])
        # Signed distance of the corner that lies farthest inside each plane, for all chunks at once.
        reach = self._chunk_center @ planes[:, :3].T + planes[:, 3] + self._chunk_extent @ np.abs(planes[:, :3]).T
        visible = np.flatnonzero((reach >= 0.0).all(axis=1))
        to_eye = np.abs(self._chunk_center[visible] - np.asarray(eye, np.float32))
        distance = np.linalg.norm(np.maximum(to_eye - self._chunk_extent[visible], 0.0), axis=1)
        center_distance = np.linalg.norm(to_eye, axis=1)
        batch = self._chunk_batch[visible]
        blended = self._chunk_blended[visible]
        opaque_order = np.lexsort((distance, batch))
        opaque_order = opaque_order[~blended[opaque_order]]
        blended_order = np.argsort(-center_distance, kind="stable")
        blended_order = blended_order[blended[blended_order]]
        order = np.concatenate([opaque_order, blended_order])
        chosen = visible[order]
        split = len(opaque_order)
        runs = _runs(batch[order], split)
        return DrawList(
            opaque=[run for run in runs if run[1] < split],
            blended=[run for run in runs if run[1] >= split],
            counts=self._chunk_count[chosen],
            offsets=self._chunk_offset[chosen],
        )

    def draw_runs(self, runs: list[tuple[int, int, int]], draws: DrawList, *, program: int | None = None) -> None:
        """Draw runs with their materials, or all with one ``program`` (depth only, both sides)."""
        calls = self._context.calls
        counts, offsets = draws.counts.ctypes.data, draws.offsets.ctypes.data
        if program is not None:
            calls.use_program(program)
            calls.disable(CULL_FACE)
        for index, first, length in runs:
            batch = self.batches[index]
            if program is None:
                calls.use_program(batch.program)
                self._materials.bind(batch.look)
            calls.bind_vertex_array(batch.vertex_array.glo)
            calls.multi_draw_elements(TRIANGLES, counts + 4 * first, UNSIGNED_INT, offsets + 8 * first, length)

    def whole_batch(self, index: int) -> DrawList:
        """All of one batch, as a draw list of one run."""
        total = len(self.batches[index].source.indices)
        return DrawList([(index, 0, 1)], [], np.array([total], np.int32), np.zeros(1, np.int64))

    def release(self) -> None:
        for batch in self.batches:
            batch.vertex_array.release()
            for buffer in batch.buffers:
                buffer.release()
        self._materials.release()
        self._textures.release()


def _runs(batch: NDArray[np.int64], split: int) -> list[tuple[int, int, int]]:
    """Stretches of equal batch, cut at ``split`` too, as (batch, first, length)."""
    if len(batch) == 0:
        return []
    change = batch[1:] != batch[:-1]
    if 0 < split < len(batch):
        change[split - 1] = True
    starts = np.concatenate([[0], np.flatnonzero(change) + 1])
    lengths = np.diff(np.append(starts, len(batch)))
    return [
        (int(index), int(first), int(length))
        for index, first, length in zip(batch[starts], starts, lengths, strict=True)
    ]
