"""One edition of a showroom on a node: its scenes, who is in it, and how far its life is. ``Editions`` changes it."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import structlog

from control.showroom.showroom_host import ShowroomHost

log = structlog.get_logger(__name__)


class EditionState(StrEnum):
    """WARMING -> WARM -> SHOWN -> DRAINING -> CLOSED. DRAINING may be WARMING again (a roll-back); what is not shown in
    the end goes from WARMING or WARM to DRAINING."""

    WARMING = "warming"
    WARM = "warm"
    SHOWN = "shown"
    DRAINING = "draining"
    CLOSED = "closed"


class HostedEdition:
    """One edition on the node. ``release`` is empty for a package that was given by hand."""

    def __init__(self, showroom: str, version: int | None, release: str, host: ShowroomHost) -> None:
        self.showroom = showroom
        self.version = version
        self.release = release
        self.host = host
        self.state = EditionState.WARMING
        self.users = 0
        """Stays and guided visits in it."""
        self.loading: asyncio.Task[None] | None = None
        """Its host's ``run``, from the first time that it is shown."""
        self.closing: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """For logs."""
        return "a package" if self.version is None else f"{self.showroom} {self.version}"

    def set_state(self, state: EditionState) -> None:
        log.info("edition_state", edition=self.name, before=self.state, after=state)
        self.state = state
