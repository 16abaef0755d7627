"""A visitor's way to a scene that is not loaded yet: they stay where they are until it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from control.errors import SceneTooLarge
from control.input import Place
from control.showroom.hosted_scene import HostedScene
from control.showroom.scene_request import SceneLease
from control.showroom.showroom_host import ShowroomHost
from edge_render.errors import EdgeRenderError


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a visitor wants to go. ``arrive`` says the place in the scene; ``fade_s`` how long the old picture fades,
    0 where it does not."""

    scene: str
    arrive: Callable[[HostedScene], Place]
    fade_s: float = 0.0


class Travel:
    """One journey at a time: a new destination takes the place of the old one. Used on the event loop."""

    def __init__(
        self,
        host: ShowroomHost,
        on_progress: Callable[[Destination, float], None],
        on_full: Callable[[Destination], bool],
        on_arrival: Callable[[Destination, SceneLease], None],
        on_failure: Callable[[Destination, Exception], None],
    ) -> None:
        """``on_full``: the scene does not fit beside those in use; True where the traveller has made way for it, and it
        is to be tried again. ``on_arrival`` takes the lease over."""
        self._host = host
        self._on_progress, self._on_full = on_progress, on_full
        self._on_arrival, self._on_failure = on_arrival, on_failure
        self._destination: Destination | None = None
        self._chosen = asyncio.Event()
        self._journey: asyncio.Task[None] | None = None

    def go(self, destination: Destination) -> None:
        """Arrive at once where the scene is loaded, else as soon as it is."""
        lease = self._host.enter(destination.scene)
        self._destination = None if lease is not None else destination
        if self._journey is not None:
            self._journey.cancel()
        if lease is not None:
            self._on_arrival(destination, lease)
        else:
            self._on_progress(destination, 0.0)
            self._chosen.set()

    async def run(self) -> None:
        """Make the journeys; ends only by being cancelled."""
        while True:
            await self._chosen.wait()
            self._chosen.clear()
            if self._destination is not None:
                async with asyncio.TaskGroup() as group:
                    self._journey = group.create_task(self._reach(self._destination))
                self._journey = None

    async def _reach(self, destination: Destination) -> None:
        try:
            lease = await self._lease(destination)
        except (SceneTooLarge, EdgeRenderError) as error:
            self._on_failure(destination, error)
        else:
            self._on_arrival(destination, lease)

    async def _lease(self, destination: Destination) -> SceneLease:
        def tell(done: float) -> None:
            self._on_progress(destination, done)

        try:
            return await self._host.reach(destination.scene, tell)
        except SceneTooLarge:
            if not self._on_full(destination):
                raise
        return await self._host.reach(destination.scene, tell)
