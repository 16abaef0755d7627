"""Who watches a render loop where nothing is to be told."""

from __future__ import annotations

from edge_render.frame import Frame


class Nobody:
    """A RenderObserver who does not care."""

    def drawn(self, frame: Frame) -> None: ...

    def refined(self) -> None: ...

    def skipped(self) -> None: ...

    def failed(self) -> None: ...
