"""Off-screen pictures to draw into, kept by size so that visitors of the same size share them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from edge_render.gl.context import GlContext

TARGETS_MAX = 6


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A colour texture with depth and, where ``samples`` > 1, multisampled buffers that resolve into it."""

    width: int
    height: int
    samples: int
    color: Any
    resolved: Any
    drawn: Any
    """The framebuffer to draw into; the same as ``resolved`` without multisampling."""
    owned: tuple[Any, ...]

    def release(self) -> None:
        for item in self.owned:
            item.release()


class GlTargets:
    """Makes targets on demand; the one longest unused goes when there are more than TARGETS_MAX."""

    def __init__(self, context: GlContext) -> None:
        self._context = context.moderngl
        self._targets: OrderedDict[tuple[int, int, int, bool], Target] = OrderedDict()
        self._samples_max = int(self._context.max_samples)

    def get(self, width: int, height: int, samples: int, *, apart: bool = False) -> Target:
        """A target of that size; ``samples`` is lowered to what the device offers. ``apart``: a second one, for those
        who need two at a time."""
        key = (width, height, min(samples, self._samples_max), apart)
        if key in self._targets:
            self._targets.move_to_end(key)
            return self._targets[key]
        if len(self._targets) >= TARGETS_MAX:
            self._targets.popitem(last=False)[1].release()
        self._targets[key] = self._make(*key[:3])
        return self._targets[key]

    def _make(self, width: int, height: int, samples: int) -> Target:
        size = (width, height)
        color = self._context.texture(size, 4)
        if samples <= 1:
            depth = self._context.depth_renderbuffer(size)
            framebuffer = self._context.framebuffer([color], depth)
            return Target(width, height, 1, color, framebuffer, framebuffer, (framebuffer, color, depth))
        resolved = self._context.framebuffer([color])
        many_color = self._context.renderbuffer(size, 4, samples=samples)
        many_depth = self._context.depth_renderbuffer(size, samples=samples)
        drawn = self._context.framebuffer([many_color], many_depth)
        return Target(width, height, samples, color, resolved, drawn, (resolved, drawn, color, many_color, many_depth))

    def release(self) -> None:
        for target in self._targets.values():
            target.release()
        self._targets.clear()
