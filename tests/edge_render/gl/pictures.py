"""Pictures that real OpenGL draws for tests, and the time in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.gl.renderer import GlRenderer
from edge_render.renderer import Content, View

Pixels = NDArray[np.uint8]


class Clock:
    """Says what the test wants."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def drawn_once(renderer: GlRenderer, content: Content, view: View) -> Pixels:
    """One picture of what is loaded for it alone, as the renderer's pixel format has it."""
    handle = renderer.load(content)
    try:
        return renderer.draw(handle, view).pixels
    finally:
        renderer.unload(handle)
