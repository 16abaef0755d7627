"""A scene on the GPU, and how parts of it are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.geometry.batches import Batch, PreparedScene
from edge_render.geometry.draw_list import ChunkTable, Detail, DrawList, Run
from edge_render.geometry.placing import BatchKey, Placing, Primitive
from edge_render.gl.calls import CULL_FACE, LINES, POINTS, TEXTURE0, TEXTURE_2D, TRIANGLES, UNSIGNED_INT
from edge_render.gl.context import GlContext
from edge_render.gl.materials import GpuMaterials, Look, VertexData
from edge_render.gl.palette import GpuPalette
from edge_render.gl.programs import BASE_UNIT, GlPrograms
from edge_render.gl.textures import GlTextures
from edge_render.gl.vertex_arrays import BatchBuffers
from edge_render.pose import Matrix, Vec3
from edge_render.render_quality import RenderQuality
from edge_render.scene import AlphaMode, UvTransform
from edge_render.shadow_plan import ShadowPlan

TICKS_PER_S = 120
"""Times of what moves are told apart so finely: visitors drawn within a tick share its palette."""
_MODES = {Primitive.TRIANGLES: TRIANGLES, Primitive.LINES: LINES, Primitive.POINTS: POINTS}


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """``name``: OpenGL's. ``first_instance``: where its uniform of that name is, -1 where it has none."""

    name: int
    first_instance: int

    @classmethod
    def of(cls, program: Any) -> Program:
        found = program.get("first_instance", None)
        return cls(int(program.glo), -1 if found is None else int(found.location))


@dataclass(frozen=True, slots=True, eq=False)
class GpuBatch:
    """One merged batch: its buffers, its material and the program that draws it."""

    key: BatchKey
    look: Look
    buffers: BatchBuffers
    program: Program

    @property
    def vertex_array(self) -> int:
        return self.buffers.vertex_array


class GpuScene:
    """What one loaded scene takes on the GPU. Made and used on the GL thread."""

    def __init__(
        self, context: GlContext, programs: GlPrograms, prepared: PreparedScene, quality: RenderQuality
    ) -> None:
        """Takes the materials' constants; all else is taken by :meth:`upload`."""
        self.source = replace(prepared.source, meshes=(), textures=())
        """What tells of light and materials; pixels and vertices are kept only until they are uploaded."""
        self.bounds = (prepared.low, prepared.high)
        self.batches: list[GpuBatch] = []
        self.chunks = ChunkTable(prepared)
        self._prepared: PreparedScene | None = prepared
        self._animator = prepared.movement.animator
        self._palette = GpuPalette(context, prepared.movement)
        self.tick = -1
        """Of which time what moves is where it is."""
        self.nodes: NDArray[np.float64] | None = None
        """Where the nodes of the rig are now, (n, 4, 4), where anything moves."""
        self._rows_chosen: DrawList | None = None
        self._context = context
        self._textures = GlTextures(context, prepared.source, quality, prepared.mipmaps)
        self._programs = programs
        self.shadows = ShadowPlan.of(prepared.source.sun.direction, *self.bounds, quality.cascades)
        self._materials = GpuMaterials(context, self._textures, self.source, quality, self._light_features(quality))

    def _light_features(self, quality: RenderQuality) -> frozenset[str]:
        shines, cascades = self.source.sun.intensity > 0.0, len(self.shadows.radii_m)
        wanted = {
            "SUN": shines,
            f"CASCADES {cascades}": shines and cascades > 0,
            "MOVING_SHADOWS": shines and self.chunks.moving > 0,
            "HAS_OPENNESS": self.source.ambient_occlusion and quality.ambient_occlusion,
        }
        return frozenset(name for name, is_wanted in wanted.items() if is_wanted)

    def upload(self) -> Iterator[float]:
        """Put it on the GPU in steps of a few milliseconds; yields how much is done, from 0 to 1."""
        prepared = self._prepared
        assert prepared is not None, "it is uploaded once"
        buffers = [BatchBuffers(self._context, batch) for batch in prepared.batches]
        total = sum(part.gpu_bytes for part in buffers) + prepared.movement.deltas.nbytes + 1
        total += sum(mipmaps.size_bytes for mipmaps in prepared.mipmaps.values())
        done = 0
        for size in self._palette.upload():
            done += size
            yield min(done / total, 1.0)
        for batch, part in zip(prepared.batches, buffers, strict=True):
            self.batches.append(self._batch(batch, part))
            yield min(done / total, 1.0)
            for size in chain(self._textures.upload(), part.upload()):
                done += size
                yield min(done / total, 1.0)
        self._textures.forget_pixels()
        self._prepared = None
        self.move_to(0.0)

    def _batch(self, batch: Batch, buffers: BatchBuffers) -> GpuBatch:
        vertices = VertexData(
            uvs=batch.uvs is not None,
            uvs_1=batch.uvs_1 is not None,
            tangents=batch.tangents is not None,
            colors=batch.colors is not None,
            unlit=batch.key.unlit,
            lightmap=None if batch.key.lightmap < 0 else batch.key.lightmap,
        )
        look = self._materials.look(batch.material, vertices)
        features = set(look.features | placing_features(batch.key))
        if vertices.tangents:
            features.add("HAS_TANGENT")
        if batch.key.both_sides:
            features.add("DOUBLE_SIDED")
        program = self._programs.get("scene.vert", "scene.frag", frozenset(features))
        return GpuBatch(batch.key, look, buffers, Program.of(program))

    @property
    def lights_move(self) -> bool:
        """Whether any of the scene's own lights is carried about."""
        nodes = [light.rig_node for light in self.source.lights if light.rig_node is not None]
        return self._animator is not None and bool(self._animator.moves[nodes].any())

    @property
    def gpu_bytes(self) -> int:
        """Vertices, indices, textures, and what moves."""
        geometry = sum(batch.buffers.gpu_bytes for batch in self.batches)
        return geometry + self._palette.gpu_bytes + self._textures.gpu_bytes

    # --- drawing -----------------------------------------------------------------------------------

    def move_to(self, time_s: float) -> bool:
        """Have all that moves where it is so long after the scene began. Returns whether anything may have moved."""
        tick = int(time_s * TICKS_PER_S)
        if tick == self.tick or self._animator is None or not self._animator.anything_moves:
            return False
        self.tick = tick
        pose = self._animator.pose_at(tick / TICKS_PER_S)
        self.nodes = pose.world
        self.chunks.move(self._palette.move(pose))
        return True

    def draw_list(
        self,
        clip_from_world: Matrix,
        eye: Vec3,
        *,
        variant: int | None = None,
        detail: Detail | None = None,
        moving: bool | None = None,
    ) -> DrawList:
        """What a view draws of it, as it stands now; see ChunkTable.draw_list."""
        return self.chunks.draw_list(clip_from_world, eye, variant, detail, moving)

    def sees_behind(self, draws: DrawList) -> bool:
        """Whether something in it shows a copy of what was drawn before."""
        return any("SEES_BEHIND" in self.batches[run[0]].look.features for run in draws.blended)

    def draw_runs(self, runs: list[Run], draws: DrawList, *, program: int | None = None) -> None:
        """Draw runs with their materials, or all with one ``program`` (which must place vertices as they do)."""
        calls = self._context.calls
        self._choose(draws)
        if program is not None:
            calls.use_program(program)
            calls.disable(CULL_FACE)
        for run in runs:
            batch = self.batches[run[0]]
            if program is not None:
                self._draw(batch, run, draws, -1)
                continue
            calls.use_program(batch.program.name)
            self._materials.bind(batch.look)
            if batch.key.both_sides:
                calls.disable(CULL_FACE)
            self._draw(batch, run, draws, batch.program.first_instance)

    def draw_depth(self, runs: Iterable[Run], draws: DrawList, clip_from_world: Matrix) -> None:
        """Draw only depth, of both sides: thin one-sided walls must shade from both. MASK leaves out what its alpha
        does, and glass, lines and points are left out."""
        calls = self._context.calls
        self._choose(draws)
        matrix = np.ascontiguousarray(clip_from_world.T, dtype=np.float32).tobytes()
        calls.disable(CULL_FACE)
        for run in runs:
            batch = self.batches[run[0]]
            material = batch.look.material
            if material.blended or batch.key.primitive is not Primitive.TRIANGLES:
                continue
            cut = material.alpha_mode is AlphaMode.MASK
            if cut and material.base_color_factor[3] < material.alpha_cutoff:
                continue  # a texture makes it no more
            use = material.base_color_texture if "HAS_BASE_MAP" in batch.look.features else None
            features = set(placing_features(batch.key))
            if cut and use is not None:
                features |= {"ALPHA_MASK", "CUT_BY_UV_1"} if use.uv_set else {"ALPHA_MASK"}
            program = self._programs.get("depth.vert", "depth.frag", frozenset(features))
            program["depth_from_world"].write(matrix)
            if cut and use is not None:
                program["alpha_factor"].value = material.base_color_factor[3]
                program["alpha_cutoff"].value = material.alpha_cutoff
                rows = (use.transform or UvTransform()).rows
                program["moved_uv"].write(np.ascontiguousarray(rows.T, np.float32).tobytes())
                calls.active_texture(TEXTURE0 + BASE_UNIT)
                calls.bind_texture(TEXTURE_2D, batch.look.texture(BASE_UNIT))
            placed = Program.of(program)
            calls.use_program(placed.name)
            self._draw(batch, run, draws, placed.first_instance)

    def _choose(self, draws: DrawList) -> None:
        """Have the palette, and the instances of these drawings, where shaders look for them."""
        if self.chunks.instances and self._rows_chosen is not draws:
            self._rows_chosen = draws
            self._palette.choose_instances(draws.rows)
        self._palette.bind()

    def _draw(self, batch: GpuBatch, run: Run, draws: DrawList, first_instance: int) -> None:
        calls = self._context.calls
        _, first, length = run
        mode = _MODES[batch.key.primitive]
        calls.bind_vertex_array(batch.vertex_array)
        if batch.key.placing is Placing.INSTANCED:
            calls.uniform_int(first_instance, first)
            count, offset = int(draws.counts[first]), int(draws.offsets[first])
            calls.draw_elements_instanced(mode, count, UNSIGNED_INT, offset, length)
        else:
            counts, offsets = draws.counts.ctypes.data + 4 * first, draws.offsets.ctypes.data + 8 * first
            calls.multi_draw_elements(mode, counts, UNSIGNED_INT, offsets, length)

    def release(self) -> None:
        for batch in self.batches:
            batch.buffers.release()
        self._materials.release()
        self._palette.release()
        self._textures.release()


def placing_features(key: BatchKey) -> frozenset[str]:
    """The ``#define`` names by which placed.glsl places the vertices of a batch."""
    return frozenset(name for name, wanted in ((str(key.placing), bool(key.placing)), ("MORPH", key.morphs)) if wanted)
