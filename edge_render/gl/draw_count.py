"""Counts the draw calls of OpenGL while something is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from edge_render.gl.calls import GlCalls

_DRAWING: Final = ("draw_arrays", "draw_arrays_instanced", "multi_draw_elements", "draw_elements_instanced")


class DrawCount:
    """How many there were so far; one multi-draw call counts once, as it costs the driver once."""

    def __init__(self) -> None:
        self.calls = 0

    def counting(self, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object) -> object:
            self.calls += 1
            return call(*arguments)

        return counted


@contextmanager
def counted_draws(calls: GlCalls) -> Iterator[DrawCount]:
    """Count within the context; drawing is a little slower meanwhile."""
    count = DrawCount()
    before = {name: getattr(calls, name) for name in _DRAWING}
    for name, call in before.items():
        setattr(calls, name, count.counting(call))
    try:
        yield count
    finally:
        for name, call in before.items():
            setattr(calls, name, call)
