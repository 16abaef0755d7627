"""A model that has nothing to draw is no reason to fail: there is only the background."""

from __future__ import annotations

import math

import numpy as np

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.renderer import View
from edge_render.scene import Material, Scene

EMPTY = Scene(name="empty", meshes=(), nodes=(), materials=(Material("default"),), textures=())


def test_the_background_is_drawn_alone() -> None:
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA)
    view = View(Pose((0.0, 1.6, 0.0), (0.0, 0.0, 0.0, 1.0)), math.radians(60.0), 32, 24)
    handle = renderer.load(EMPTY)
    pixels = renderer.draw(handle, view).pixels
    renderer.close()
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) == 1
    assert pixels[0, 0, 2] > pixels[0, 0, 0], "the background is a light blue"
