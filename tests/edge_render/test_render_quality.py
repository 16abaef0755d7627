"""What software drawing saves while a visitor moves, and what the still picture gives back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View
from tests.edge_render.tiny_scenes import one_quad

VIEW = View(Pose((0.0, 0.0, 2.5), (0.0, 0.0, 0.0, 1.0)), 1.0, 640, 360)


def test_an_enlarged_picture_shows_the_same_in_the_same_place() -> None:
    full_quality = replace(RenderQuality.for_software(), motion_scale=1.0)
    pictures = {}
    for quality in (RenderQuality.for_software(), full_quality):
        renderer = GlRenderer(GlContext.open("software"), PixelFormat.RGBA, quality)
        handle = renderer.load(one_quad())
        pictures[quality.motion_scale] = renderer.draw(handle, VIEW).pixels.astype(int)
        renderer.close()
    scaled, full = pictures[0.7], pictures[1.0]
    assert scaled.shape == full.shape == (360, 640, 4)
    difference = np.abs(scaled - full).max(axis=2)
    assert 0 < (difference > 8).mean() < 0.02, "edges are softer, all else is as it was"
