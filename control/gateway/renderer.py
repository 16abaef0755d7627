"""One renderer as a gateway knows it: where it is, what it said last, and whether it is still there."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Final

import structlog

from control.fleet.states import RendererState
from control.kube.cluster import Member

log = structlog.get_logger(__name__)


class Phase(StrEnum):
    """What a gateway knows of it."""

    CONNECTING = "connecting"
    """The cluster says that it is there; it has not said anything yet."""
    KNOWN = "known"
    DRAINING = "draining"
    """It is to go, and lets nobody in; those who are there stay for a while."""
    GONE = "gone"
    """It can't be reached, or the cluster says that it is no more. It may come back: a container that died is started
    again in its pod."""


_WAYS: Final = {
    Phase.CONNECTING: {Phase.KNOWN, Phase.DRAINING, Phase.GONE},
    Phase.KNOWN: {Phase.DRAINING, Phase.GONE},
    # Its process was exchanged for another one so quickly that nobody saw it away.
    Phase.DRAINING: {Phase.KNOWN, Phase.GONE},
    Phase.GONE: {Phase.KNOWN, Phase.DRAINING},
}


class Renderer:
    """Its owner is the FleetView; all others only read."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.phase = Phase.CONNECTING
        self.state: RendererState | None = None
        """Its newest line; also that of one that is gone."""
        self._gone = asyncio.Event()

    @property
    def uid(self) -> str:
        return self.member.uid

    @property
    def name(self) -> str:
        """For people."""
        return self.member.name

    @property
    def url(self) -> str:
        return self.member.url

    async def wait_gone(self) -> None:
        """Until it is gone. Many wait for it, who should not look at each change of the fleet."""
        await self._gone.wait()

    def told(self, state: RendererState) -> None:
        """It said something."""
        self.state = state
        self._set_phase(self._phase_by_state(state), "it says so")

    def placed(self, member: Member) -> None:
        """The cluster says something else of it than before."""
        self.member = member
        if self.phase in (Phase.KNOWN, Phase.DRAINING) and self.state is not None:
            self._set_phase(self._phase_by_state(self.state), "the cluster says so")

    def lost(self, why: str) -> None:
        """It can't be reached."""
        self._set_phase(Phase.GONE, why)

    def _phase_by_state(self, state: RendererState) -> Phase:
        return Phase.DRAINING if state.draining or self.member.leaving else Phase.KNOWN

    def _set_phase(self, phase: Phase, why: str) -> None:
        if phase is self.phase:
            return
        if phase not in _WAYS[self.phase]:
            raise AssertionError(f"a renderer never goes from {self.phase} to {phase}")
        log.info("renderer", pod=self.member.name, uid=self.uid, phase=phase, before=self.phase, why=why)
        self.phase = phase
        if phase is Phase.GONE:
            self._gone.set()
        else:
            self._gone.clear()
