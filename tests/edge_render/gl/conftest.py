"""Renderers that the tests of a module share: on real OpenGL, in the quality of its device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from tests.edge_render.gl.pictures import Clock


@pytest.fixture(scope="module")
def renderer() -> Iterator[GlRenderer]:
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA)
    yield made
    made.close()


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The time of ``clocked_renderer``."""
    return Clock()


@pytest.fixture(scope="module")
def clocked_renderer(clock: Clock) -> Iterator[GlRenderer]:
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, now_s=clock)
    yield made
    made.close()
