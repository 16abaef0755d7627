"""Loading in one step, for renderers that can't part it and for what is small."""

from __future__ import annotations

from collections.abc import Callable

from edge_render.renderer import Loading, SceneHandle


class LoadingAtOnce:
    """Keeps the contract of Loading in edge_render/renderer.py."""

    def __init__(self, handle: SceneHandle, load: Callable[[], None]) -> None:
        self.handle = handle
        self._load = load

    def step(self) -> float:
        """See Loading.step."""
        self._load()
        return 1.0

    def cancel(self) -> None:
        """See Loading.cancel; before its one step it has taken nothing."""


def finish(loading: Loading) -> SceneHandle:
    """Do all steps, for those who have nothing else to do meanwhile. Raises RendererError."""
    while loading.step() < 1.0:
        pass
    return loading.handle
