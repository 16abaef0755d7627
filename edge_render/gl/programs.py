"""Shader programs, compiled once per combination of features. Source lies in ``shaders/``."""

from __future__ import annotations

from importlib import resources
from typing import Any

from edge_render.errors import RendererError
from edge_render.gl.context import GlContext

FRAME_BINDING = 0
SURFACE_BINDING = 1
_BLOCKS = {"Frame": FRAME_BINDING, "Surface": SURFACE_BINDING}

BASE_UNIT, METAL_ROUGH_UNIT, NORMAL_UNIT, OCCLUSION_UNIT, EMISSIVE_UNIT, SHADOW_UNIT = range(6)
PALETTE_UNIT, MORPH_WEIGHTS_UNIT, MORPH_DELTAS_UNIT, INSTANCE_UNIT = range(24, 28)
"""Beyond those that fragment shaders come to need; OpenGL 3.3 has 48 at least."""
_SAMPLERS = {
    "base_map": BASE_UNIT,
    "metal_rough_map": METAL_ROUGH_UNIT,
    "normal_map": NORMAL_UNIT,
    "occlusion_map": OCCLUSION_UNIT,
    "emissive_map": EMISSIVE_UNIT,
    "shadow_map": SHADOW_UNIT,
    "picture": BASE_UNIT,
    "tiles": BASE_UNIT,
    "palette": PALETTE_UNIT,
    "morph_weights": MORPH_WEIGHTS_UNIT,
    "morph_deltas": MORPH_DELTAS_UNIT,
    "instance_rows": INSTANCE_UNIT,
}
_PLACE_VERTICES = ("scene.vert", "depth.vert")
"""Those that call ``placed()``."""


class GlPrograms:
    """Compiles and keeps programs. Uniform blocks and samplers are bound to the numbers above."""

    def __init__(self, context: GlContext) -> None:
        self._context = context
        self._programs: dict[tuple[str, str, frozenset[str]], Any] = {}

    def get(self, vertex: str, fragment: str, features: frozenset[str] = frozenset()) -> Any:
        """The moderngl program of two shader files and a set of ``#define`` names.

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
    return resources.files("edge_render").joinpath("gl", "shaders", name).read_text("utf-8")
