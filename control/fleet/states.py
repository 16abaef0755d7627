"""What a renderer tells the gateways that watch it: one JSON object a line, on each change and as a sign of life.

``GET /fleet/state`` streams these lines as ``application/x-ndjson`` while the renderer lives. The newest line is the
whole truth: nothing has to be added up.
"""

from __future__ import annotations

import hashlib
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from control.session.codes import read_code

SIGN_OF_LIFE_S: Final = 1.0
"""A line comes at least as often, though nothing has changed."""
LINE_MAX_BYTES: Final = 262_144


class _Told(BaseModel):
    # A newer renderer may tell more than an older gateway knows.
    model_config = ConfigDict(extra="ignore", frozen=True)


class ShownShowroom(_Told):
    """A showroom that new visits can enter; ``scenes`` are those that are on the GPU now."""

    name: str
    """Empty where the renderer was given a package: it is the only one then."""
    release: str | None = None
    scenes: tuple[str, ...] = ()


class RendererState(_Told):
    """One line of a renderer's stream."""

    name: str
    """Who tells it: the pod's UID in a cluster. Passes for this renderer have it as their audience."""
    ready: bool
    """Whether somebody can enter."""
    draining: bool
    """It is to go: nobody new is let in, and those who are here will be handed over."""
    visits: int = Field(ge=0)
    capacity: int = Field(ge=0)
    followers: int = Field(ge=0)
    follower_capacity: int = Field(ge=0)
    showrooms: tuple[ShownShowroom, ...] = ()
    guides: tuple[str, ...] = ()
    """Digests (see ``guide_digest``) of the guided visits that are led here."""

    @property
    def free(self) -> int:
        """Places for visits that nobody has."""
        return max(0, self.capacity - self.visits)


def guide_digest(code: str) -> str:
    """How a guided visit's code, as somebody typed it, is told of: whoever reads states must not be able to follow
    it."""
    return hashlib.sha256(f"guide:{read_code(code)}".encode()).hexdigest()
