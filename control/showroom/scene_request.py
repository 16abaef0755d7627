"""Somebody waits for a scene, or is in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from control.showroom.hosted_scene import HostedScene
from control.showroom.thread_work import OnProgress


class SceneLease:
    """Somebody's use of a scene, which stays on the GPU for it. Whoever was given one leaves it."""

    def __init__(self, scene: HostedScene, leave: Callable[[], None]) -> None:
        self.scene = scene
        self._leave: Callable[[], None] | None = leave

    def leave(self) -> None:
        """The scene may go; may be called again."""
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()


@dataclass(slots=True, eq=False)
class SceneRequest:
    """A scene that somebody waits for."""

    waiting: list[tuple[asyncio.Future[SceneLease], OnProgress]] = field(default_factory=list)

    @property
    def wanted(self) -> bool:
        """Not all who wanted it have gone elsewhere."""
        return any(True for _ in self.unanswered())

    def unanswered(self) -> Iterator[asyncio.Future[SceneLease]]:
        return (answer for answer, _ in self.waiting if not answer.done())

    def tell(self, done: float) -> None:
        for answer, on_progress in self.waiting:
            if not answer.done():
                on_progress(done)

    def fail(self, error: Exception) -> None:
        """Tell all who still wait why it can't be loaded."""
        for answer in self.unanswered():
            answer.set_exception(error)
