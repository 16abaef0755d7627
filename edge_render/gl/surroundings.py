"""The light around a scene on the GPU: its environment, as light and as background, and its punctual lights."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.environment.brdf import brdf_table
from edge_render.environment.prefilter import BRIGHTEST
from edge_render.gl.calls import (
    CLAMP_TO_EDGE,
    CULL_FACE,
    HALF_FLOAT,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    LINEAR_MIPMAP_NEAREST,
    RGB,
    RGB16F,
    TEXTURE0,
    TEXTURE_2D,
    TEXTURE_CUBE_MAP,
    TEXTURE_CUBE_MAP_POSITIVE_X,
    TEXTURE_CUBE_MAP_SEAMLESS,
    TEXTURE_MAG_FILTER,
    TEXTURE_MAX_LEVEL,
    TEXTURE_MIN_FILTER,
    TEXTURE_WRAP_S,
    TEXTURE_WRAP_T,
    TRIANGLES,
    UNIFORM_BUFFER,
    UNPACK_ALIGNMENT,
)
from edge_render.gl.context import GlContext
from edge_render.gl.light_choice import LIGHTS_MAX, LightChoice
from edge_render.gl.programs import BRDF_UNIT, ENVIRONMENT_UNIT, IRRADIANCE_UNIT, SURROUNDINGS_BINDING, GlPrograms
from edge_render.gl.shadow_map import PARTS_MAX
from edge_render.pose import Matrix, Vec3
from edge_render.scene import EnvironmentLight, LightKind, PunctualLight, Scene

_SHADOWS_AT = 4 * (1 + 1 + 4 * LIGHTS_MAX)
_FLOATS = _SHADOWS_AT + 8 * PARTS_MAX
_KINDS = {LightKind.DIRECTIONAL: 0.0, LightKind.POINT: 1.0, LightKind.SPOT: 2.0}


class Surroundings:
    """Made and used on the GL thread."""

    def __init__(self, context: GlContext, programs: GlPrograms, scene: Scene, *, trilinear: bool) -> None:
        """``trilinear``: reflections blend between two levels of roughness, else they are of the nearer one."""
        self._context, self._scene = context, scene
        self._between_levels = LINEAR_MIPMAP_LINEAR if trilinear else LINEAR_MIPMAP_NEAREST
        self._names = (ctypes.c_uint * 3)()
        self._block: Any = context.moderngl.buffer(reserve=_FLOATS * 4)
        self._constants = np.zeros(_FLOATS, np.float32)
        self._background: Any = None
        self._no_vertices: Any = None
        self._written = b""
        self._choice = LightChoice(scene.lights)
        context.calls.gen_textures(3, ctypes.addressof(self._names))
        self._programs = programs

    def upload(self) -> None:
        """Put its pictures on the GPU: some megabytes."""
        context, programs, scene = self._context, self._programs, self._scene
        self._upload_brdf()
        if scene.environment is not None:
            self._upload_environment(scene.environment)
            self._constants[:4] = _environment_constants(scene.environment, scene.exposure)
            if scene.environment.shown:
                self._background = programs.get("fullscreen.vert", "background.frag", frozenset({"BEHIND_ALL"}))
                self._no_vertices = context.moderngl.vertex_array(self._background, [])

    @property
    def gpu_bytes(self) -> int:
        environment = self._scene.environment
        return 0 if environment is None else sum(level.nbytes for level in environment.specular)

    def bind(self, eye: Vec3, nodes: NDArray[np.float64] | None, shadow_parts: NDArray[np.float32]) -> None:
        """Have it where shaders look for it. ``nodes``: where those of the rig are now, (n, 4, 4), if there is one;
        ``shadow_parts``: see SunShadows.prepare."""
        calls = self._context.calls
        constants = self._constants
        constants[_SHADOWS_AT:] = shadow_parts.reshape(-1)
        if self._scene.lights:
            chosen = self._choice.strongest(eye, nodes)
            constants = constants.copy()
            constants[4] = len(chosen)
            values = [_light(light, matrix, self._scene.exposure) for light, matrix in chosen]
            constants[8 : 8 + 16 * len(values)] = np.concatenate(values)
        data = constants.tobytes()
        if data != self._written:
            self._block.write(data)
            self._written = data
        calls.bind_buffer_base(UNIFORM_BUFFER, SURROUNDINGS_BINDING, self._block.glo)
        calls.active_texture(TEXTURE0 + BRDF_UNIT)
        calls.bind_texture(TEXTURE_2D, self._names[0])
        if self._scene.environment is not None:
            calls.active_texture(TEXTURE0 + ENVIRONMENT_UNIT)
            calls.bind_texture(TEXTURE_CUBE_MAP, self._names[1])
            calls.active_texture(TEXTURE0 + IRRADIANCE_UNIT)
            calls.bind_texture(TEXTURE_CUBE_MAP, self._names[2])

    def draw_background(self, clip_from_world: Matrix, eye: Vec3, width: int, height: int) -> None:
        """Draw the environment, if it is to be seen, where nothing has been drawn."""
        if self._background is None:
            return
        calls = self._context.calls
        # The far plane's points by x, y and 1 of clip space, from the eye.
        world_from_clip = np.linalg.inv(clip_from_world)
        far = world_from_clip[:, [0, 1]], world_from_clip[:, 2] + world_from_clip[:, 3]
        columns = np.column_stack(far)
        rays = columns[:3] - np.outer(eye, columns[3])
        self._background["world_from_ray"].write(np.ascontiguousarray(rays.T, dtype=np.float32).tobytes())
        self._background["pixel_size"].value = (2.0 / width, 2.0 / height)
        calls.use_program(self._background.glo)
        calls.disable(CULL_FACE)
        calls.bind_vertex_array(self._no_vertices.glo)
        calls.draw_arrays(TRIANGLES, 0, 3)

    def release(self) -> None:
        self._context.calls.delete_textures(3, ctypes.addressof(self._names))
        self._block.release()
        if self._no_vertices is not None:
            self._no_vertices.release()

    def _upload_brdf(self) -> None:
        calls, table = self._context.calls, brdf_table().astype(np.float16)
        calls.active_texture(TEXTURE0 + BRDF_UNIT)
        calls.bind_texture(TEXTURE_2D, self._names[0])
        calls.pixel_store(UNPACK_ALIGNMENT, 1)
        size = table.shape[0]
        calls.tex_image_2d(TEXTURE_2D, 0, RGB16F, size, size, 0, RGB, HALF_FLOAT, table.ctypes.data)
        for parameter in (TEXTURE_MIN_FILTER, TEXTURE_MAG_FILTER):
            calls.tex_parameter(TEXTURE_2D, parameter, LINEAR)
        for parameter in (TEXTURE_WRAP_S, TEXTURE_WRAP_T):
            calls.tex_parameter(TEXTURE_2D, parameter, CLAMP_TO_EDGE)

    def _upload_environment(self, environment: EnvironmentLight) -> None:
        self._context.calls.enable(TEXTURE_CUBE_MAP_SEAMLESS)
        self._upload_cube(ENVIRONMENT_UNIT, self._names[1], environment.specular)
        irradiance = np.minimum(environment.irradiance, np.float32(BRIGHTEST)).astype(np.float16)
        self._upload_cube(IRRADIANCE_UNIT, self._names[2], (irradiance,))

    def _upload_cube(self, unit: int, name: int, levels: Sequence[NDArray[np.float16]]) -> None:
        calls = self._context.calls
        calls.active_texture(TEXTURE0 + unit)
        calls.bind_texture(TEXTURE_CUBE_MAP, name)
        calls.pixel_store(UNPACK_ALIGNMENT, 1)
        for level, cube in enumerate(levels):
            size = cube.shape[1]
            for face in range(6):
                pixels = np.ascontiguousarray(cube[face], dtype=np.float16)
                target = TEXTURE_CUBE_MAP_POSITIVE_X + face
                calls.tex_image_2d(target, level, RGB16F, size, size, 0, RGB, HALF_FLOAT, pixels.ctypes.data)
        for parameter, value in (
            (TEXTURE_MAX_LEVEL, len(levels) - 1),
            (TEXTURE_MIN_FILTER, self._between_levels if len(levels) > 1 else LINEAR),
            (TEXTURE_MAG_FILTER, LINEAR),
        ):
            calls.tex_parameter(TEXTURE_CUBE_MAP, parameter, value)


def _light(light: PunctualLight, matrix: NDArray[np.float64], exposure: float) -> NDArray[np.float32]:
    """One of ``lights`` of shaders/surroundings.glsl, shape (16,)."""
    shining = -matrix[:3, 2] / max(float(np.linalg.norm(matrix[:3, 2])), 1e-12)
    reach = 0.0 if light.range_m is None else light.range_m**-4
    scale, offset = 0.0, 1.0
    if light.kind is LightKind.SPOT:
        inner, outer = math.cos(light.inner_cone_rad), math.cos(light.outer_cone_rad)
        scale = 1.0 / max(0.001, inner - outer)
        offset = -outer * scale
    color = np.multiply(light.color, light.intensity * exposure)
    values = (*matrix[:3, 3], reach, *color, _KINDS[light.kind], *shining, 0.0, scale, offset, 0.0, 0.0)
    return np.array(values, np.float32)


def _environment_constants(environment: EnvironmentLight, exposure: float) -> tuple[float, float, float, float]:
    turn = environment.rotation_rad
    return math.cos(turn), math.sin(turn), environment.intensity * exposure, float(len(environment.specular) - 1)
