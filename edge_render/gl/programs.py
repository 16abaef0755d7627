"""Shader programs, compiled once per combination of features. Source lies in ``shaders/``."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

from edge_render.errors import RendererError
from edge_render.gl.context import GlContext

FRAME_BINDING = 0
SURFACE_BINDING = 1
SURROUNDINGS_BINDING = 2
_BLOCKS = {"Frame": FRAME_BINDING, "Surface": SURFACE_BINDING, "Surroundings": SURROUNDINGS_BINDING}

BASE_UNIT, METAL_ROUGH_UNIT, NORMAL_UNIT, OCCLUSION_UNIT, EMISSIVE_UNIT, SHADOW_UNIT = range(6)
SPECULAR_UNIT, SPECULAR_COLOR_UNIT, COAT_UNIT, COAT_ROUGH_UNIT, COAT_NORMAL_UNIT = range(6, 11)
SHEEN_COLOR_UNIT, SHEEN_ROUGH_UNIT, TRANSMISSION_UNIT, LIGHT_MAP_UNIT = range(11, 15)
ENVIRONMENT_UNIT, BRDF_UNIT, BEHIND_UNIT, IRRADIANCE_UNIT = range(15, 19)
CASCADE_UNITS = (19, 20, 21)
MOVING_SHADOW_UNIT = 22
OPENNESS_UNIT = 23
PALETTE_UNIT, MORPH_WEIGHTS_UNIT, MORPH_DELTAS_UNIT, INSTANCE_UNIT = range(24, 28)
"""Beyond those that fragment shaders come to need; OpenGL 3.3 has 48 at least."""
_SAMPLERS = {
    "base_map": BASE_UNIT,
    "metal_rough_map": METAL_ROUGH_UNIT,
    "normal_map": NORMAL_UNIT,
    "occlusion_map": OCCLUSION_UNIT,
    "emissive_map": EMISSIVE_UNIT,
    "shadow_map": SHADOW_UNIT,
    "cascade_0": CASCADE_UNITS[0],
    "cascade_1": CASCADE_UNITS[1],
    "cascade_2": CASCADE_UNITS[2],
    "openness_map": OPENNESS_UNIT,
    "depth_map": BASE_UNIT,
    "estimate": BASE_UNIT,
    "moving_shadow": MOVING_SHADOW_UNIT,
    "specular_map": SPECULAR_UNIT,
    "specular_color_map": SPECULAR_COLOR_UNIT,
    "coat_map": COAT_UNIT,
    "coat_rough_map": COAT_ROUGH_UNIT,
    "coat_normal_map": COAT_NORMAL_UNIT,
    "sheen_color_map": SHEEN_COLOR_UNIT,
    "sheen_rough_map": SHEEN_ROUGH_UNIT,
    "transmission_map": TRANSMISSION_UNIT,
    "light_map": LIGHT_MAP_UNIT,
    "environment_map": ENVIRONMENT_UNIT,
    "irradiance_map": IRRADIANCE_UNIT,
    "brdf_table": BRDF_UNIT,
    "behind_map": BEHIND_UNIT,
    "picture": BASE_UNIT,
    "tiles": BASE_UNIT,
    "palette": PALETTE_UNIT,
    "morph_weights": MORPH_WEIGHTS_UNIT,
    "morph_deltas": MORPH_DELTAS_UNIT,
    "instance_rows": INSTANCE_UNIT,
}
_PLACE_VERTICES = ("scene.vert", "depth.vert")
"""Those that call ``placed()``."""

_INCLUDE = re.compile(r'^#include "([a-z_.]+)"$', re.MULTILINE)


class GlPrograms:
    """Compiles and keeps programs. Uniform blocks and samplers are bound to the numbers above."""

    def __init__(self, context: GlContext) -> None:
        self._context = context
        self._programs: dict[tuple[str, str, frozenset[str]], Any] = {}

    def get(self, vertex: str, fragment: str, features: frozenset[str] = frozenset()) -> Any:
        """The moderngl program of two shader files and a set of ``#define`` names, each with its
        value after a space where it has one.

        Raises RendererError with the driver's message where it does not compile.
        """
        key = (vertex, fragment, features)
        if key not in self._programs:
            self._programs[key] = self._compile(vertex, fragment, features)
        return self._programs[key]

    def _compile(self, vertex: str, fragment: str, features: frozenset[str]) -> Any:
        head = "#version 330 core\n" + "".join(f"#define {name}\n" for name in sorted(features))
        frame = _read("frame.glsl")
        placed = _read("placed.glsl") if vertex in _PLACE_VERTICES else ""
        try:
            program = self._context.moderngl.program(
                vertex_shader=head + frame + placed + _read(vertex),
                fragment_shader=head + frame + _read("tone.glsl") + _read(fragment),
            )
        except Exception as error:  # moderngl raises its own Error, and this module does not import it
            raise RendererError(f"shader {vertex} + {fragment} {sorted(features)}: {error}") from error
        for name in program:
            if name in _BLOCKS:
                program[name].binding = _BLOCKS[name]
            elif name in _SAMPLERS:
                # moderngl knows no samplers of buffers, and sets nothing for those it does not know.
                self._context.calls.use_program(program.glo)
                self._context.calls.uniform_int(program[name].location, _SAMPLERS[name])
        return program

    def release(self) -> None:
        for program in self._programs.values():
            program.release()
        self._programs.clear()


def _read(name: str) -> str:
    """The text of a shader file, with those that it includes in their places."""
    text = resources.files("edge_render").joinpath("gl", "shaders", name).read_text("utf-8")
    return _INCLUDE.sub(lambda found: _read(found[1]), text)
